"""Times between two instants of one case, interaction or customer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from ledger.metrics.definitions.cases import (
    THROUGHPUT,
    TIME_BETWEEN,
    TIME_TO_FIRST_RESPONSE,
    TIME_TO_RESOLUTION,
)
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.lasting import completed, lasting
from ledger.metrics.metric import Metric
from ledger.metrics.quantiles import elapsed

Instants = Iterable[tuple[int | None, int | None]]
"""Rows of (start, end) in microseconds since 1970, None where it did not happen."""


class Answered(NamedTuple):
    """How a case was answered: instants in µs since 1970, None where it did not happen; waits in microseconds.

    `settled` says that it stands resolved or closed. `awaited` is how long it awaited the customer before the first
    response, `awaiting` altogether without the wait that began at `waiting_since` and goes on.
    """

    opened: int | None
    answered: int | None
    settled: int
    awaited: int
    awaiting: int
    waiting_since: int | None


class Resolved(NamedTuple):
    """How a case was resolved, in the same way; `awaited_first` is before the first resolution, the other the last."""

    opened: int | None
    first: int | None
    last: int | None
    settled: int
    awaited_first: int
    awaited_last: int
    awaiting: int
    waiting_since: int | None


def time_between(instants: Instants, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the hours from start to end of those that have both; a negative time stays as it is."""
    lengths, no_start, no_end = _lengths(instants)
    return elapsed(TIME_BETWEEN, lengths, scope.leaving_out(no_start=no_start, no_end=no_end))


def time_to_first_response(cases: Iterable[Answered], as_of: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the hours from the opening of each case to its first response, by both clocks."""
    courses = [
        _Course(
            case.opened,
            case.answered,
            _standing(case.answered, case.settled, still_open=False),
            case.awaited,
            _awaiting(case, as_of),
        )
        for case in cases
    ]
    return _by_clock(TIME_TO_FIRST_RESPONSE, courses, as_of, "unanswered", scope)


def time_to_resolution(cases: Iterable[Resolved], as_of: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the hours to the first and to the last resolution, by both clocks; reopened, the last is yet to come."""
    first: list[_Course] = []
    last: list[_Course] = []
    for case in cases:
        waits = _awaiting(case, as_of)
        standing = _standing(case.first, case.settled, still_open=False)
        first.append(_Course(case.opened, case.first, standing, case.awaited_first, waits))
        standing = _standing(case.last, case.settled, still_open=not case.settled)
        last.append(_Course(case.opened, case.last, standing, case.awaited_last, waits))
    return [
        *_by_clock(TIME_TO_RESOLUTION, first, as_of, "unresolved", scope.split(resolution="first")),
        *_by_clock(TIME_TO_RESOLUTION, last, as_of, "unresolved", scope.split(resolution="last")),
    ]


def throughput(instants: Instants, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the hours from the first to the last event of each case."""
    lengths, _, _ = _lengths(instants)
    return elapsed(THROUGHPUT, lengths, scope)


Standing = Literal["ended", "open", "closed"]


class _Course(NamedTuple):
    """A way from an opening to an end; `waited` is the wait before that end, `waits` all of it up to the as-of time."""

    opened: int | None
    end: int | None
    standing: Standing
    waited: int
    waits: int


def _standing(end: int | None, settled: int, *, still_open: bool) -> Standing:
    if end is not None and not still_open:
        return "ended"
    return "closed" if settled else "open"


def _awaiting(case: Answered | Resolved, as_of: int) -> int:
    return case.awaiting + (0 if case.waiting_since is None else as_of - case.waiting_since)


def _by_clock(metric: Metric, courses: list[_Course], as_of: int, endless: str, scope: Scope) -> list[Figure]:
    """Return the figures of each clock; `endless` is why what has no end is not among the completed."""
    begun = [(course.opened, course) for course in courses if course.opened is not None]
    within = scope.leaving_out(not_opened=len(courses) - len(begun))
    figures = []
    for clock, counted in (("calendar", 0), ("without_customer", 1)):
        ended = [course.end - at - counted * course.waited for at, course in begun if course.end is not None]
        figures += _of_clock(metric, begun, as_of, counted, within.split(clock=clock))
        figures += completed(metric, ended, within.split(clock=clock).leaving_out(**{endless: len(begun) - len(ended)}))
    return figures


def _of_clock(metric: Metric, begun: list[tuple[int, _Course]], as_of: int, counted: int, scope: Scope) -> list[Figure]:
    ended: list[int] = []
    still_open: list[int] = []
    closed = 0
    for at, course in begun:
        if course.standing == "ended" and course.end is not None:
            ended.append(course.end - at - counted * course.waited)
        elif course.standing == "open":
            still_open.append(as_of - at - counted * course.waits)
        else:
            closed += 1
    return lasting(metric, ended, still_open, scope.leaving_out(closed=closed))


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
