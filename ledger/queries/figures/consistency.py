"""Figures of how alike answers are: between channels, and of one customer over time; by when they were given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from ledger.metrics import consistency
from ledger.metrics.figure import Figure, Scope
from ledger.metrics.ratings import SCALES
from ledger.projections.answers import ANSWERS
from ledger.queries.cut import PLACE, Cut
from ledger.queries.view import Figures, View
from ledger.queries.window import instants
from ledger.store.figures.facts import fact_counts, facts

COLUMNS = {**PLACE, "month": "at", "survey": "metric"}

Make = Callable[[str, Iterable[consistency.History], Scope], list[Figure]]


def channel_scores(view: View) -> list[Figure]:
    """Return what customers answer on each channel."""
    return _of_channels(view, consistency.channel_scores)


def channel_consistency(view: View) -> list[Figure]:
    """Return how far apart the channels are in what customers answer."""
    return _of_channels(view, consistency.channel_consistency)


def _of_channels(view: View, make: Callable[[str, consistency.Answered, Scope], list[Figure]]) -> list[Figure]:
    cut = Cut(view.asked, COLUMNS, view.context)
    columns = (*cut.raw, "metric", "channel", "scale", "score")
    rows = fact_counts(view.tables, ANSWERS, columns, at="at", within=instants(view.asked))
    return [
        figure
        for key, group in cut.groups(rows).items()
        for survey in _surveys(view, group)
        for figure in make(survey, [row[1:] for row in group if row[0] == survey], cut.scope(key))
    ]


def consistency_over_time(view: View) -> list[Figure]:
    """Return how much the answers of one customer vary."""
    return _of_customers(view, consistency.consistency_over_time)


def last_answer(view: View) -> list[Figure]:
    """Return where the last answers of customers lie against their own earlier ones."""
    return _of_customers(view, consistency.last_answer)


def _of_customers(view: View, make: Make) -> list[Figure]:
    cut = Cut(view.asked, COLUMNS, view.context)
    columns = (*cut.raw, "metric", "customer", "at", "scale", "score")
    rows = facts(view.tables, ANSWERS, columns, at="at", within=instants(view.asked))
    figures = []
    for key, group in cut.groups(rows).items():
        for survey in _surveys(view, group):
            histories, other = _histories(survey, group)
            figures += make(survey, histories, cut.scope(key).leaving_out(other_scale=other))
    return figures


def _histories(survey: str, rows: Sequence[tuple[Any, ...]]) -> tuple[list[consistency.History], int]:
    """Return the answers of each customer in the order of time, and how many are on another scale."""
    scales = Counter(row[3] for row in rows if row[0] == survey)
    kept = sorted(row[1:] for row in rows if row[0] == survey and row[3] == SCALES[survey])
    histories = [[(at, score) for _, at, _, score in of_one] for _, of_one in groupby(kept, key=itemgetter(0))]
    return list(histories), scales.total() - len(kept)


def _surveys(view: View, rows: Sequence[tuple[Any, ...]]) -> list[str]:
    """Return the surveys to tell of rows that begin with theirs: all where nothing is asked of them, else those met."""
    met = {row[0] for row in rows}
    return [survey for survey in SCALES if survey in met or "survey" not in view.asked.keys]


FIGURES: Figures = {
    "channel_scores": channel_scores,
    "channel_consistency": channel_consistency,
    "consistency_over_time": consistency_over_time,
    "last_answer": last_answer,
}
