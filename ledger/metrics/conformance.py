"""The planned journey against the actual one: judged journey by journey, counted for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

from msgspec import Struct

from ledger.journey.plan import Plan
from ledger.metrics.definitions.conformance import CONFORMANCE, DROP_OFF, EXTRA, FITNESS, STEPS
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.means import mean
from ledger.metrics.proportions import share

NONE = "none"
"""The furthest step of a journey that took none."""


class Travelled(Struct, frozen=True, gc=False):
    """One actual journey: each step's name and when it happened (µs), in order; `ended` says that nothing follows."""

    steps: Sequence[tuple[str, int]]
    ended: bool


class Judged(Struct, frozen=True, kw_only=True, gc=False):
    """What became of one journey: places of planned steps, counted from 0; `furthest` is -1 where none was taken.

    `timed` are the places whose time ran, `fit` the places in order that are not optional.
    """

    reached: frozenset[int]
    skipped: frozenset[int]
    repeated: frozenset[int]
    out_of_order: frozenset[int]
    too_late: frozenset[int]
    timed: frozenset[int]
    extra: frozenset[str]
    fit: int
    furthest: int
    completed: bool
    over: bool

    @property
    def conforming(self) -> bool:
        deviations = (self.skipped, self.repeated, self.out_of_order, self.too_late, self.extra)
        return self.completed and not any(deviations)


class Judge:
    """Holds journeys against one plan; observation ends at `as_of`, and `within` (µs) is the time for the whole plan.

    `beside` are names that are never extra.
    """

    def __init__(self, plan: Plan, as_of: int, within: int | None, beside: Iterable[str] = ()) -> None:
        self.plan = plan
        self._as_of = as_of
        self._within = plan.within if within is None else within
        self._place = {step.name: place for place, step in enumerate(plan.steps)}
        self.needed = [place for place, step in enumerate(plan.steps) if not step.optional]
        self._beside = frozenset(beside)

    def judge(self, travelled: Travelled) -> Judged:
        """Return what became of a journey of at least one step."""
        start = travelled.steps[0][1]
        end = self._as_of if self._within is None else min(self._as_of, start + self._within)
        first: dict[int, int] = {}
        repeated: set[int] = set()
        extra: set[str] = set()
        for name, at in travelled.steps:
            place = self._place.get(name)
            if at > end:
                break
            if place is None:
                extra.add(name)
            elif place not in first:
                first[place] = at
            elif not self.plan.steps[place].repeatable:
                repeated.add(place)
        kept = in_order([place for _, place in sorted((at, place) for place, at in first.items())])
        furthest = max(first, default=-1)
        timed, too_late = self._late(first, kept, furthest, end)
        completed = self.needed[-1] in first
        overdue = bool(too_late - first.keys())
        out_of_time = self._within is not None and start + self._within <= self._as_of
        return Judged(
            reached=frozenset(first),
            skipped=frozenset(place for place in self.needed if place < furthest and place not in first),
            repeated=frozenset(repeated),
            out_of_order=frozenset(first.keys() - set(kept)),
            too_late=frozenset(too_late),
            timed=frozenset(timed),
            extra=frozenset(extra - self._beside) if self.plan.closed else frozenset(),
            fit=sum(not self.plan.steps[place].optional for place in kept),
            furthest=furthest,
            completed=completed,
            over=completed or travelled.ended or overdue or out_of_time,
        )

    def _late(self, first: dict[int, int], kept: Sequence[int], furthest: int, end: int) -> tuple[set[int], set[int]]:
        """Return the places whose time ran, and those of them that were late or are overdue."""
        timed: set[int] = set()
        late: set[int] = set()
        for before, place in pairwise(kept):
            within = self.plan.steps[place].within
            if within is not None:
                timed.add(place)
                if first[place] - first[before] > within:
                    late.add(place)
        following = next((place for place in self.needed if place > furthest), None)
        if following is not None and kept and kept[-1] == furthest:
            within = self.plan.steps[following].within
            if within is not None and end - first[furthest] > within:
                timed.add(following)
                late.add(following)
        return timed, late


def in_order(places: Sequence[int]) -> list[int]:
    """Return a longest increasing subsequence of different numbers: of several, the one whose members come first."""
    longest = [1] * len(places)
    for here in range(len(places) - 1, -1, -1):
        longest[here] += max(
            (longest[on] for on in range(here + 1, len(places)) if places[on] > places[here]), default=0
        )
    kept: list[int] = []
    wanted = max(longest, default=0)
    for here, place in enumerate(places):
        if longest[here] == wanted and (not kept or place > kept[-1]):
            kept.append(place)
            wanted -= 1
    return kept


def conformance(judged: Iterable[Judged], judge: Judge, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the figures of journeys held against one plan."""
    everything = list(judged)
    over = [one for one in everything if one.over]
    scope = scope.leaving_out(under_way=len(everything) - len(over))
    return [
        share(CONFORMANCE, sum(one.conforming for one in over), len(over), scope.split(what="conforming")),
        share(CONFORMANCE, sum(one.completed for one in over), len(over), scope.split(what="completed")),
        _fitness(over, judge, scope),
        *_steps(over, judge.plan, scope),
        *_extra(over, judge.plan, scope),
        *_drop_off(over, judge, scope),
    ]


def _fitness(over: list[Judged], judge: Judge, scope: Scope) -> Figure:
    needed = len(judge.needed)
    total = Fraction(sum(one.fit for one in over), needed)
    squares = Fraction(sum(one.fit * one.fit for one in over), needed * needed)
    return mean(FITNESS, len(over), total, scope, squares=squares)


def _steps(over: list[Judged], plan: Plan, scope: Scope) -> list[Figure]:
    figures = []
    for place, step in enumerate(plan.steps):
        split = scope.split(place=place + 1, step=step.name)
        counts = {"reached": sum(place in one.reached for one in over)}
        if not step.optional:
            counts["skipped"] = sum(place in one.skipped for one in over)
        if not step.repeatable:
            counts["repeated"] = sum(place in one.repeated for one in over)
        counts["out_of_order"] = sum(place in one.out_of_order for one in over)
        figures += [share(STEPS, count, len(over), split.split(what=what)) for what, count in counts.items()]
        if step.within is not None:
            late, timed = sum(place in one.too_late for one in over), sum(place in one.timed for one in over)
            figures.append(share(STEPS, late, timed, split.split(what="too_late")))
    return figures


def _extra(over: list[Judged], plan: Plan, scope: Scope) -> list[Figure]:
    if not plan.closed:
        return []
    counts = Counter(name for one in over for name in one.extra)
    return [
        share(EXTRA, sum(bool(one.extra) for one in over), len(over), scope),
        *(
            share(EXTRA, count, len(over), scope.split(step=name))
            for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        ),
    ]


def _drop_off(over: list[Judged], judge: Judge, scope: Scope) -> list[Figure]:
    left = Counter(one.furthest for one in over if not one.completed)
    steps = judge.plan.steps
    return [
        share(
            DROP_OFF,
            left[place],
            left.total(),
            scope.split(place=place + 1, step=steps[place].name if place >= 0 else NONE),
        )
        for place in range(-1, len(steps))
        if place != judge.needed[-1]
    ]
