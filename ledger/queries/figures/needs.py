"""Figures of needs; by when they were expressed, where the customer stood then."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from ledger.metrics import needs as computed
from ledger.metrics.definitions.needs import NEED_OUTCOME
from ledger.metrics.figure import Figure, Scope
from ledger.projections.needs import NEEDS
from ledger.queries.cut import PLACE, Cut
from ledger.queries.question import Question
from ledger.queries.view import Figures, View
from ledger.queries.window import instants
from ledger.schemas.duration import duration
from ledger.store.figures.facts import fact_counts, facts
from ledger.store.figures.needs import expressed_needs

COLUMNS = {"need": "need", "manner": "manner", **PLACE, "month": "at"}

Mix = Counter[str]


def needs_expressed(view: View) -> list[Figure]:
    """Return how many needs were expressed."""
    cut = Cut(view.asked, COLUMNS, view.context)
    within = instants(view.asked)
    concluded = fact_counts(view.tables, NEEDS, cut.raw, at="at", within=within, expressed_at=None)
    rows = [
        *((*row[:-1], 0, row[-1]) for row in concluded),
        *((*row, 0) for row in expressed_needs(view.tables, cut.raw, within)),
    ]
    return cut.figures(
        rows,
        lambda group, scope: computed.needs_expressed(
            sum(row[0] for row in group), sum(row[1] for row in group), scope
        ),
    )


def need_outcome(view: View) -> list[Figure]:
    """Return the shares of needs met, unmet and open within a window."""
    within = view.asked.within if view.asked.within is not None else duration(str(NEED_OUTCOME.window))
    return _timed(view, lambda rows, scope: computed.need_outcome(rows, view.as_of, within, scope))


def time_to_met(view: View) -> list[Figure]:
    """Return how long needs wait until they are met."""
    return _timed(view, lambda rows, scope: computed.time_to_met(rows, view.as_of, scope))


def stated_and_revealed(view: View) -> list[Figure]:
    """Return how many needs were stated and how many revealed, always by need."""
    return [
        figure
        for scope, rows in _expressed(view, view.asked.always_by("need"), ("manner",))
        for figure in computed.stated_and_revealed(_counts(rows), scope)
    ]


def need_agreement(view: View) -> list[Figure]:
    """Return how far each customer's stated and revealed needs agree."""
    return [
        figure
        for scope, rows in _expressed(view, view.asked, ("customer", "need", "manner"))
        for figure in computed.need_agreement(((row[0], row[1], row[2]) for row in rows), scope)
    ]


def need_mix(view: View) -> list[Figure]:
    """Return the share of each need, always by stage."""
    return [
        figure
        for scope, rows in _expressed(view, view.asked.always_by("stage"), ("need",))
        for figure in computed.need_mix(_counts(rows), scope)
    ]


def need_shift(view: View) -> list[Figure]:
    """Return how far the mix moves between each stage of the primary track and the next."""
    return [figure for before, after, scope in _steps(view) for figure in computed.need_shift(before, after, scope)]


def need_change(view: View) -> list[Figure]:
    """Return how the share of each need differs between each stage of the primary track and the next."""
    return [figure for before, after, scope in _steps(view) for figure in computed.need_change(before, after, scope)]


def _timed(view: View, make: Callable[[list[Any], Scope], list[Figure]]) -> list[Figure]:
    cut = Cut(view.asked, COLUMNS, view.context)
    columns = (*cut.raw, "expressed_at", "met_at", "unmet_at")
    rows = facts(view.tables, NEEDS, columns, at="at", within=instants(view.asked))
    return cut.figures(rows, make)


def _steps(view: View) -> list[tuple[Mix, Mix, Scope]]:
    """Return the mixes of each stage of the primary track and the next, in each group of the split."""
    cut = Cut(view.asked, COLUMNS, view.context)
    rows = expressed_needs(view.tables, (*cut.raw, "stage", "need"), instants(view.asked))
    steps = []
    for key, group in cut.groups(rows).items():
        mixes: dict[str, Mix] = defaultdict(Counter)
        for stage, need, n in group:
            mixes[stage][need] += n
        for first, then in pairwise(view.context.journey.primary):
            scope = cut.scope(key).split(from_stage=first, to_stage=then)
            steps.append((mixes[first], mixes[then], scope))
    return steps


def _expressed(view: View, asked: Question, columns: tuple[str, ...]) -> list[tuple[Scope, list[tuple[Any, ...]]]]:
    """Return, for each group, rows of (*columns, count) of the needs expressed."""
    cut = Cut(asked, COLUMNS, view.context)
    rows = expressed_needs(view.tables, (*cut.raw, *columns), instants(asked))
    return [(cut.scope(key), group) for key, group in cut.groups(rows).items()]


def _counts(rows: Iterable[tuple[Any, ...]]) -> Mix:
    """Return the sum of the counts of each value, from rows of (value, count)."""
    counts: Mix = Counter()
    for value, n in rows:
        counts[value] += n
    return counts


FIGURES: Figures = {
    "needs_expressed": needs_expressed,
    "need_outcome": need_outcome,
    "time_to_met": time_to_met,
    "stated_and_revealed": stated_and_revealed,
    "need_agreement": need_agreement,
    "need_mix": need_mix,
    "need_shift": need_shift,
    "need_change": need_change,
}
