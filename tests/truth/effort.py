"""Effort and the times of cases: each factor counted in the events of the case, clocks worked out by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from statistics import mean, median
from typing import Any

from tests.truth.feedback_loop import File, files, nine_tenths, survived
from tests.truth.known import Known, one, split
from tests.truth.lives import Life
from tests.truth.outcomes import observed_until

HOUR = 3_600_000_000

MET = frozenset(
    {
        "touchpoint.occurred", "campaign.responded", "question.asked", "offer.responded", "information.requested",
        "interaction.started", "interaction.message_sent", "interaction.handed_over", "interaction.completed",
        "interaction.abandoned", "opportunity.unsupported", "case.opened", "case.reopened", "feedback.received",
        "feedback.communicated", "termination.requested", "retention.attempted",
    }
)  # fmt: skip
"""The contacts that docs/reference/events.md names."""

WEIGHTS = {
    "contacts": (30, 4),
    "handovers": (20, 3),
    "reopenings": (20, 2),
    "repeated_information": (20, 2),
    "switches": (10, 3),
}


def _changes(names: list[str]) -> int:
    known = [name for name in names if name]
    return sum(one != other for one, other in pairwise(known))


def _factors(file: File) -> dict[str, int]:
    met = [event for event in file.events if event.type in MET]
    alone = sum(not event.get("interaction_id") for event in met)
    return {
        "contacts": alone + len({event.get("interaction_id") for event in met} - {""}),
        "handovers": _changes([event.get("department") for event in file.events]),
        "reopenings": len(file.of("case.reopened")),
        "repeated_information": sum(
            event.data.get("repeated_information") is True or bool(event.data.get("already_held")) for event in met
        ),
        "switches": _changes([event.get("channel") for event in met]),
    }


def _points(file: File) -> dict[str, float]:
    factors = _factors(file)
    factors["contacts"] = max(0, factors["contacts"] - 1)
    return {name: weight * min(factors[name], cap) / cap for name, (weight, cap) in WEIGHTS.items()}


def _score(file: File) -> float:
    return sum(_points(file).values())


def _resolved(lives: list[Life]) -> list[File]:
    return [file for file in files(lives, "case.") if file.of("case.resolved")]


def _parts(lives: list[Life]) -> dict[str, float]:
    cases = _resolved(lives)
    told = {name: mean(_points(file)[name] for file in cases) for name in WEIGHTS}
    return {"all": mean(map(_score, cases)), **told}


def _by(of: Callable[[File], str]) -> Callable[[list[Life]], dict[str, float]]:
    def truth(lives: list[Life]) -> dict[str, float]:
        scores: dict[str, list[float]] = defaultdict(list)
        for file in _resolved(lives):
            scores[of(file)].append(_score(file))
        return {key: mean(its) for key, its in scores.items()}

    return truth


Lengths = dict[tuple[str, str], tuple[list[float], list[float], list[float]]]


def _waits(file: File, until: int) -> int:
    """Return how long the case awaited the customer before `until`, outside of when it stood resolved or closed."""
    waited, settled = 0, False
    steps = file.of(*(event.type for event in file.events if event.type.startswith("case.")))
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if step.type in ("case.resolved", "case.closed", "case.reopened"):
            settled = step.type != "case.reopened"
        if step.type == "case.awaiting_customer" and not settled and step.at < until:
            waited += min(until, until if following is None else following.at) - step.at
    return waited


def _times(lives: list[Life]) -> Lengths:
    """Return, by resolution and clock, the hours of those resolved, of those that stand so, and of the open so far."""
    now = observed_until(lives)
    found: Lengths = defaultdict(lambda: ([], [], []))
    for file in files(lives, "case."):
        opened = file.first("case.opened")
        if opened is None:
            continue
        ends = [event.at for event in file.of("case.resolved")]
        settling = file.of("case.resolved", "case.closed", "case.reopened")
        settled = bool(settling) and settling[-1].type != "case.reopened"
        for which, end in (("first", ends[0] if ends else None), ("last", ends[-1] if ends else None)):
            open_ = not settled if which == "last" else end is None and not settled
            for clock in ("calendar", "without_customer"):
                completed, standing, still_open = found[which, clock]
                until = now if end is None else end
                length = (until - opened - (clock != "calendar") * _waits(file, until)) / HOUR
                if end is not None:
                    completed.append(length)
                    if not open_:
                        standing.append(length)
                if open_:
                    still_open.append((now - opened - (clock != "calendar") * _waits(file, now)) / HOUR)
    return found


def _completed(of: Callable[[list[float]], float]) -> Callable[[list[Life]], Any]:
    return lambda lives: {key: of(completed) for key, (completed, _, _) in _times(lives).items()}


def _estimates(share: float) -> Callable[[list[Life]], Any]:
    return lambda lives: {key: survived(standing, rest, share) for key, (_, standing, rest) in _times(lives).items()}


ANSWERS = ("case.triaged", "case.assigned", "case.in_progress", "case.escalated", "case.resolved")


def _answered(lives: list[Life]) -> tuple[list[float], list[float]]:
    """Return the hours to the first answer of a case, and those that a case without one has waited."""
    now = observed_until(lives)
    ended: list[float] = []
    still_open: list[float] = []
    for file in files(lives, "case."):
        opened = file.first("case.opened")
        said = [
            event.at
            for event in file.events
            if event.type in ANSWERS
            or (event.type == "interaction.message_sent"
                and event.get("direction") == "outbound" and event.get("actor")["type"] == "agent")
        ]  # fmt: skip
        if opened is not None:
            answer = next((at for at in said if at >= opened), None)
            (still_open if answer is None else ended).append(((now if answer is None else answer) - opened) / HOUR)
    return ended, still_open


FIGURES = (
    Known(
        "median hours to the first response, unanswered cases censored",
        "metrics time_to_first_response",
        lambda rows: one(rows, "median", method="kaplan_meier", clock="calendar"),
        lambda lives: survived(*_answered(lives), 0.5),
    ),
    Known(
        "mean hours to the first response of what was answered",
        "metrics time_to_first_response",
        lambda rows: one(rows, "mean", clock="calendar"),
        lambda lives: mean(_answered(lives)[0]),
    ),
    Known(
        "effort score and the points of its parts",
        "metrics effort_score",
        lambda rows: split(rows, "score", "part"),
        _parts,
    ),
    Known(
        "what happens in a resolved case, on average",
        "metrics effort_score",
        lambda rows: split(rows, "mean", "part"),
        lambda lives: {name: mean(_factors(file)[name] for file in _resolved(lives)) for name in WEIGHTS},
    ),
    Known(
        "median effort score",
        "metrics effort_score",
        lambda rows: one(rows, "median"),
        lambda lives: median(map(_score, _resolved(lives))),
    ),
    Known(
        "effort score by region",
        "metrics effort_score --by segment:region",
        lambda rows: split(rows, "score", "segment:region", part="all"),
        _by(File.region),
    ),
    Known(
        "effort score by channel",
        "metrics effort_score --by channel",
        lambda rows: split(rows, "score", "channel", part="all"),
        _by(File.channel),
    ),
    Known(
        "effort score by month",
        "metrics effort_score --by month",
        lambda rows: {row["month"]: row["value"] for row in rows if row["n"] and row["statistic"] == "score"
                      and row["part"] == "all"},
        _by(lambda file: file.month("case.opened")),
    ),
    Known(
        "median hours to resolution by clock, open cases censored",
        "metrics time_to_resolution",
        lambda rows: split(rows, "median", "resolution", "clock", method="kaplan_meier"),
        _estimates(0.5),
    ),
    Known(
        "90th percentile to resolution by clock, open cases censored",
        "metrics time_to_resolution",
        lambda rows: split(rows, "p90", "resolution", "clock", method="kaplan_meier"),
        _estimates(0.9),
    ),
    Known(
        "median hours to resolution by clock, completed only",
        "metrics time_to_resolution",
        lambda rows: split(rows, "median", "resolution", "clock", method="completed"),
        _completed(median),
    ),
    Known(
        "90th percentile to resolution by clock, completed only",
        "metrics time_to_resolution",
        lambda rows: split(rows, "p90", "resolution", "clock", method="completed"),
        _completed(nine_tenths),
    ),
)  # fmt: skip
