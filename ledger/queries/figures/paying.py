"""Figures of payments, by when they settled or failed."""

from __future__ import annotations

from ledger.metrics import paying
from ledger.metrics.figure import Figure
from ledger.projections.payments import PAYMENTS
from ledger.queries.cut import PLACE, Cut
from ledger.queries.view import Figures, View
from ledger.queries.window import instants
from ledger.store.figures.facts import facts

COLUMNS = {**PLACE, "month": "at"}


def days_to_pay(view: View) -> list[Figure]:
    """Return how long payments take."""
    cut = Cut(view.asked, COLUMNS, view.context)
    columns = (*cut.raw, "kind", "at", "due_at", "ordered_at")
    rows = facts(view.tables, PAYMENTS, columns, at="at", within=instants(view.asked))
    return cut.figures(rows, paying.days_to_pay)


FIGURES: Figures = {"days_to_pay": days_to_pay}
