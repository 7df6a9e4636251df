"""Figures of unsupported opportunities, by when they were tried, where the customer stood then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from ledger.metrics import opportunities as computed
from ledger.metrics.figure import Figure, Scope
from ledger.projections.opportunities import OPPORTUNITIES
from ledger.queries.cut import PLACE, Cut
from ledger.queries.question import Question
from ledger.queries.view import Figures, View
from ledger.queries.window import instants
from ledger.store.figures.attempts import attempts
from ledger.store.figures.facts import fact_counts

COLUMNS = {"reason": "reason", **PLACE, "month": "at"}

Groups = list[tuple[Scope, list[tuple[Any, ...]]]]


def unsupported(view: View) -> list[Figure]:
    """Return how many opportunities were unsupported."""
    return [
        figure
        for scope, rows in _opportunities(view)
        for figure in computed.unsupported(sum(n for (n,) in rows), scope)
    ]


def unsupported_demand(view: View) -> list[Figure]:
    """Return the share of attempts that were not supported."""
    return _attempted(view, view.asked, computed.unsupported_demand)


def channel_coverage(view: View) -> list[Figure]:
    """Return the share of attempts that were supported, always by channel."""
    return _attempted(view, view.asked.always_by("channel"), computed.channel_coverage)


def unsupported_reasons(view: View) -> list[Figure]:
    """Return the most frequent reasons."""
    figures = []
    for scope, rows in _opportunities(view, "reason"):
        reasons: Counter[str] = Counter()
        for reason, n in rows:
            reasons[reason] += n
        figures += computed.unsupported_reasons(reasons, view.asked.top, scope)
    return figures


def unsupported_customers(view: View) -> list[Figure]:
    """Return how many customers tried what is not supported."""
    figures = []
    for scope, rows in _attempts(view, view.asked, "customer"):
        attempting = {customer for customer, _, _ in rows}
        missed = {customer for customer, _, unsupported_ones in rows if unsupported_ones}
        figures += computed.unsupported_customers(len(attempting), len(missed), scope)
    return figures


def out_of_hours(view: View) -> list[Figure]:
    """Return the share of opportunities outside the opening hours of the channel tried."""
    figures = []
    for scope, rows in _opportunities(view, "within_hours"):
        hours: Counter[int | None] = Counter()
        for within, n in rows:
            hours[within] += n
        figures += computed.out_of_hours(hours[0], hours[1], hours[None], scope)
    return figures


def _opportunities(view: View, *columns: str) -> Groups:
    """Return, for each group, rows of (*columns, count)."""
    cut = Cut(view.asked, COLUMNS, view.context)
    rows = fact_counts(view.tables, OPPORTUNITIES, (*cut.raw, *columns), at="at", within=instants(view.asked))
    return [(cut.scope(key), group) for key, group in cut.groups(rows).items()]


def _attempts(view: View, asked: Question, *columns: str) -> Groups:
    """Return, for each group, rows of (*columns, attempts, unsupported ones)."""
    cut = Cut(asked, COLUMNS, view.context)
    rows = attempts(view.tables, (*cut.raw, *columns), instants(asked))
    return [(cut.scope(key), group) for key, group in cut.groups(rows).items()]


def _attempted(view: View, asked: Question, make: Callable[[int, int, Scope], list[Figure]]) -> list[Figure]:
    return [
        figure
        for scope, rows in _attempts(view, asked)
        for figure in make(sum(row[0] for row in rows), sum(row[1] for row in rows), scope)
    ]


FIGURES: Figures = {
    "unsupported": unsupported,
    "unsupported_demand": unsupported_demand,
    "channel_coverage": channel_coverage,
    "unsupported_reasons": unsupported_reasons,
    "unsupported_customers": unsupported_customers,
    "out_of_hours": out_of_hours,
}
