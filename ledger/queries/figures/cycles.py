"""Figures of cycles, by when and where each began; of what stages use up, by when a visit was entered."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from msgspec.json import Decoder

from ledger.metrics import cycles
from ledger.metrics import resources as using
from ledger.metrics.cycles import Stay
from ledger.metrics.figure import Figure
from ledger.projections.visits import VISITS
from ledger.queries.cut import Cut
from ledger.queries.figures.journey import DWELL_COLUMNS
from ledger.queries.view import Figures, View
from ledger.queries.window import instants
from ledger.store.figures.facts import facts
from ledger.store.figures.visits import entries

FIRST_VISIT = {
    "channel": "channel",
    "department": "department",
    "segment": "segments",
    "month": "entered_at",
    "cycle": "cycle",
}
"""What a cycle is grouped by, as its first visit was entered; a customer as their first cycle began."""

RESOURCES = ("touchpoints", "minutes", "cost")

_cost = Decoder(dict[str, int]).decode

Visit = tuple[tuple[Any, ...], Stay, tuple[Any, ...]]
"""What a visit is cut by, the visit, and any further columns."""


def cycles_per_customer(view: View) -> list[Figure]:
    """Return how many cycles customers have begun."""
    cut = Cut(view.asked, FIRST_VISIT, view.context)
    within = instants(view.asked)
    rows = [
        (*visits[0][0], len({stay.cycle for _, stay, _ in visits}))
        for visits in _customers(view, cut)
        if within.hold(visits[0][1].entered)
    ]
    return cut.figures(rows, lambda group, scope: cycles.cycles_per_customer([begun for (begun,) in group], scope))


def cycle_length(view: View) -> list[Figure]:
    """Return how long it takes from one cycle to the next."""
    cut = Cut(view.asked, FIRST_VISIT, view.context)
    return cut.figures(
        _cycles(view, cut), lambda group, scope: cycles.cycle_length([cycle for (cycle,) in group], view.as_of, scope)
    )


def time_between_cycles(view: View) -> list[Figure]:
    """Return the pause between cycles, and the time between their purchases."""
    cut = Cut(view.asked, FIRST_VISIT, view.context)
    return cut.figures(
        _cycles(view, cut), lambda group, scope: cycles.time_between_cycles([cycle for (cycle,) in group], scope)
    )


def stage_resources(view: View) -> list[Figure]:
    """Return what visits use up, always by stage."""
    cut = Cut(view.asked.always_by("stage"), DWELL_COLUMNS, view.context)
    columns = (*cut.raw, "customer", "entered_at", *RESOURCES)
    entered = facts(view.tables, VISITS, columns, at="entered_at", within=instants(view.asked))
    rows = [row for row in entered if row[len(cut.raw) + 1] <= view.as_of]
    figures = []
    for key, group in cut.groups(rows).items():
        spent = [_used(*row[2:]) for row in group]
        customers = len({row[0] for row in group})
        figures += using.stage_resources(spent, customers, cut.scope(key), currency=view.asked.currency)
    return figures


def cycle_resources(view: View) -> list[Figure]:
    """Return what cycles use up: those that are completed, and all."""
    cut = Cut(view.asked, FIRST_VISIT, view.context)
    figures = []
    for key, group in cut.groups(_used_in_cycles(view, cut)).items():
        scope, asked = cut.scope(key), view.asked.currency
        completed = [spent for spent, over in group if over]
        done = scope.split(cycles="completed").leaving_out(open=len(group) - len(completed))
        figures += using.cycle_resources(completed, done, currency=asked)
        figures += using.cycle_resources([spent for spent, _ in group], scope.split(cycles="all"), currency=asked)
    return figures


def _cycles(view: View, cut: Cut) -> list[tuple[Any, ...]]:
    """Return rows of (*raw, cycle) of the cycles that began within the window."""
    within = instants(view.asked)
    rows: list[tuple[Any, ...]] = []
    for visits in _customers(view, cut):
        firsts: dict[int, tuple[Any, ...]] = {}
        for raw, stay, _ in visits:
            firsts.setdefault(stay.cycle, raw)
        made = cycles.cycles_of([stay for _, stay, _ in visits])
        rows += [(*firsts[cycle.number], cycle) for cycle in made if within.hold(cycle.began)]
    return rows


def _used_in_cycles(view: View, cut: Cut) -> list[tuple[Any, ...]]:
    """Return rows of (*raw, what the cycle used up, whether another followed) within the window."""
    within = instants(view.asked)
    rows: list[tuple[Any, ...]] = []
    for visits in _customers(view, cut, RESOURCES):
        last = visits[-1][1].cycle
        for number, part in groupby(visits, key=lambda visit: visit[1].cycle):
            of_cycle = list(part)
            raw, first, _ = of_cycle[0]
            if within.hold(first.entered):
                spent = using.NOTHING
                for _, _, columns in of_cycle:
                    spent = spent.plus(_used(*columns))
                rows.append((*raw, spent, number != last))
    return rows


def _customers(view: View, cut: Cut, more: tuple[str, ...] = ()) -> Iterator[list[Visit]]:
    """Yield the primary visits of each customer, in order, but for those after the as-of time."""
    width = len(cut.raw)
    rows = entries(view.tables, ("left_at", "cycle", *cut.raw, *more))
    for _, stays in groupby(rows, key=itemgetter(0)):
        visits = [
            (tuple(rest[:width]), Stay(stage, entered, left, cycle), tuple(rest[width:]))
            for _, stage, entered, left, cycle, *rest in stays
            if entered <= view.as_of
        ]
        if visits:
            yield visits


def _used(touchpoints: int, minutes: float, cost: str) -> using.Used:
    return using.used(touchpoints, minutes, {} if cost == "{}" else _cost(cost))


FIGURES: Figures = {
    "cycles_per_customer": cycles_per_customer,
    "cycle_length": cycle_length,
    "time_between_cycles": time_between_cycles,
    "stage_resources": stage_resources,
    "cycle_resources": cycle_resources,
}
