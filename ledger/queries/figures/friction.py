"""Figures of task success and friction: of interactions by when they began, of touchpoints by their month."""

from __future__ import annotations

from collections import Counter

from ledger.metrics import friction as frictions
from ledger.metrics.figure import Figure
from ledger.projections.interactions import INTERACTIONS
from ledger.queries.cut import COUNTED, PLACE, Cut, Key
from ledger.queries.view import Figures, View
from ledger.queries.window import instants, months
from ledger.store.figures.facts import fact_counts, facts
from ledger.store.figures.frictions import friction_counts, friction_met
from ledger.store.figures.tallies import tallies

OF_INTERACTIONS = {**PLACE, "month": "first_at", "reason": "reason"}


def task_success(view: View) -> list[Figure]:
    """Return how many interactions achieved their objective."""
    cut = Cut(view.asked, OF_INTERACTIONS, view.context)
    columns = (*cut.raw, "ending", "achieved")
    rows = fact_counts(view.tables, INTERACTIONS, columns, at="first_at", within=instants(view.asked))
    figures = []
    for key, group in cut.groups(rows).items():
        results: Counter[frictions.Result] = Counter()
        for ending, achieved, n in group:
            results[frictions.result(ending, achieved)] += n
        figures += frictions.task_success(results, cut.scope(key))
    return figures


def productive(view: View) -> list[Figure]:
    """Return how many minutes of interactions went into those that achieved their objective."""
    cut = Cut(view.asked, OF_INTERACTIONS, view.context)
    columns = (*cut.raw, "ending", "achieved", "started_at", "ended_at")
    rows = facts(view.tables, INTERACTIONS, columns, at="first_at", within=instants(view.asked))
    return cut.figures(
        rows,
        lambda group, scope: frictions.productive(
            ((frictions.result(ending, achieved), started, ended) for ending, achieved, started, ended in group),
            scope,
        ),
    )


def friction(view: View) -> list[Figure]:
    """Return how many touchpoints were friction, of each kind and of any."""
    cut = Cut(view.asked, COUNTED, view.context)
    rows = friction_counts(view.tables, cut.raw, months(view.asked, view.context))
    figures = []
    for key, group in cut.groups(rows).items():
        counts: Counter[str] = Counter()
        for kind, n in group:
            counts[kind] += n
        touchpoints = counts.pop("touchpoint", 0)
        figures += frictions.friction(counts, touchpoints, cut.scope(key))
    return figures


def obstacle_causes(view: View) -> list[Figure]:
    """Return what causes obstacles."""
    cut = Cut(view.asked, COUNTED, view.context)
    figures = []
    for key, group in cut.groups(tallies(view.tables, "obstacle", cut.raw, months(view.asked, view.context))).items():
        causes: Counter[str] = Counter()
        for _, cause, n, _ in group:
            causes[cause] += n
        figures += frictions.obstacle_causes(causes, cut.scope(key))
    return figures


def painless(view: View) -> list[Figure]:
    """Return how many customers met no friction."""
    cut = Cut(view.asked, COUNTED, view.context)
    met: dict[Key, dict[int, int]] = {} if cut.by else {(): {}}
    for *raw, customer, any_met in friction_met(view.tables, cut.raw, months(view.asked, view.context)):
        key = cut.key(tuple(raw))
        if key is not None:
            customers = met.setdefault(key, {})
            customers[customer] = max(any_met, customers.get(customer, 0))
    return [
        figure
        for key in sorted(met, key=cut.rank)
        for figure in frictions.painless(
            sum(not any_met for any_met in met[key].values()), len(met[key]), cut.scope(key)
        )
    ]


FIGURES: Figures = {
    "task_success": task_success,
    "productive": productive,
    "friction": friction,
    "obstacle_causes": obstacle_causes,
    "painless": painless,
}
