"""Figures of the journey: dwell, by when a visit was entered; conversion, by the customer's first visit."""

from __future__ import annotations

from itertools import groupby, pairwise
from operator import itemgetter

from ledger.errors import InvalidArgument
from ledger.metrics import conversion as conversions
from ledger.metrics import dwell as lengths
from ledger.metrics.figure import Figure
from ledger.projections.visits import VISITS
from ledger.queries.cut import PLACE, Cut, Key
from ledger.queries.view import Figures, View
from ledger.queries.window import instants
from ledger.store.figures.facts import facts
from ledger.store.figures.visits import entries

DWELL_COLUMNS = {**PLACE, "month": "entered_at"}

FIRST_VISIT = ("channel", "department", "entered_at", "segments")
"""What a customer is grouped by: the first visit's channel, department and time, and their own segments."""

CONVERSION_COLUMNS = {
    "channel": "channel",
    "department": "department",
    "segment": "segments",
    "month": "entered_at",
}

Customers = dict[Key, list[list[tuple[str, int]]]]


def dwell(view: View) -> list[Figure]:
    """Return how long visits last, always by stage."""
    asked = view.asked.always_by("stage")
    cut = Cut(asked, DWELL_COLUMNS, view.context)
    columns = (*cut.raw, "entered_at", "left_at")
    rows = facts(view.tables, VISITS, columns, at="entered_at", within=instants(asked), track="primary")
    return cut.figures(rows, lambda group, scope: lengths.dwell(group, view.as_of, scope))


def conversion(view: View) -> list[Figure]:
    """Return how many customers reach each stage, and the next one from it."""
    cut = Cut(view.asked, CONVERSION_COLUMNS, view.context)
    maturity = None
    if view.asked.within is not None:
        maturity = conversions.Maturity(view.asked.within, view.as_of)
    customers = _customers(view, cut)
    steps = _steps(view)
    figures = []
    for key in sorted(customers, key=cut.rank):
        scope = cut.scope(key)
        if view.asked.from_type is None:
            figures += conversions.reached(customers[key], view.context.journey.primary, scope)
        figures += conversions.conversion(customers[key], steps, scope, maturity=maturity)
    return figures


def _steps(view: View) -> list[tuple[str, str]]:
    stages = view.context.journey.primary
    asked = (view.asked.from_type, view.asked.to_type)
    if asked == (None, None):
        return list(pairwise(stages))
    for stage in asked:
        if stage not in stages:
            raise InvalidArgument(
                f"{stage!r} is no stage of the primary track: give `from` and `to`, each one of {', '.join(stages)}"
            )
    return [(str(asked[0]), str(asked[1]))]


def _customers(view: View, cut: Cut) -> Customers:
    found: Customers = {} if cut.by else {(): []}
    within = instants(view.asked)
    segments = view.segments if "segments" in cut.raw else {}
    for customer, stays in groupby(entries(view.tables, ("channel", "department")), key=itemgetter(0)):
        visited = list(stays)
        _, _, entered, channel, department = visited[0]
        if not within.hold(entered):
            continue
        first = dict(zip(FIRST_VISIT, (channel, department, entered, segments.get(customer)), strict=True))
        key = cut.key(tuple(first[name] for name in cut.raw))
        if key is not None:
            found.setdefault(key, []).append([(stage, at) for _, stage, at, _, _ in visited])
    return found


FIGURES: Figures = {
    "conversion": conversion,
    "dwell": dwell,
}
