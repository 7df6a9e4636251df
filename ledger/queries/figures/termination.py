"""Figures of leaving: by when a leaving began, of what comes after an end by when it ended."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from ledger.metrics import termination as leavings
from ledger.metrics.figure import Figure
from ledger.metrics.quantiles import MICROSECONDS
from ledger.projections.answers import ANSWERS
from ledger.projections.terminations import TERMINATIONS
from ledger.queries.cut import PLACE, UNKNOWN, Cut, Make
from ledger.queries.view import Figures, View
from ledger.queries.window import instants
from ledger.store.figures.facts import fact_counts, facts

DAY = MICROSECONDS["days"]
RETENTION, REFERRALS, WIN_BACK = 90 * DAY, 180 * DAY, 365 * DAY

COLUMNS = {**PLACE, "month": "at", "reason": "reason", "category": "category", "voluntary": "voluntary"}

BY_BEGINNING = {**COLUMNS, "offer": "offer"}
BY_END = {**COLUMNS, "month": "ended_at", "campaign": "campaign"}

ASPECTS = ("reason", "category", "voluntary", "outcome")

OF_THE_ANSWER = ("at", "channel", "department", "segments")
OF_THE_LEAVING = ("reason", "category", "voluntary")


def termination_reasons(view: View) -> list[Figure]:
    """Return how many leavings there are of each reason, category, will and outcome."""
    cut = Cut(view.asked, COLUMNS, view.context)
    rows = fact_counts(view.tables, TERMINATIONS, (*cut.raw, *ASPECTS), at="at", within=instants(view.asked))
    figures = []
    for key, group in cut.groups(rows).items():
        aspects: dict[str, Counter[str]] = {aspect: Counter() for aspect in ASPECTS}
        n = 0
        for *said, count in group:
            n += count
            for aspect, value in zip(ASPECTS, said, strict=True):
                aspects[aspect][value or UNKNOWN] += count
        figures += leavings.reasons(aspects, n, cut.scope(key))
    return figures


def retention_success(view: View) -> list[Figure]:
    """Return how many of those who asked to leave stayed, with an attempt to keep them and without."""
    window = _window(view, RETENTION)
    return _told(
        view,
        ("requested_at", "ended_at", "attempted_at", "stayed_at"),
        lambda rows, scope: leavings.retention(rows, window, scope),
    )


def leaving_time(view: View) -> list[Figure]:
    """Return how long it takes from the request to the end or the stay."""
    columns = ("requested_at", "ended_at", "stayed_at", "won_at")
    return _told(view, columns, lambda rows, scope: leavings.leaving_time(rows, view.as_of, scope))


def referrals_after_termination(view: View) -> list[Figure]:
    """Return how many of those who left refer someone after it."""
    window = _window(view, REFERRALS)
    return _told_by_end(view, ("ended_at", "referred_at"), lambda rows, scope: leavings.referrals(rows, window, scope))


def win_back(view: View) -> list[Figure]:
    """Return how many of those who left come back, and when."""
    window = _window(view, WIN_BACK)
    return _told_by_end(
        view, ("ended_at", "tried_at", "won_at"), lambda rows, scope: leavings.win_back(rows, window, scope)
    )


def csat_at_termination(view: View) -> list[Figure]:
    """Return how satisfied customers are while their journey stands where it ends."""
    cut = Cut(view.asked, COLUMNS, view.context)
    terminal = [stage.name for stage in view.context.journey.stages if stage.terminal]
    answers = facts(
        view.tables,
        ANSWERS,
        ("customer", "scale", "score", *OF_THE_ANSWER),
        at="at",
        within=instants(view.asked),
        metric="csat",
        stage=terminal,
    )
    begun = _begun(view) if set(cut.raw) & set(OF_THE_LEAVING) else {}
    rows = []
    for customer, scale, score, *about in answers:
        said = dict(zip(OF_THE_ANSWER, about, strict=True))
        said.update(zip(OF_THE_LEAVING, _latest(begun.get(customer, ([], [])), said["at"]), strict=True))
        rows.append((*(said[name] for name in cut.raw), scale, score))
    return cut.figures(rows, leavings.csat_at_termination)


def _begun(view: View) -> dict[int, tuple[list[int], list[Sequence[str]]]]:
    """Return, of each customer, when their leavings began and what is said of each."""
    found: dict[int, tuple[list[int], list[Sequence[str]]]] = {}
    for customer, at, *about in facts(view.tables, TERMINATIONS, ("customer", "at", *OF_THE_LEAVING), order=("at",)):
        times, said = found.setdefault(customer, ([], []))
        times.append(at)
        said.append(about)
    return found


def _latest(begun: tuple[list[int], list[Sequence[str]]], at: int) -> Sequence[str]:
    times, said = begun
    place = bisect_right(times, at)
    return said[place - 1] if place else ("", "", "")


def _told(view: View, columns: Sequence[str], make: Make) -> list[Figure]:
    cut = Cut(view.asked, BY_BEGINNING, view.context)
    rows = facts(view.tables, TERMINATIONS, (*cut.raw, *columns), at="at", within=instants(view.asked))
    return cut.figures(rows, make)


def _told_by_end(view: View, columns: Sequence[str], make: Make) -> list[Figure]:
    """Return the figures of leavings by when they ended; what never ended has its place by when it began."""
    within = instants(view.asked)
    cut, of_open = Cut(view.asked, BY_END, view.context), Cut(view.asked, BY_END | {"month": "at"}, view.context)
    ended = facts(view.tables, TERMINATIONS, (*cut.raw, *columns), at="ended_at", within=within)
    still_open = facts(view.tables, TERMINATIONS, (*of_open.raw, *columns), at="at", within=within, ended_at=None)
    groups = cut.groups(row for row in ended if row[len(cut.raw)] is not None)
    for key, rows in of_open.groups(still_open).items():
        groups[key] = groups.get(key, []) + rows
    return [figure for key in sorted(groups, key=cut.rank) for figure in make(groups[key], cut.scope(key))]


def _window(view: View, default: int) -> leavings.Window:
    return leavings.Window(default if view.asked.within is None else view.asked.within, view.as_of)


FIGURES: Figures = {
    "termination_reasons": termination_reasons,
    "retention_success": retention_success,
    "leaving_time": leaving_time,
    "csat_at_termination": csat_at_termination,
    "referrals_after_termination": referrals_after_termination,
    "win_back": win_back,
}
