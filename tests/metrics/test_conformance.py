"""One journey held against a plan: what is in order, skipped, repeated, late, extra, over."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest

from ledger.journey.plan import Plan, PlannedStep
from ledger.metrics.conformance import Judge, Judged, Travelled, conformance, in_order

A, B, C, D = (PlannedStep(name=name) for name in "abcd")
PLAN = Plan(sort="stage", per="customer", closed=True, steps=(A, B, C, D))


def judged(
    way: str, plan: Plan = PLAN, *, ended: bool = False, as_of: int = 100, within: int | None = None, every: int = 1
) -> Judged:
    """Return what becomes of a way of one step a unit of time: a letter is a step, a dot none."""
    steps = [(name, at * every) for at, name in enumerate(way) if name != "."]
    return Judge(plan, as_of, within, beside=["z"]).judge(Travelled(steps, ended))


def test_a_journey_that_takes_every_step_once_and_in_order_conforms() -> None:
    found = judged("abcd")
    assert (found.conforming, found.completed, found.over, found.fit, found.furthest) == (True, True, True, 4, 3)


def test_what_was_jumped_over_is_skipped_and_what_was_not_reached_is_not() -> None:
    found = judged("ac", ended=True)
    assert (found.skipped, found.reached, found.completed) == (frozenset({1}), frozenset({0, 2}), False)


def test_an_optional_step_is_never_skipped_and_not_needed() -> None:
    plan = Plan(sort="stage", per="customer", closed=True, steps=(A, PlannedStep(name="b", optional=True), C))
    assert judged("ac", plan).conforming
    assert judged("ac", plan).fit == 2


def test_a_step_taken_again_is_repeated_unless_it_may_be() -> None:
    assert judged("abacd").repeated == {0}
    assert not judged("abacd").conforming
    again = Plan(sort="stage", per="customer", closed=True, steps=(PlannedStep(name="a", repeatable=True), B))
    assert judged("aab", again).conforming


def test_the_fewest_steps_are_out_of_order_and_of_several_the_later_ones() -> None:
    assert judged("bcda").out_of_order == {0}
    assert judged("acbd").out_of_order == {1}
    assert judged("ba", ended=True).out_of_order == {0}


def test_steps_of_one_instant_are_taken_in_the_order_of_the_plan() -> None:
    together = Judge(PLAN, 100, None).judge(Travelled([("d", 5), ("c", 5), ("b", 5), ("a", 5)], ended=False))
    assert together.conforming


def test_an_unplanned_step_is_extra_only_in_a_closed_plan_and_never_an_end_or_a_return() -> None:
    assert judged("abxcdz").extra == {"x"}
    assert not judged("abxcd").conforming
    open_plan = Plan(sort="stage", per="customer", closed=False, steps=PLAN.steps)
    assert judged("abxcd", open_plan).conforming


TIMED = Plan(sort="stage", per="customer", closed=True, steps=(A, PlannedStep(name="b", within=10), C))


def test_a_step_is_too_late_after_the_nearest_step_in_order_before_it() -> None:
    assert judged("a.b", TIMED, every=5).too_late == set()
    assert judged("a..b", TIMED, every=5).too_late == {1}
    assert judged("b", TIMED, every=5).timed == set()
    assert judged("b..a", TIMED, every=5, ended=True).timed == set()


def test_a_step_whose_time_has_run_out_is_too_late_and_the_journey_over() -> None:
    overdue, under_way = judged("a", TIMED, as_of=11), judged("a", TIMED, as_of=10)
    assert (overdue.too_late, overdue.timed, overdue.over, overdue.completed) == (
        frozenset({1}),
        frozenset({1}),
        True,
        False,
    )
    assert (under_way.too_late, under_way.timed, under_way.over) == (frozenset(), frozenset(), False)


def test_a_journey_is_over_when_it_is_completed_has_ended_or_is_out_of_time() -> None:
    assert not judged("abc").over
    assert judged("abc", ended=True).over
    assert judged("abc", within=99).over
    assert not judged("abc", within=101).over


def test_what_comes_after_the_time_for_the_whole_plan_does_not_count() -> None:
    found = judged("abcd", within=2)
    assert (found.reached, found.completed, found.over) == (frozenset({0, 1, 2}), False, True)
    planned = Plan(sort="stage", per="customer", closed=True, steps=PLAN.steps, within=2)
    assert judged("abcd", planned) == found
    assert judged("abcd", planned, within=3).completed


def test_a_journey_without_a_planned_step_has_none_as_its_furthest() -> None:
    found = judged("xx", ended=True)
    assert (found.furthest, found.fit, found.skipped, found.extra) == (-1, 0, frozenset(), frozenset({"x"}))


@pytest.mark.parametrize("size", range(6))
def test_no_longer_subsequence_is_in_order(size: int) -> None:
    for places in permutations(range(size)):
        kept = in_order(places)
        rising = [
            chosen for n in range(size + 1) for chosen in combinations(places, n) if list(chosen) == sorted(chosen)
        ]
        longest = [chosen for chosen in rising if len(chosen) == max(map(len, rising))]
        assert tuple(kept) == min(longest, key=lambda chosen: [places.index(place) for place in chosen])


def test_journeys_that_may_go_on_are_left_out_and_counted() -> None:
    judge = Judge(PLAN, 100, None)
    figures = conformance([judged("abcd"), judged("ab"), judged("a", ended=True)], judge)
    told = {(figure.metric, figure.by.get("what"), figure.by.get("step")): figure for figure in figures}
    conforming = told["plan_conformance", "conforming", None]
    assert (conforming.numerator, conforming.n, conforming.excluded) == (1, 2, {"under_way": 1})
    assert told["plan_fitness", None, None].value == (4 + 1) / 4 / 2
    assert (told["plan_drop_off", None, "a"].numerator, told["plan_drop_off", None, "a"].n) == (1, 1)
    assert told["plan_steps", "reached", "b"].numerator == 1


def test_without_a_journey_nothing_is_told_as_a_share() -> None:
    figures = conformance([], Judge(PLAN, 100, None))
    assert {figure.value for figure in figures} == {None}
    assert {figure.n for figure in figures} == {0}
