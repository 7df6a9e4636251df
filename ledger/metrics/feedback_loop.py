"""The feedback loop: how long each leg takes, what is closed, what went to the wrong place, what nobody answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ledger.metrics.definitions.feedback_loop import CLOSED_LOOP, LOOP_LEGS, NEVER_ANSWERED, WRONG_DISPATCH
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.lasting import completed, lasting
from ledger.metrics.proportions import share

MATURITY = 30 * 86_400_000_000
"""The window of a loop, in microseconds, where nobody names another."""


class Steps(NamedTuple):
    """When a loop was received, dispatched, resolved and communicated back, in µs since 1970; None where it was not."""

    received: int | None
    dispatched: int | None
    resolved: int | None
    communicated: int | None


LEGS = {"dispatch": (0, 1), "solve": (1, 2), "communicate": (2, 3), "whole": (0, 3)}
"""The step that begins each leg, and the one that ends it, by their place in Steps."""


class Received(NamedTuple):
    """A loop in short: when it was received, communicated back and first answered in any way, None where it was not."""

    received: int | None
    communicated: int | None
    answered: int | None


class Maturity(NamedTuple):
    """A loop is judged once it was received `within` or longer before `as_of`, both in microseconds."""

    within: int
    as_of: int

    def reached(self, received: int) -> bool:
        return received + self.within <= self.as_of


def loop_legs(loops: Iterable[Steps], as_of: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the days each leg takes, the legs still open at `as_of` (µs since 1970) being censored there."""
    received = []
    not_received = 0
    for loop in loops:
        if loop.received is None:
            not_received += 1
        else:
            received.append(loop)
    within = scope.leaving_out(not_received=not_received)
    return [
        figure
        for leg, (first, last) in LEGS.items()
        for figure in _leg(received, first, last, as_of, within.split(leg=leg))
    ]


def _leg(loops: list[Steps], first: int, last: int, as_of: int, scope: Scope) -> list[Figure]:
    ended: list[int] = []
    still_open: list[int] = []
    skipped = not_begun = 0
    for loop in loops:
        start, end = loop[first], loop[last]
        if start is not None and end is not None:
            ended.append(end - start)
        elif any(at is not None for at in loop[last:]):
            skipped += 1
        elif start is None:
            not_begun += 1
        else:
            still_open.append(as_of - start)
    within = scope.leaving_out(skipped=skipped, not_begun=not_begun)
    done = completed(LOOP_LEGS, ended, within.leaving_out(open=len(still_open)))
    return [*lasting(LOOP_LEGS, ended, still_open, within), *done]


def closed_loop(loops: Iterable[Received], maturity: Maturity, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of mature loops that were communicated back in time."""
    mature, within = _mature(loops, maturity, scope)
    closed = sum(back is not None and back - received <= maturity.within for received, back, _ in mature)
    return [share(CLOSED_LOOP, closed, len(mature), within)]


def never_answered(loops: Iterable[Received], maturity: Maturity, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how many mature loops nobody answered in any way."""
    mature, within = _mature(loops, maturity, scope)
    silent = sum(answered is None for _, _, answered in mature)
    return [
        NEVER_ANSWERED.figure("count", silent, len(mature), within),
        share(NEVER_ANSWERED, silent, len(mature), within),
    ]


def wrong_dispatch(loops: Iterable[tuple[int | None, int, int | None]], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of dispatched loops that were dispatched again elsewhere.

    Rows are (received, dispatches, of those to another department than before, None where nobody can tell).
    """
    wrong = right = not_received = not_dispatched = unknown = 0
    for received, dispatches, elsewhere in loops:
        if received is None:
            not_received += 1
        elif not dispatches:
            not_dispatched += 1
        elif elsewhere is None:
            unknown += 1
        elif elsewhere:
            wrong += 1
        else:
            right += 1
    left_out = scope.leaving_out(not_received=not_received, not_dispatched=not_dispatched, unknown_department=unknown)
    return [share(WRONG_DISPATCH, wrong, wrong + right, left_out)]


Mature = list[tuple[int, int | None, int | None]]


def _mature(loops: Iterable[Received], maturity: Maturity, scope: Scope) -> tuple[Mature, Scope]:
    mature: Mature = []
    not_received = immature = 0
    for received, communicated, answered in loops:
        if received is None:
            not_received += 1
        elif not maturity.reached(received):
            immature += 1
        else:
            mature.append((received, communicated, answered))
    return mature, scope.leaving_out(not_received=not_received, immature=immature)
