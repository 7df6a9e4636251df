"""Figures of what customers answered: NPS, CSAT, CES and the counts of each score; by the day of the rating."""

from __future__ import annotations

from ledger.metrics.figure import Figure
from ledger.metrics.ratings import SCALES, score_counts, survey_score
from ledger.queries.cut import COUNTED, Cut
from ledger.queries.view import Figures, View
from ledger.queries.window import days
from ledger.store.figures.tallies import tallies

COLUMNS = {**COUNTED, "punctuality": "punctuality"}


def nps(view: View) -> list[Figure]:
    """Return the NPS of each group."""
    return _score(view, "nps")


def csat(view: View) -> list[Figure]:
    """Return the CSAT of each group."""
    return _score(view, "csat")


def ces(view: View) -> list[Figure]:
    """Return the CES of each group."""
    return _score(view, "ces")


def ratings(view: View) -> list[Figure]:
    """Return how often each score was given, per survey, scale and group."""
    cut = Cut(view.asked, COLUMNS, view.context)
    within = days(view.asked, view.context)
    return [
        figure
        for survey in SCALES
        for key, rows in cut.groups(tallies(view.tables, survey, cut.raw, within)).items()
        for figure in score_counts(survey, [row[:3] for row in rows], cut.scope(key))
    ]


def _score(view: View, survey: str) -> list[Figure]:
    cut = Cut(view.asked, COLUMNS, view.context)
    rows = tallies(view.tables, survey, cut.raw, days(view.asked, view.context))
    return cut.figures(
        rows, lambda group, scope: survey_score(survey, [(scale, score, n) for scale, score, n, _ in group], scope)
    )


FIGURES: Figures = {
    "nps": nps,
    "csat": csat,
    "ces": ces,
    "ratings": ratings,
}
