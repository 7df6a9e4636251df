"""What a metric is: a named, versioned definition, and the maker of the figures that follow it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from ledger.errors import InvalidArgument
from ledger.metrics.figure import EVERYTHING, Figure, Scope, StatisticName

Grain = Literal["instant", "day", "month"]
"""How finely the rows behind a figure tell when: a window is rounded out to it."""

Option = Literal["from_type", "to_type", "per", "step", "kind", "measure", "currency", "within", "top"]
"""What some metrics can be asked beside split, window and times, by its name in `Question`."""


WILSON = "Wilson's score interval, 95 %"


class Statistic(Struct, frozen=True, kw_only=True):
    """One number a metric gives; `interval` names how its 95 % interval is made, None where it has none.

    `called` is what a table calls it, where its name alone would say too little.
    """

    name: StatisticName
    unit: str
    formula: str
    interval: str | None = None
    called: str | None = None


def share_statistic(formula: str, called: str | None = None) -> Statistic:
    """Return the statistic of a share with Wilson's interval."""
    return Statistic(name="share", unit="share", formula=formula, interval=WILSON, called=called)


class Metric(Struct, frozen=True, kw_only=True):
    """The definition of a metric.

    `topic` is the question it belongs to, one of `registry.TOPICS`; `command` names the command that tells it where
    it needs more than `metrics` can be asked.

    `n` says what its n counts, `source` which read-model table or events feed it, `excluded` each reason for
    which something is left out of n, `parts` the keys of `by` that its figures always carry, with their
    values, `dimensions` those a caller may split it by, and `window` the length of time it looks at by default,
    as in `7d` (None: it needs none); `options` are those that change
    its figures, `within` where a caller may replace the window. `grain` is what the caller's own window is rounded
    out to. `negatives` says that its durations may be below zero and are counted.
    """

    name: str
    version: int = 1
    topic: str
    title: str
    n: str
    source: str
    statistics: tuple[Statistic, ...]
    excluded: Mapping[str, str] = {}
    parts: Mapping[str, str] = {}
    dimensions: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    window: str | None = None
    negatives: bool = False
    grain: Grain = "instant"
    reference: str | None = None
    notes: tuple[str, ...] = ()
    command: str | None = None

    @property
    def definition(self) -> str:
        return f"{self.name}@{self.version}"

    def statistic(self, name: StatisticName) -> Statistic:
        """Return the statistic of that name; InvalidArgument when this metric has none."""
        for statistic in self.statistics:
            if statistic.name == name:
                return statistic
        known = ", ".join(statistic.name for statistic in self.statistics)
        raise InvalidArgument(f"metric {self.name} has no statistic {name!r}: ask for one of {known}")

    def figure(
        self,
        statistic: StatisticName,
        value: float | None,
        n: int,
        scope: Scope = EVERYTHING,
        *,
        interval: tuple[float | None, float | None] | None = None,
        numerator: float | None = None,
        negative: int | None = None,
        unit: str | None = None,
    ) -> Figure:
        """Return one figure of this metric; `unit` replaces the defined one where the rows decide it (a currency)."""
        low, high = interval if interval is not None else (None, None)
        return Figure(
            metric=self.name,
            statistic=statistic,
            value=value,
            n=n,
            excluded={reason: count for reason, count in scope.excluded.items() if count},
            low=low,
            high=high,
            unit=unit or self.statistic(statistic).unit,
            definition=self.definition,
            by=dict(scope.by),
            numerator=numerator,
            negative=negative,
        )
