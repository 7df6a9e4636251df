"""Figures of payments, by when they settled or failed."""

from __future__ import annotations

from typing import Any

from ledger.metrics import paying
from ledger.metrics.figure import Figure
from ledger.projections.payments import PAYMENTS
from ledger.queries.cut import Cut
from ledger.queries.view import Figures, View
from ledger.queries.window import instants
from ledger.store.figures.facts import facts

COLUMNS = {
    "stage": "stage",
    "channel": "channel",
    "department": "department",
    "segment": "segments",
    "month": "at",
}


def days_to_pay(view: View) -> list[Figure]:
    """Return how long payments take."""
    cut = Cut(view.asked, COLUMNS, view.context)
    columns = (*cut.raw, "kind", "at", "due_at", "ordered_at")
    rows: Any = facts(view.tables, PAYMENTS, columns, at="at", within=instants(view.asked))
    return [figure for key, group in cut.groups(rows).items() for figure in paying.days_to_pay(group, cut.scope(key))]


FIGURES: Figures = {"days_to_pay": days_to_pay}
