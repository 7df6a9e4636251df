"""The figures of metrics: by any split they have, in a window, as of a time, as known at one, by another journey."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Unpack

from ledger.metrics.figure import Figure
from ledger.metrics.registry import METRICS, demand_dimension, metric
from ledger.queries.cut import fits
from ledger.queries.figure_row import FigureRow, figure_rows
from ledger.queries.figures import cases, contacts, events, journey, purchases, ratings, volume
from ledger.queries.question import Asked, Question, dimension, question
from ledger.queries.view import View, view
from ledger.store.store import Store

FIGURES: dict[str, Callable[[View], list[Figure]]] = {
    "nps": ratings.nps,
    "csat": ratings.csat,
    "ces": ratings.ces,
    "ratings": ratings.ratings,
    "conversion": journey.conversion,
    "dwell": journey.dwell,
    "time_to_first_response": cases.time_to_first_response,
    "time_to_resolution": cases.time_to_resolution,
    "time_between": events.time_between,
    "throughput": cases.throughput,
    "handovers": cases.handovers,
    "transitions": events.transitions,
    "variants": events.variants,
    "contacts": contacts.contacts,
    "channel_switching": contacts.channel_switching,
    "volume": volume.all_volumes,
    "repeat_purchase": purchases.repeat_purchase,
    "purchase_interval": purchases.purchase_interval,
    "retention": purchases.retention,
    "recency": purchases.recency,
    "customer_value": purchases.customer_value,
    "punctuality": cases.punctuality,
}

OF_THE_LOG = frozenset({"time_between", "transitions", "variants"})
"""Metrics made from the log alone: they need no read model, and are told only when they are named."""


def metrics(store: Store, names: Iterable[str] = (), **asked: Unpack[Asked]) -> list[FigureRow]:
    """Return the figures of some metrics, in the order of their names; `Question` says what can be asked.

    Without names it is every metric that can be split so, but for those made from the log alone. The figures of
    one call stand at one position. They come from the live read model, which may lag, or, as of a time, as known
    at one, in another zone or by another journey, from one folded for them. Raises InvalidArgument for a metric,
    a split or an option there is not, ProjectionStale where the live read model was never built or was made by
    another definition.
    """
    made = question(asked)
    wanted = _named(list(dict.fromkeys(names)), made)
    with view(store, made, needs_tables=not OF_THE_LOG.issuperset(wanted)) as seen:
        return [row for name in wanted for row in figure_rows(seen, FIGURES[name](seen))]


def _named(names: Sequence[str], asked: Question) -> Sequence[str]:
    if not names:
        return [name for name, of in METRICS.items() if name not in OF_THE_LOG and fits(asked, of.dimensions)]
    for name in names:
        of = metric(name)
        for key in asked.keys:
            demand_dimension(of, dimension(key))
    return names
