"""How many of the customers that reached one stage reach another: closed and open funnel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec import Struct

from ledger.errors import InvalidArgument
from ledger.metrics.definitions.journey import CONVERSION
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.proportions import wilson

Entries = Sequence[tuple[str, int]]
"""One customer's (stage, entered at) in microseconds since 1970, in any order."""


class Maturity(NamedTuple):
    """Every customer is watched for `window` microseconds; who cannot have been, by `as_of`, is left out."""

    window: int
    as_of: int


class _Count(Struct):
    """The running count of one funnel between two stages."""

    n: int = 0
    reached: int = 0
    immature: int = 0


def conversion(
    journeys: Iterable[Entries],
    steps: Sequence[tuple[str, str]],
    scope: Scope = EVERYTHING,
    *,
    maturity: Maturity | None = None,
) -> list[Figure]:
    """Return, for each (from, to) of `steps`, the closed and the open conversion.

    Closed: of the customers that entered `from`, those that entered `to` then or later; it has Wilson's interval.
    Open: the customers that reached `to` on any way, over those that reached `from`; it may exceed 1, so it has
    none. With `maturity` a customer counts when their window was over by `as_of`, and reaches only what they
    entered within it; the window begins with the first entry of `from` (open: of either stage).
    """
    for start, end in steps:
        if start == end:
            raise InvalidArgument(f"a conversion from {start} to itself has no meaning: name two stages")
    closed = [_Count() for _ in steps]
    opened = [_Count() for _ in steps]
    for entries in journeys:
        times = _times(entries)
        for step, (start, end) in enumerate(steps):
            _closed(closed[step], times.get(start), times.get(end), maturity)
            _open(opened[step], times.get(start), times.get(end), maturity)
    figures: list[Figure] = []
    for step, (start, end) in enumerate(steps):
        split = scope.split(from_stage=start, to_stage=end)
        figures += [_figure(closed[step], split, "closed"), _figure(opened[step], split, "open")]
    return figures


def reached(journeys: Iterable[Entries], stages: Sequence[str], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how many customers ever entered each of `stages`; n is all customers."""
    counts = dict.fromkeys(stages, 0)
    n = 0
    for entries in journeys:
        n += 1
        for stage in {stage for stage, _ in entries}:
            if stage in counts:
                counts[stage] += 1
    return [
        CONVERSION.figure("count", count, n, scope.split(to_stage=stage), numerator=count)
        for stage, count in counts.items()
    ]


def _times(entries: Entries) -> dict[str, list[int]]:
    times: dict[str, list[int]] = {}
    for stage, at in entries:
        times.setdefault(stage, []).append(at)
    return times


def _closed(count: _Count, starts: list[int] | None, ends: list[int] | None, maturity: Maturity | None) -> None:
    if not starts:
        return
    first = min(starts)
    if _immature(first, maturity):
        count.immature += 1
        return
    count.n += 1
    count.reached += _any_within(ends, first, maturity)


def _open(count: _Count, starts: list[int] | None, ends: list[int] | None, maturity: Maturity | None) -> None:
    seen = [*(starts or ()), *(ends or ())]
    if not seen:
        return
    first = min(seen)
    if _immature(first, maturity):
        count.immature += 1
        return
    count.n += _any_within(starts, first, maturity)
    count.reached += _any_within(ends, first, maturity)


def _immature(first: int, maturity: Maturity | None) -> bool:
    return maturity is not None and first + maturity.window > maturity.as_of


def _any_within(times: list[int] | None, first: int, maturity: Maturity | None) -> bool:
    """Return whether one of `times` is at or after `first` and, with `maturity`, inside its window."""
    if not times:
        return False
    if maturity is None:
        return max(times) >= first
    return any(first <= at <= first + maturity.window for at in times)


def _figure(count: _Count, scope: Scope, funnel: str) -> Figure:
    within = scope.split(funnel=funnel).leaving_out(immature=count.immature)
    interval = wilson(count.reached, count.n) if funnel == "closed" else None
    value = count.reached / count.n if count.n else None
    return CONVERSION.figure("share", value, count.n, within, interval=interval, numerator=count.reached)
