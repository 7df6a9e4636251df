"""Actual journeys to hold against a plan: from the visits where its steps are stages, else from the log."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from ledger.events.contacts import is_touchpoint
from ledger.journey.plan import Plan
from ledger.metrics.conformance import Judge, Travelled, conformance
from ledger.metrics.figure import Figure
from ledger.queries.cut import Cut
from ledger.queries.view import View
from ledger.queries.window import instants
from ledger.store.figures.scan import Glance, Seen
from ledger.store.figures.visits import entries

COLUMNS = {
    "channel": "channel",
    "department": "department",
    "segment": "segments",
    "month": "began_at",
    "cycle": "cycle",
}

Actual = tuple[dict[str, Any], Travelled]
"""What a journey is split by (its first step's values of the columns), and its steps."""


def figures_of(view: View, plan: Plan) -> list[Figure]:
    """Return the figures of all journeys held against the plan."""
    journey = view.context.journey
    ends = [stage.name for stage in journey.stages if stage.terminal or stage.win_back]
    judge = Judge(plan, view.as_of, view.asked.within, beside=ends)
    cut = Cut(view.asked, COLUMNS, view.context)
    within = instants(view.asked)
    rows = (
        (*(about[name] for name in cut.raw), travelled)
        for about, travelled in (_of_stages if plan.sort == "stage" else _of_events)(view, plan)
        if within.hold(travelled.steps[0][1])
    )
    return cut.figures(
        rows, lambda group, scope: conformance((judge.judge(travelled) for (travelled,) in group), judge, scope)
    )


def _of_stages(view: View, plan: Plan) -> Iterator[Actual]:
    terminal = {stage.name for stage in view.context.journey.stages if stage.terminal}
    rows = entries(view.tables, ("channel", "department", "segments", "cycle"))
    for _, found in groupby(rows, key=itemgetter(0)):
        visits = list(found)
        last = visits[-1][-1]
        for stays in _parts(visits, plan):
            _, _, began, channel, department, segments, cycle = stays[0]
            about = {
                "channel": channel,
                "department": department,
                "segments": segments,
                "began_at": began,
                "cycle": cycle,
            }
            ended = stays[-1][1] in terminal or stays[-1][-1] != last
            yield about, Travelled([(visit[1], visit[2]) for visit in stays], ended)


def _parts(visits: list[tuple[Any, ...]], plan: Plan) -> Iterable[list[tuple[Any, ...]]]:
    if plan.per == "customer":
        return [visits]
    return (list(stays) for _, stays in groupby(visits, key=itemgetter(-1)))


def _of_events(view: View, plan: Plan) -> Iterator[Actual]:
    cycles = _cycles(view) if plan.per == "cycle" else {}
    segments = view.segments
    for (customer, part), steps in view.scan.gather(_taking(view, plan, cycles), _types(plan)).items():
        steps.sort(key=itemgetter(0))
        began, _, glance = steps[0]
        about = {
            "channel": glance.channel,
            "department": glance.department,
            "segments": segments.get(customer),
            "began_at": began,
            "cycle": part if plan.per == "cycle" else None,
        }
        ended = plan.per == "cycle" and part != _last(cycles.get(customer))
        yield about, Travelled([(name, at) for at, name, _ in steps], ended)


Parts = dict[tuple[int, str | int], list[tuple[int, str, Glance]]]
"""The steps of each journey: of a customer, and the case or cycle of theirs."""

Cycles = dict[int, tuple[list[int], list[int]]]
"""When each customer entered the cycles they were in, and their numbers."""


def _taking(view: View, plan: Plan, cycles: Cycles) -> Callable[[Iterator[Seen]], Parts]:
    """Return what gathers the steps of each journey from events."""
    planned = {step.name for step in plan.steps}
    counts = {name for name, event_type in view.context.vocabulary.items() if is_touchpoint(event_type)}

    def extra(glance: Glance) -> bool:
        return glance.type in counts if plan.sort == "type" else glance.touchpoint_id is not None

    def take(events: Iterator[Seen]) -> Parts:
        found: Parts = defaultdict(list)
        for customer, at, glance in events:
            name = glance.type if plan.sort == "type" else glance.touchpoint_id or glance.type
            if name in planned or (plan.closed and extra(glance)):
                part = _part(plan, cycles.get(customer), at, glance)
                if part is not None:
                    found[customer, part].append((at, name, glance))
        return found

    return take


def _part(plan: Plan, cycles: tuple[list[int], list[int]] | None, at: int, glance: Glance) -> str | int | None:
    if plan.per == "case":
        return glance.case_id
    if plan.per == "customer":
        return ""
    entered, numbers = cycles or ([], [])
    place = bisect_right(entered, at)
    return numbers[place - 1] if place else 1


def _types(plan: Plan) -> tuple[str, ...]:
    """Return the types that are enough to read; none for all."""
    return tuple(step.name for step in plan.steps) if plan.sort == "type" and not plan.closed else ()


def _cycles(view: View) -> Cycles:
    found: Cycles = {}
    for customer, _, at, cycle in entries(view.tables, ("cycle",)):
        entered, numbers = found.setdefault(customer, ([], []))
        if not numbers or numbers[-1] != cycle:
            entered.append(at)
            numbers.append(cycle)
    return found


def _last(cycles: tuple[list[int], list[int]] | None) -> int:
    return cycles[1][-1] if cycles else 1
