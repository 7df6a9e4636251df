"""The figures of metrics: by any split they have, in a window, as of a time, as known at one, by another journey."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Unpack

from ledger.errors import InvalidArgument
from ledger.metrics.metric import Metric
from ledger.metrics.registry import METRICS, USUAL, demand_dimension, demand_options, named
from ledger.queries.cut import fits
from ledger.queries.figure_row import FigureRow, figure_rows
from ledger.queries.figures import (
    cases,
    cohorts,
    contacts,
    cycles,
    effort,
    events,
    feedback_loop,
    first_contact,
    friction,
    journey,
    needs,
    omnichannel,
    opportunities,
    outcomes,
    proactive,
    purchases,
    ratings,
    repeated_information,
    termination,
    value,
    volume,
    wow,
)
from ledger.queries.question import Asked, Question, dimension, options, question
from ledger.queries.view import Figures, view
from ledger.store.store import Store

_FAMILIES = (ratings, journey, outcomes, cycles, contacts, omnichannel, proactive, cases, events, first_contact,
             feedback_loop, needs, opportunities, repeated_information, effort, friction, wow, purchases, value,
             cohorts, termination, volume)  # fmt: skip

FIGURES: Figures = {name: make for family in _FAMILIES for name, make in family.FIGURES.items()}

OF_THE_LOG = frozenset({"time_between", "transitions", "variants"})
"""Metrics made from the log alone: they need no read model, and are told only when they are named."""


def metrics(store: Store, names: Iterable[str] = (), **asked: Unpack[Asked]) -> list[FigureRow]:
    """Return the figures of some metrics, in the order of their names; `Question` says what can be asked.

    A name is that of a metric, or of a topic: then it is every metric of the topic that can be split so. Without
    names it is the same of the usual topics. The figures of one call stand at one position. They come from the
    live read model, which may lag, or, as of a time, as known at one, in another zone or by another journey, from
    one folded for them. Raises InvalidArgument for a metric, a split or an option there is not, or an option that
    changes none of these metrics, ProjectionStale where the live read model was never built or was made by another
    definition.
    """
    made, told = question(asked), wanted(names, **asked)
    demand_options([METRICS[name] for name in told], options(asked))
    with view(store, made, needs_tables=not OF_THE_LOG.issuperset(told)) as seen:
        return [row for name in told for row in figure_rows(seen, FIGURES[name](seen))]


def wanted(names: Iterable[str] = (), **asked: Unpack[Asked]) -> list[str]:
    """Return the metrics that `metrics` tells of these names. Raises InvalidArgument as it does."""
    return _named(list(dict.fromkeys(names)), question(asked))


def _named(names: Sequence[str], asked: Question) -> list[str]:
    if not names:
        usual = (metric for metric in METRICS.values() if metric.topic in USUAL)
        return [metric.name for metric in usual if metric.name not in OF_THE_LOG and fits(asked, metric.dimensions)]
    return list(dict.fromkeys(name for asked_for in names for name in _of(asked_for, asked)))


def _of(name: str, asked: Question) -> list[str]:
    found = named(name)
    told = [metric for metric in found if metric.name not in OF_THE_LOG or metric.name == name]
    able = [metric for metric in told if fits(asked, metric.dimensions)]
    for metric in able or told:
        _demand(metric, asked)
    return [metric.name for metric in able]


def _demand(metric: Metric, asked: Question) -> None:
    if metric.command is not None:
        raise InvalidArgument(f"{metric.name} needs more than `metrics` asks: run `customer-ledger {metric.command}`")
    for key in asked.keys:
        demand_dimension(metric, dimension(key))
