"""The touchpoint map: what customers met, against a catalogue where there is one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Unpack

from ledger.errors import InvalidArgument
from ledger.journey.catalogue import Catalogue
from ledger.metrics.metric import Metric
from ledger.metrics.registry import METRICS, demand_dimension, demand_options, metric
from ledger.queries.figure_row import figure_rows
from ledger.queries.figures.touchpoints import AGAINST_A_CATALOGUE, FIGURES, TouchpointMap
from ledger.queries.question import Asked, Question, dimension, options, question
from ledger.queries.view import view
from ledger.store.store import Store


def touchpoints(
    store: Store, names: Iterable[str] = (), *, catalogue: Catalogue | None = None, **asked: Unpack[Asked]
) -> list[dict[str, Any]]:
    """Return the figures of the touchpoint map, of some of its metrics or of all, as `metrics` does.

    Each row names beside what every figure names the `catalogue` by its hash, None without one; then what needs a
    catalogue is not told. Raises InvalidArgument, ProjectionStale.
    """
    made = question(asked)
    wanted = _named(list(dict.fromkeys(names)), made, catalogue)
    demand_options([METRICS[name] for name in wanted], options(asked))
    against = None if catalogue is None else catalogue.hash
    with view(store, made, needs_tables=True) as seen:
        map_ = TouchpointMap(seen, catalogue)
        return [
            {**row.as_row(), "catalogue": against} for name in wanted for row in figure_rows(seen, FIGURES[name](map_))
        ]


def _named(names: list[str], asked: Question, catalogue: Catalogue | None) -> list[str]:
    for name in names:
        _demand(metric(name), catalogue)
    wanted = names or [name for name in FIGURES if catalogue is not None or name not in AGAINST_A_CATALOGUE]
    for name in wanted:
        for key in asked.keys:
            demand_dimension(METRICS[name], dimension(key))
    return wanted


def _demand(found: Metric, catalogue: Catalogue | None) -> None:
    if found.name not in FIGURES:
        raise InvalidArgument(f"{found.name} is no figure of touchpoints: choose from {', '.join(FIGURES)}")
    if catalogue is None and found.name in AGAINST_A_CATALOGUE:
        raise InvalidArgument(f"{found.name} is told against a catalogue: name its file")
