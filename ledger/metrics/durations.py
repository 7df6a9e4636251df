"""Times between two instants of one case, interaction or customer."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.metrics.definitions.cases import (
    THROUGHPUT,
    TIME_BETWEEN,
    TIME_TO_FIRST_RESPONSE,
    TIME_TO_RESOLUTION,
)
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.quantiles import elapsed

Instants = Iterable[tuple[int | None, int | None]]
"""Rows of (start, end) in microseconds since 1970, None where it did not happen."""

CaseTimes = Iterable[tuple[int | None, int | None, int | None, int]]
"""Rows of (opened, first resolved, last resolved, microseconds awaiting the customer)."""


def time_between(instants: Instants, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the hours from start to end of those that have both; a negative time stays as it is."""
    lengths, no_start, no_end = _lengths(instants)
    return elapsed(TIME_BETWEEN, lengths, scope.leaving_out(no_start=no_start, no_end=no_end))


def time_to_first_response(instants: Instants, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the hours from the opening of each case to its first response."""
    lengths, no_start, no_end = _lengths(instants)
    return elapsed(TIME_TO_FIRST_RESPONSE, lengths, scope.leaving_out(not_opened=no_start, unanswered=no_end))


def time_to_resolution(cases: CaseTimes, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the hours to the first and to the last resolution, and to the last minus the wait for the customer.

    The wait is known for the whole case only, so the first resolution has no such clock.
    """
    rows = list(cases)
    first = [(opened, resolved) for opened, resolved, _, _ in rows]
    last = [(opened, resolved) for opened, _, resolved, _ in rows]
    net = [(opened, None if resolved is None else resolved - wait) for opened, _, resolved, wait in rows]
    return [
        *_resolution(first, scope.split(resolution="first", clock="calendar")),
        *_resolution(last, scope.split(resolution="last", clock="calendar")),
        *_resolution(net, scope.split(resolution="last", clock="without_customer")),
    ]


def throughput(instants: Instants, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the hours from the first to the last event of each case."""
    lengths, _, _ = _lengths(instants)
    return elapsed(THROUGHPUT, lengths, scope)


def _resolution(instants: Instants, scope: Scope) -> list[Figure]:
    lengths, no_start, no_end = _lengths(instants)
    return elapsed(TIME_TO_RESOLUTION, lengths, scope.leaving_out(not_opened=no_start, unresolved=no_end))


def _lengths(instants: Instants) -> tuple[list[int], int, int]:
    """Return the lengths, how many lack their start, and how many have a start but no end."""
    lengths: list[int] = []
    no_start = no_end = 0
    for start, end in instants:
        if start is None:
            no_start += 1
        elif end is None:
            no_end += 1
        else:
            lengths.append(end - start)
    return lengths, no_start, no_end
