"""Needs: how many, whether and when they are met, stated against revealed, and how their mix shifts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction

from ledger.metrics.definitions.needs import (
    NEED_AGREEMENT,
    NEED_CHANGE,
    NEED_MIX,
    NEED_OUTCOME,
    NEED_SHIFT,
    NEEDS_EXPRESSED,
    STATED_AND_REVEALED,
    TIME_TO_MET,
)
from ledger.metrics.differences import newcombe
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.lasting import estimates
from ledger.metrics.means import mean
from ledger.metrics.proportions import share
from ledger.metrics.quantiles import elapsed
from ledger.metrics.survival import kaplan_meier

Needs = Iterable[tuple[int | None, int | None, int | None]]
"""Rows of (expressed, met, found unmet) in microseconds since 1970; None where it did not happen."""

MANNERS = ("stated", "revealed")
OVERLAPS = ("only_stated", "only_revealed", "same", "some", "none")


def needs_expressed(expressed: int, not_expressed: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the number of needs expressed."""
    return [NEEDS_EXPRESSED.figure("count", expressed, expressed, scope.leaving_out(not_expressed=not_expressed))]


def need_outcome(needs: Needs, as_of: int, within: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the shares met, unmet and open, `within` microseconds after each was expressed."""
    counts = dict.fromkeys(("met", "unmet", "open"), 0)
    not_expressed = immature = 0
    for expressed, met, unmet in needs:
        if expressed is None:
            not_expressed += 1
        elif expressed + within > as_of:
            immature += 1
        elif met is not None and met - expressed <= within:
            counts["met"] += 1
        elif unmet is not None and unmet - expressed <= within:
            counts["unmet"] += 1
        else:
            counts["open"] += 1
    n = sum(counts.values())
    left = scope.leaving_out(not_expressed=not_expressed, immature=immature)
    return [share(NEED_OUTCOME, count, n, left.split(outcome=outcome)) for outcome, count in counts.items()]


def time_to_met(needs: Needs, as_of: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the median and p90 days until a need is met, over all needs and over those that were met alone."""
    lasted: list[int] = []
    ended: list[bool] = []
    not_expressed = later = 0
    for expressed, met, _ in needs:
        if expressed is None:
            not_expressed += 1
        elif expressed > as_of:
            later += 1
        else:
            over = met is not None and met <= as_of
            ended.append(over)
            lasted.append((met if over and met is not None else as_of) - expressed)
    left = scope.leaving_out(not_expressed=not_expressed, later=later)
    met_alone = [length for length, over in zip(lasted, ended, strict=True) if over]
    return [
        *estimates(TIME_TO_MET, kaplan_meier(lasted, ended), left.split(method="all")),
        *elapsed(TIME_TO_MET, met_alone, left.split(method="met").leaving_out(not_met=len(lasted) - len(met_alone))),
    ]


def stated_and_revealed(by_manner: Mapping[str, int], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how many needs were stated and how many revealed; '' is the manner that is not told."""
    n = sum(by_manner.get(manner, 0) for manner in MANNERS)
    left = scope.leaving_out(no_manner=by_manner.get("", 0))
    figures = []
    for manner in MANNERS:
        count = by_manner.get(manner, 0)
        of = left.split(manner=manner)
        figures += [STATED_AND_REVEALED.figure("count", count, n, of), share(STATED_AND_REVEALED, count, n, of)]
    return figures


def need_agreement(needs: Iterable[tuple[int, str, str]], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how far the stated and the revealed needs of each customer agree, from (customer, need, manner)."""
    sets: dict[int, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for customer, need, manner in needs:
        stated, revealed = sets[customer]
        if manner in MANNERS:
            (stated if manner == "stated" else revealed).add(need)
    counts = dict.fromkeys(OVERLAPS, 0)
    total = squares = Fraction(0)
    both = 0
    for stated, revealed in sets.values():
        if stated or revealed:
            counts[_overlap(stated, revealed)] += 1
        if stated and revealed:
            both += 1
            index = Fraction(len(stated & revealed), len(stated | revealed))
            total += index
            squares += index * index
    n = sum(counts.values())
    left = scope.leaving_out(no_manner=len(sets) - n)
    return [
        *(share(NEED_AGREEMENT, count, n, left.split(overlap=overlap)) for overlap, count in counts.items()),
        mean(NEED_AGREEMENT, both, total, left.leaving_out(one_manner=n - both), squares=squares),
    ]


def _overlap(stated: set[str], revealed: set[str]) -> str:
    if not revealed:
        return "only_stated"
    if not stated:
        return "only_revealed"
    if stated == revealed:
        return "same"
    return "some" if stated & revealed else "none"


def need_mix(counts: Mapping[str, int], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of each need, the most frequent first."""
    n = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [share(NEED_MIX, count, n, scope.split(need=need)) for need, count in ranked]


def need_shift(before: Mapping[str, int], after: Mapping[str, int], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the total variation distance between the mixes of two stages; nothing where one has no needs."""
    n, m = sum(before.values()), sum(after.values())
    if not n or not m:
        return []
    moved = sum(abs(Fraction(after.get(need, 0), m) - Fraction(before.get(need, 0), n)) for need in {**before, **after})
    return [NEED_SHIFT.figure("distance", float(moved / 2), min(n, m), scope.split(from_n=n, to_n=m))]


def need_change(before: Mapping[str, int], after: Mapping[str, int], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the difference of each need's share between two stages; nothing where one has no needs."""
    n, m = sum(before.values()), sum(after.values())
    if not n or not m:
        return []
    figures = []
    for need in sorted({**before, **after}):
        was, is_ = before.get(need, 0), after.get(need, 0)
        of = scope.split(need=need, from_n=n, to_n=m)
        interval = newcombe((was, n), (is_, m))
        figures.append(NEED_CHANGE.figure("difference", is_ / m - was / n, min(n, m), of, interval=interval))
    return figures
