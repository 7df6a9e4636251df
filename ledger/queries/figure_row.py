"""A figure together with where it was seen from: window, position, journey, times and zone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from ledger.events.event import utc
from ledger.metrics.figure import Figure
from ledger.metrics.metric import Grain
from ledger.metrics.registry import METRICS
from ledger.queries.figures.volume import MEASURES
from ledger.queries.question import Question
from ledger.queries.view import View
from ledger.queries.window import rounded
from ledger.schemas.duration import duration_text

FEW = 30
"""Below this n a figure says that it rests on few."""

COUNTED = frozenset({"count", "sum"})
"""The statistics that are what they are; any other stands for more than it was counted from."""

LENGTHS = ("within", "after", "horizon")
"""The parts of a figure that say how long the time is that it looks at."""


class FigureRow(Struct, frozen=True, kw_only=True):
    """A figure as it is shown; times are ISO 8601 in UTC.

    `from_` and `to` are the window it covers: the one asked for, rounded out to whole days or months of `zone`
    where rows are counted by those, and without one the first and the last occurrence of what was counted, where
    the figure tells, else of all (None where that lies outside of what was asked). `window` is how long the
    definition looks, as in `30d`: its own length or the one asked for in its place, None where it needs none.
    `position` is that of the log, `journey` the hash of the one it was folded by, `as_of` the time observation ends
    (the last occurrence unless asked), `known_at` None unless asked.
    """

    figure: Figure
    window: str | None
    from_: str | None
    to: str | None
    position: int
    journey: str
    as_of: str | None
    known_at: str | None
    zone: str

    def as_row(self) -> dict[str, Any]:
        """Return one flat object: the keys of the split stand beside the figure's own, `few` says that n is small."""
        figure = self.figure
        return {
            "metric": figure.metric,
            "statistic": figure.statistic,
            **figure.by,
            "value": figure.value,
            "n": figure.n,
            "excluded": figure.excluded,
            "low": figure.low,
            "high": figure.high,
            "unit": figure.unit,
            "numerator": figure.numerator,
            "negative": figure.negative,
            "few": figure.n < FEW and figure.statistic not in COUNTED and figure.value is not None,
            "definition": figure.definition,
            "window": self.window,
            "from": self.from_,
            "to": self.to,
            "as_of": self.as_of,
            "known_at": self.known_at,
            "zone": self.zone,
            "position": self.position,
            "journey": self.journey,
        }


def figure_rows(view: View, figures: Iterable[Figure]) -> list[FigureRow]:
    """Return figures with where they were seen from; parked customers are left out of every one."""
    count = view.parked
    parked = {"parked": count} if count else {}
    asked, windows = view.asked, dict[Any, tuple[str | None, str | None]]()
    journey, zone = view.context.journey.hash, view.context.zone.key
    as_of = iso(view.observed[1] if asked.as_of is None else asked.as_of)
    known_at = iso(asked.known_at)
    rows = []
    for figure in figures:
        figure.excluded.update(parked)
        # Thousands of figures share a window.
        of = (_grain(figure), figure.first_at, figure.last_at)
        from_, to = windows.get(of) or windows.setdefault(of, _window(view, *of))
        rows.append(
            FigureRow(
                figure=figure, window=_length(asked, figure), from_=from_, to=to, position=view.position,
                journey=journey, as_of=as_of, known_at=known_at, zone=zone,
            )
        )  # fmt: skip
    return rows


def _window(view: View, grain: Grain, first_at: int | None, last_at: int | None) -> tuple[str | None, str | None]:
    within = rounded(view.asked, view.context, grain)
    first, last = view.observed if first_at is None else (first_at, last_at)
    start = first if within.first is None else within.first
    end = last if within.end is None else within.end
    if start is not None and end is not None and start > end:
        start, end = within.first, within.end  # all that occurred lies outside of it
    return iso(start), iso(end)


def _length(asked: Question, figure: Figure) -> str | None:
    metric = METRICS[figure.metric]
    told = next((str(figure.by[part]) for part in LENGTHS if part in figure.by), None)
    if told is None and asked.within is not None and "within" in metric.options:
        told = duration_text(asked.within)
    return told or metric.window


def _grain(figure: Figure) -> Grain:
    if figure.metric == "volume":
        return MEASURES[str(figure.by["measure"])].grain
    return METRICS[figure.metric].grain


def iso(at: int | None) -> str | None:
    """Return an instant in microseconds since 1970 as ISO 8601 in UTC; None stays None."""
    return None if at is None else utc(at).isoformat()
