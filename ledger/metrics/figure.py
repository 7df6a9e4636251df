"""What a figure is: a number with the n behind it, what was left out, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

StatisticName = Literal["score", "share", "mean", "median", "p90", "count", "sum",
                        "difference", "ratio", "distance", "range", "variance", "deviation", "eta_squared",
                        "gini", "log_odds", "auc", "skill", "slope"]  # fmt: skip
"""What a number is, whatever it is of; a score is on a scale that people know by that name, as the NPS is."""

By = Mapping[str, str | int]
"""The keys a figure is split by, with this figure's value of each."""


class Figure(Struct, frozen=True, kw_only=True):
    """One figure.

    `value` is None where there is no data (`n` = 0) or the figure is not defined, never a stand-in. `excluded`
    counts what was left out of `n` by reason. `low` and `high` are the ends of the 95 % interval, None where
    there is none. `numerator` is what was counted out of `n`; `negative` how many of the `n` durations are
    below zero (they are part of the figure, never clamped), None where nothing can be.
    `definition` names the formula and its version, as in `nps@1`. A share is between 0 and 1. `first_at` and
    `last_at` are when the first and the last of what was counted occurred (µs since 1970), None where not told.
    """

    metric: str
    statistic: StatisticName
    value: float | int | None
    n: int
    excluded: dict[str, int] = {}
    low: float | None = None
    high: float | None = None
    unit: str
    definition: str
    by: dict[str, str | int] = {}
    numerator: float | int | None = None
    negative: int | None = None
    first_at: int | None = None
    last_at: int | None = None


class Scope(Struct, frozen=True):
    """What the rows behind a figure are: the split they belong to, and what was left out before they came here."""

    by: By = {}
    excluded: Mapping[str, int] = {}

    def split(self, **by: str | int) -> Scope:
        """Return this scope with further keys of the split."""
        return Scope({**self.by, **by}, self.excluded)

    def leaving_out(self, **excluded: int) -> Scope:
        """Return this scope with more left out; counts of the same reason add up."""
        total = dict(self.excluded)
        for reason, count in excluded.items():
            total[reason] = total.get(reason, 0) + count
        return Scope(self.by, total)


EVERYTHING = Scope()
"""No split, and nothing left out."""
