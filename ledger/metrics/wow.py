"""Experiences that stand out: how often, and what customers do before and after them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.metrics.definitions.wow import WOW_FOLLOW_UPS, WOW_NPS, WOW_RATE
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.means import mean
from ledger.metrics.pairs import Pairs
from ledger.metrics.proportions import share, wilson

ACTS = ("order", "advocacy", "renewal", "leaving", "nps_answer")
"""What may follow, in the order of the projection's columns."""

Instant = int | None

Near = tuple[Instant, Instant]
"""When the last act before and the first act after occurred (µs since 1970), None where there is none."""


class Highlight(NamedTuple):
    """One experience: when, since when its customer is observed, the nearest acts of each kind, and the NPS scores."""

    at: int
    first_at: int
    near: tuple[Near, ...]
    scores: tuple[float | None, float | None]


class Window(NamedTuple):
    """So many microseconds before and after, both of which must lie within what was observed until `as_of`."""

    length: int
    as_of: int

    def before(self, at: int, act: Instant) -> bool:
        """Say whether an act lies in the window before `at`."""
        return act is not None and act >= at - self.length

    def after(self, at: int, act: Instant) -> bool:
        """Say whether an act lies in the window after `at`."""
        return act is not None and act <= at + self.length


def wow_rate(
    highlights: int, touchpoints: int, delighted: int, customers: int, scope: Scope = EVERYTHING
) -> list[Figure]:
    """Return the highlights per touchpoint, per 1,000, and the share of customers who had one."""
    of_touchpoints = scope.split(of="touchpoints")
    ends = wilson(highlights, touchpoints)
    return [
        share(WOW_RATE, highlights, touchpoints, of_touchpoints),
        WOW_RATE.figure(
            "mean",
            1000 * highlights / touchpoints if touchpoints else None,
            touchpoints,
            of_touchpoints,
            interval=None if ends is None else (1000 * ends[0], 1000 * ends[1]),
            numerator=highlights,
        ),
        share(WOW_RATE, delighted, customers, scope.split(of="customers")),
    ]


def follow_ups(highlights: Iterable[Highlight], window: Window, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return, of each kind of act, the share in the window before, in the window after, and the difference."""
    seen, within = _observed(highlights, window, scope)
    figures = []
    for place, act in enumerate(ACTS):
        told = [
            (
                window.before(highlight.at, highlight.near[place][0]),
                window.after(highlight.at, highlight.near[place][1]),
            )
            for highlight in seen
        ]
        figures += _paired(told, within.split(act=act))
    return figures


def _paired(told: Sequence[tuple[bool, bool]], scope: Scope) -> list[Figure]:
    counted = [told.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))]
    pairs = Pairs(*counted)
    return [
        share(WOW_FOLLOW_UPS, pairs.both + pairs.first_only, pairs.n, scope.split(time="before")),
        share(WOW_FOLLOW_UPS, pairs.both + pairs.later_only, pairs.n, scope.split(time="after")),
        WOW_FOLLOW_UPS.figure(
            "difference",
            pairs.difference,
            pairs.n,
            scope.split(time="difference"),
            interval=pairs.interval,
            numerator=pairs.later_only - pairs.first_only,
        ),
    ]


def nps_around(highlights: Iterable[Highlight], window: Window, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the mean score of the last answer before, of the first after, and of their difference."""
    seen, within = _observed(highlights, window, scope)
    place = ACTS.index("nps_answer")
    pairs: list[tuple[float, float]] = []
    for highlight in seen:
        earlier, later = highlight.near[place]
        before, after = highlight.scores
        within_both = window.before(highlight.at, earlier) and window.after(highlight.at, later)
        if within_both and before is not None and after is not None:
            pairs.append((before, after))
    answered = within.leaving_out(unanswered=len(seen) - len(pairs))
    times = {
        "before": [before for before, _ in pairs],
        "after": [after for _, after in pairs],
        "difference": [after - before for before, after in pairs],
    }
    return [_mean(scores, answered.split(time=time)) for time, scores in times.items()]


def _mean(scores: list[float], scope: Scope) -> Figure:
    return mean(WOW_NPS, len(scores), sum(scores), scope, squares=sum(score * score for score in scores))


def _observed(highlights: Iterable[Highlight], window: Window, scope: Scope) -> tuple[list[Highlight], Scope]:
    """Return the highlights of which both windows were observed, and the scope that says how many were not."""
    seen: list[Highlight] = []
    immature = not_observed = 0
    for highlight in highlights:
        if highlight.at + window.length > window.as_of:
            immature += 1
        elif highlight.at - window.length < highlight.first_at:
            not_observed += 1
        else:
            seen.append(highlight)
    return seen, scope.leaving_out(immature=immature, not_observed=not_observed)
