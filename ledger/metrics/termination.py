"""Leaving: why, whether who is asked to stay stays, how satisfied they go, and whether they speak of us or return."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.metrics.definitions.termination import (
    CSAT_AT_TERMINATION,
    LEAVING_TIME,
    REFERRALS_AFTER_TERMINATION,
    RETENTION_SUCCESS,
    TERMINATION_REASONS,
    WIN_BACK,
)
from ledger.metrics.differences import newcombe
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.lasting import estimates
from ledger.metrics.means import mean
from ledger.metrics.metric import Metric
from ledger.metrics.proportions import share
from ledger.metrics.quantiles import MICROSECONDS, elapsed, spread
from ledger.metrics.survival import kaplan_meier

DAY = MICROSECONDS["days"]
OUTCOMES = {"requested": "requested", "ended": "ended", "retained": "retained", "won_back": "back_without_end"}
"""What a figure calls each outcome of a leaving: who came back with no end recorded is none of those won back."""

SCALE = "1-5"
TOP = 4
"""The lowest score of the top two boxes."""

Instant = int | None
"""Microseconds since 1970; None where it did not happen."""


class Window(NamedTuple):
    """A thing counts when `length` microseconds after it were over by `as_of`, and what follows it within them."""

    length: int
    as_of: int

    def over(self, at: int) -> bool:
        """Say whether the window that begins at `at` was over."""
        return at + self.length <= self.as_of

    def holds(self, start: int, at: Instant) -> bool:
        """Say whether `at` lies within the window that begins at `start`, or before it."""
        return at is not None and at <= start + self.length


def reasons(aspects: dict[str, Counter[str]], n: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of each value of each aspect, the most common first; outcomes are all told."""
    figures = []
    for aspect, counted in aspects.items():
        values = sorted(counted, key=lambda value: (-counted[value], value))
        named = OUTCOMES if aspect == "outcome" else {value: value for value in values}
        figures += [
            share(TERMINATION_REASONS, counted[value], n, scope.split(aspect=aspect, said=said))
            for value, said in named.items()
        ]
    return figures


def retention(
    leavings: Iterable[tuple[Instant, Instant, Instant, Instant]], window: Window, scope: Scope = EVERYTHING
) -> list[Figure]:
    """Return the share that stayed, of (requested, ended, attempted, stayed) with and without an attempt."""
    n: Counter[bool] = Counter()
    stayed: Counter[bool] = Counter()
    immature = not_requested = 0
    for requested, ended, attempted, kept in leavings:
        if requested is None or (ended is not None and ended < requested):
            not_requested += 1
        elif not window.over(requested):
            immature += 1
        else:
            tried = window.holds(requested, attempted)
            n[tried] += 1
            stayed[tried] += window.holds(requested, kept)
    within = scope.leaving_out(immature=immature, not_requested=not_requested)
    return [
        share(RETENTION_SUCCESS, stayed[True], n[True], within.split(attempted="yes")),
        share(RETENTION_SUCCESS, stayed[False], n[False], within.split(attempted="no")),
        share(RETENTION_SUCCESS, stayed.total(), n.total(), within.split(attempted="all")),
        _difference(RETENTION_SUCCESS, stayed, n, within.split(attempted="difference")),
    ]


def _difference(metric: Metric, counted: Counter[bool], n: Counter[bool], scope: Scope) -> Figure:
    value = counted[True] / n[True] - counted[False] / n[False] if n[True] and n[False] else None
    interval = newcombe((counted[False], n[False]), (counted[True], n[True]))
    return metric.figure("difference", value, n.total() if value is not None else 0, scope, interval=interval)


def leaving_time(
    leavings: Iterable[tuple[Instant, Instant, Instant, Instant]], as_of: int, scope: Scope = EVERYTHING
) -> list[Figure]:
    """Return the days from the request to the end or the stay, of (requested, ended, stayed, won back)."""
    lasted: list[int] = []
    decided: list[bool] = []
    came: dict[str, list[int]] = {"ended": [], "retained": []}
    not_requested = later = 0
    for requested, ended, stayed, won in leavings:
        if requested is None:
            not_requested += 1
        elif requested > as_of:
            later += 1
        else:
            end = ended if ended is not None else stayed
            if end is not None:
                came["ended" if ended is not None else "retained"].append(end - requested)
            lasted.append((end if end is not None else as_of if won is None else won) - requested)
            decided.append(end is not None)
    within = scope.leaving_out(not_requested=not_requested, later=later)
    negative = sum(length < 0 for length in lasted)
    survival = kaplan_meier(lasted, decided)
    figures = estimates(LEAVING_TIME, survival, within.split(outcome="decided"), negative=negative)
    still_open = within.leaving_out(open=len(decided) - sum(decided))
    for outcome, lengths in came.items():
        figures += elapsed(LEAVING_TIME, lengths, still_open.split(outcome=outcome))
    return figures


def csat_at_termination(answers: Iterable[tuple[str, float]], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the top two boxes and the mean of (scale, score)."""
    rows = list(answers)
    scores = [score for scale, score in rows if scale == SCALE]
    within = scope.leaving_out(other_scale=len(rows) - len(scores))
    return [
        share(CSAT_AT_TERMINATION, sum(score >= TOP for score in scores), len(scores), within),
        mean(CSAT_AT_TERMINATION, len(scores), sum(scores), within, squares=sum(score * score for score in scores)),
    ]


def referrals(leavings: Iterable[tuple[Instant, Instant]], window: Window, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share with a referral within the window, of (ended, first referral after that)."""
    n = referred = immature = not_ended = 0
    for ended, at in leavings:
        if ended is None:
            not_ended += 1
        elif not window.over(ended):
            immature += 1
        else:
            n += 1
            referred += window.holds(ended, at)
    within = scope.leaving_out(immature=immature, not_ended=not_ended)
    return [share(REFERRALS_AFTER_TERMINATION, referred, n, within)]


def win_back(
    leavings: Iterable[tuple[Instant, Instant, Instant]], window: Window, scope: Scope = EVERYTHING
) -> list[Figure]:
    """Return the share that came back within the window, and after how long, of (ended, attempted, won)."""
    every = list(leavings)
    rows = [(ended, tried, won) for ended, tried, won in every if ended is not None]
    within = scope.leaving_out(not_ended=len(every) - len(rows))
    mature = [row for row in rows if window.over(row[0])]
    counted = within.leaving_out(immature=len(rows) - len(mature))
    tries = [window.holds(ended, tried) for ended, tried, _ in mature]
    figures = []
    for attempted in ("yes", "no", "all"):
        kept = [
            row for row, tried in zip(mature, tries, strict=True) if attempted == "all" or tried == (attempted == "yes")
        ]
        back = [won - ended for ended, _, won in kept if won is not None and won <= ended + window.length]
        split = counted.split(attempted=attempted)
        figures.append(share(WIN_BACK, len(back), len(kept), split))
        figures.append(WIN_BACK.figure("mean", spread(back, DAY).mean, len(back), split))
    return [*figures, *_time_to_return(rows, window.as_of, within)]


def _time_to_return(rows: Sequence[tuple[int, Instant, Instant]], as_of: int, scope: Scope) -> list[Figure]:
    seen = [(ended, won) for ended, _, won in rows if ended <= as_of]
    lasted = [(as_of if won is None else won) - ended for ended, won in seen]
    survival = kaplan_meier(lasted, [won is not None for _, won in seen])
    within = scope.leaving_out(later=len(rows) - len(seen)).split(attempted="all")
    return estimates(WIN_BACK, survival, within)
