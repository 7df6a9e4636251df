"""The cycles of the journey: how many, how long, how far apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from ledger.metrics.definitions.cycles import CYCLE_LENGTH, CYCLES_PER_CUSTOMER, TIME_BETWEEN_CYCLES
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.lasting import estimates
from ledger.metrics.means import mean
from ledger.metrics.proportions import share
from ledger.metrics.quantiles import elapsed, spread
from ledger.metrics.survival import kaplan_meier

USING = frozenset({"purchase", "use"})
"""The stages with whose end a pause begins."""


class Stay(NamedTuple):
    """One visit to a primary stage; times in microseconds since 1970, `left` None while it is open."""

    stage: str
    entered: int
    left: int | None
    cycle: int


class Cycle(NamedTuple):
    """One cycle: when it and the next one began, its first purchase and the next one's, and the end of its use."""

    number: int
    began: int
    followed: int | None = None
    bought: int | None = None
    bought_next: int | None = None
    used_until: int | None = None


def cycles_of(stays: Sequence[Stay]) -> list[Cycle]:
    """Return the cycles of one customer's visits, which are in the order of the journey."""
    parts = [list(part) for _, part in groupby(stays, key=lambda stay: stay.cycle)]
    made = [_cycle(part) for part in parts]
    followed = [cycle._replace(followed=later.began, bought_next=later.bought) for cycle, later in pairwise(made)]
    return [*followed, *made[-1:]]


def _cycle(stays: Sequence[Stay]) -> Cycle:
    bought = [stay.entered for stay in stays if stay.stage == "purchase"]
    used = [stay.left for stay in stays if stay.stage in USING and stay.left is not None]
    return Cycle(
        stays[0].cycle, stays[0].entered, bought=bought[0] if bought else None, used_until=used[-1] if used else None
    )


def cycles_per_customer(cycles: Sequence[int], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the mean and median number of cycles, the share with two or more, and how many have how many."""
    n = len(cycles)
    counted = sorted(Counter(cycles).items())
    return [
        mean(CYCLES_PER_CUSTOMER, n, sum(cycles), scope, squares=sum(number**2 for number in cycles)),
        CYCLES_PER_CUSTOMER.figure("median", spread(cycles).median, n, scope),
        share(CYCLES_PER_CUSTOMER, sum(number >= 2 for number in cycles), n, scope),
        *(CYCLES_PER_CUSTOMER.figure("count", found, n, scope.split(cycles=number)) for number, found in counted),
    ]


def cycle_length(cycles: Sequence[Cycle], as_of: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how long it takes from one cycle to the next: Kaplan–Meier, and of those that were followed alone."""
    ended = [cycle.followed is not None for cycle in cycles]
    lasted = [(as_of if cycle.followed is None else cycle.followed) - cycle.began for cycle in cycles]
    completed = [length for length, over in zip(lasted, ended, strict=True) if over]
    alone = scope.split(method="completed").leaving_out(open=len(lasted) - len(completed))
    lasting = kaplan_meier(lasted, ended)
    return [
        *estimates(CYCLE_LENGTH, lasting, scope.split(method="kaplan_meier")),
        *elapsed(CYCLE_LENGTH, completed, alone),
    ]


def time_between_cycles(cycles: Iterable[Cycle], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the time from the end of use to the next cycle, and from one purchase to that of the next cycle."""
    known = list(cycles)
    pairs = [cycle for cycle in known if cycle.followed is not None]
    pauses = [
        cycle.followed - cycle.used_until
        for cycle in pairs
        if cycle.followed is not None and cycle.used_until is not None
    ]
    bought = [
        cycle.bought_next - cycle.bought
        for cycle in pairs
        if cycle.bought_next is not None and cycle.bought is not None
    ]
    within = scope.leaving_out(last=len(known) - len(pairs))
    pause = within.split(between="pause").leaving_out(no_use=len(pairs) - len(pauses))
    purchases = within.split(between="purchases").leaving_out(no_purchase=len(pairs) - len(bought))
    return [*elapsed(TIME_BETWEEN_CYCLES, pauses, pause), *elapsed(TIME_BETWEEN_CYCLES, bought, purchases)]
