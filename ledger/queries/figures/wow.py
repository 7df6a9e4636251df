"""Figures of the experiences that stand out, by when they did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ledger.metrics import wow
from ledger.metrics.figure import Figure, Scope
from ledger.metrics.quantiles import MICROSECONDS
from ledger.projections.highlights import HIGHLIGHTS
from ledger.projections.highlights import KINDS as ACTS
from ledger.projections.touchpoint_history import TOUCHPOINTS
from ledger.queries.cut import PLACE, Cut
from ledger.queries.view import Figures, View
from ledger.queries.window import instants, months, rounded
from ledger.store.figures.facts import fact_counts, facts

WINDOW = 90 * MICROSECONDS["days"]

COLUMNS = {**PLACE, "month": "at"}

TOUCHED = {**COLUMNS, "month": "period"}

NEAR = tuple(f"{act}_{side}" for act in ACTS for side in ("before", "after"))

Make = Callable[[list[wow.Highlight], wow.Window, Scope], list[Figure]]


def wow_rate(view: View) -> list[Figure]:
    """Return how often experiences stand out among touchpoints, and to how many customers."""
    asked, context = view.asked, view.context
    cut, touched = Cut(asked, COLUMNS, context), Cut(asked, TOUCHED, context)
    stood_out = fact_counts(
        view.tables, HIGHLIGHTS, (*cut.raw, "customer"), at="at", within=rounded(asked, context, "month")
    )
    encounters = fact_counts(
        view.tables,
        TOUCHPOINTS,
        (*touched.raw, "customer"),
        at="period",
        within=months(asked, context),
        sums=("touchpoints",),
    )
    met = [row for row in encounters if row[-1]]
    highlights = cut.groups(stood_out)
    figures = []
    for key, group in touched.groups(met).items():
        n: Counter[int] = Counter()
        for customer, _, touchpoints in group:
            n[customer] += touchpoints
        delighted: Counter[int] = Counter()
        for customer, count in highlights.get(key, ()):
            delighted[customer] += count
        figures += wow.wow_rate(delighted.total(), n.total(), len(delighted), len(n), touched.scope(key))
    return figures


def wow_follow_ups(view: View) -> list[Figure]:
    """Return what customers do before and after an experience that stood out."""
    return _told(view, wow.follow_ups)


def wow_nps(view: View) -> list[Figure]:
    """Return what customers answer to the NPS question before and after an experience that stood out."""
    return _told(view, wow.nps_around)


def _told(view: View, make: Make) -> list[Figure]:
    cut = Cut(view.asked, COLUMNS, view.context)
    window = wow.Window(WINDOW if view.asked.within is None else view.asked.within, view.as_of)
    columns = (*cut.raw, "at", "first_at", "score_before", "score_after", *NEAR)
    rows = facts(view.tables, HIGHLIGHTS, columns, at="at", within=instants(view.asked))
    return cut.figures(rows, lambda group, scope: make([_highlight(*row) for row in group], window, scope))


def _highlight(at: int, first_at: int, before: float | None, after: float | None, *near: int | None) -> wow.Highlight:
    return wow.Highlight(at, first_at, tuple(zip(near[::2], near[1::2], strict=True)), (before, after))


FIGURES: Figures = {
    "wow_rate": wow_rate,
    "wow_follow_ups": wow_follow_ups,
    "wow_nps": wow_nps,
}
