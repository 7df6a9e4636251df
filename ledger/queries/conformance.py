"""Conformance: the planned journey against the actual ones."""

from __future__ import annotations

from typing import Any, Unpack

from ledger.journey.plan import Plan, plan_of
from ledger.metrics.definitions.conformance import DEFINITIONS
from ledger.metrics.registry import demand_dimension, demand_options
from ledger.queries.figure_row import figure_rows
from ledger.queries.figures.conformance import figures_of
from ledger.queries.question import Asked, dimension, options, question
from ledger.queries.view import view
from ledger.schemas.duration import duration_text
from ledger.store.store import Store


def conformance(store: Store, *, plan: Plan | None = None, **asked: Unpack[Asked]) -> list[dict[str, Any]]:
    """Return the figures of the journeys held against a plan, by default the one that the journey itself is.

    Each row names beside what every figure names the `plan` by its hash; its `window` is the time for the whole plan.
    Raises InvalidArgument, ProjectionStale.
    """
    made = question(asked)
    for key in made.keys:
        demand_dimension(DEFINITIONS[0], dimension(key))
    demand_options(DEFINITIONS, options(asked))
    with view(store, made, needs_tables=True) as seen:
        against = plan or plan_of(seen.context.journey)
        figures = figures_of(seen, against)
        order = {metric.name: place for place, metric in enumerate(DEFINITIONS)}
        figures.sort(key=lambda figure: order[figure.metric])
        length = against.within if made.within is None else made.within
        about = {"window": None if length is None else duration_text(length), "plan": against.hash}
        return [{**row.as_row(), **about} for row in figure_rows(seen, figures)]
