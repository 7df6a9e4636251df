"""Figures of effort, task success and friction."""

from __future__ import annotations

from ledger.metrics import effort
from ledger.metrics.figure import Figure
from ledger.queries.figures.cases import of_cases
from ledger.queries.view import Figures, View


def effort_score(view: View) -> list[Figure]:
    """Return the effort score of resolved cases, with its parts."""
    columns = ("resolved_first_at", "contacts", "handovers", "reopened", "repeated", "switches")
    return of_cases(view, columns, effort.effort_score, kinds=("case",))


FIGURES: Figures = {"effort_score": effort_score}
