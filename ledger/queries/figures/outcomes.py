"""Figures of how stays end, by when a visit was entered."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any

from ledger.metrics import outcomes
from ledger.metrics.figure import Figure
from ledger.queries.cut import Cut
from ledger.queries.figures.journey import DWELL_COLUMNS
from ledger.queries.view import Figures, View
from ledger.queries.window import instants
from ledger.store.figures.visits import entries


def stage_outcome(view: View) -> list[Figure]:
    """Return how visits end, always by stage."""
    cut = Cut(view.asked.always_by("stage"), DWELL_COLUMNS, view.context)
    horizons = outcomes.HORIZONS if view.asked.within is None else (view.asked.within,)
    exits = view.context.journey.primary
    figures = []
    for key, group in cut.groups(_visits(view, cut)).items():
        visits: list[Any] = group
        figures += outcomes.stage_outcome(visits, exits, view.as_of, cut.scope(key), horizons)
    return figures


def _visits(view: View, cut: Cut) -> list[tuple[Any, ...]]:
    """Return rows of (*raw, entered, left, the next visit's stage or '')."""
    within = instants(view.asked)
    rows: list[tuple[Any, ...]] = []
    for _, stays in groupby(entries(view.tables, ("left_at", *cut.raw)), key=itemgetter(0)):
        visited = list(stays)
        following = [*(row[1] for row in visited[1:]), ""]
        rows += [
            (*raw, entered, left, to)
            for (_, _, entered, left, *raw), to in zip(visited, following, strict=True)
            if within.hold(entered)
        ]
    return rows


FIGURES: Figures = {"stage_outcome": stage_outcome}
