"""Leaving: every stretch of a life from the first word of an end to the stay or the return, read off in plain loops."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise
from statistics import mean, median
from typing import Any, NamedTuple

from tests.truth.known import Known, Rows, one, split
from tests.truth.lives import Happening, Life
from tests.truth.outcomes import observed_until

DAY = 86_400_000_000

ENDS = ("contract.terminated", "contract.lapsed")
WORDS = ("termination.requested", *ENDS)
BOUGHT = ("order.placed", "contract.started", "contract.renewed", "contract.upgraded", "contract.downgraded")


class Leaving(NamedTuple):
    """One leaving, in µs since 1970."""

    begun: Happening
    stage: str
    requested: int | None
    ended: int | None
    outcome: str
    reason: str
    category: str
    voluntary: str
    attempted: int | None
    stayed: int | None
    tried: int | None
    won: int | None
    referred: int | None


def leavings(lives: list[Life]) -> list[Leaving]:
    """Return every leaving of every life."""
    return [_read(life, begun, span) for life in lives for begun, span in _spans(life)]


def _spans(life: Life) -> list[tuple[int, list[Happening]]]:
    """Return where each leaving begins, and the events from there to where the next one does."""
    back = [place for place, event in enumerate(life.events) if _is_back(life, place, event)]
    begins: list[int] = []
    for place, event in enumerate(life.events):
        if event.type in WORDS and (
            not begins
            or life.events[begins[-1]].cycle != event.cycle
            or any(begins[-1] < other < place for other in back)
        ):
            begins.append(place)
    return [(begin, life.events[begin:end]) for begin, end in pairwise([*begins, len(life.events)])]


def _is_back(life: Life, place: int, event: Happening) -> bool:
    entered = any(visit.stage == "win_back" and visit.entered_at == event.at for visit in life.visits)
    return event.type in BOUGHT or event.type == "winback.succeeded" or entered


def _read(life: Life, begun: int, span: list[Happening]) -> Leaving:
    first = span[0]
    back = [place for place, event in enumerate(span) if place and _is_back(life, place, event)]
    until = back[0] if back else len(span)
    ended = next((event.at for event in span[:until] if event.type in ENDS), None)
    stayed = span[until].at if back and span[until].type in BOUGHT and ended is None else None
    named = [event.at for event in span if event.type == "winback.succeeded"]
    won = None if stayed is not None or not back else (named or [span[until].at])[0]
    over = next((place for place, event in enumerate(span[:until]) if event.type in ENDS), until)
    said = [event for event in span[:until] if event.type in WORDS]
    wills = [event.data["voluntary"] for event in said if "voluntary" in event.data]
    will = "lapsed" if _first(span[:until], *ENDS, field="type") == "contract.lapsed" else "unknown"
    return Leaving(
        begun=first,
        stage=[visit.stage for visit in life.visits if visit.entered_at <= first.at and visit.stage != "termination"][
            -1
        ],
        requested=_at(span[:until], "termination.requested"),
        ended=ended,
        outcome="retained" if stayed else "ended" if ended else "back_without_end" if back else "requested",
        reason=next((event.data["reason"] for event in said if "reason" in event.data), "unknown"),
        category=next((event.data["category"] for event in said if "category" in event.data), "unknown"),
        voluntary=("voluntary" if wills[0] else "involuntary") if wills else will,
        attempted=_at(span[:over], "retention.attempted"),
        stayed=stayed,
        tried=_at(span[:until], "winback.attempted"),
        won=won,
        referred=None if ended is None else next((e.at for e in life.of("referral.made") if e.at > ended), None),
    )


def _at(events: list[Happening], type_: str) -> int | None:
    return next((event.at for event in events if event.type == type_), None)


def _first(events: list[Happening], *types: str, field: str) -> Any:
    return next((getattr(event, field) for event in events if event.type in types), "")


def _counted(by: str) -> Callable[[list[Life]], dict[str, int]]:
    return lambda lives: dict(Counter(getattr(leaving, by) for leaving in leavings(lives)))


def _said(aspect: str) -> Callable[[Rows], dict[str, int]]:
    def told(rows: Rows) -> dict[str, int]:
        counted = split(rows, "share", "said", field="numerator", aspect=aspect)
        return {said: count for said, count in counted.items() if count}

    return told


def _within(start: int, at: int | None, days: int) -> bool:
    return at is not None and at <= start + days * DAY


def _kept(lives: list[Life]) -> dict[str, tuple[int, int]]:
    until, found = observed_until(lives), defaultdict(list)
    for leaving in leavings(lives):
        asked = leaving.requested
        if asked is None or asked + 90 * DAY > until or (leaving.ended is not None and leaving.ended < asked):
            continue
        stayed = _within(asked, leaving.stayed, 90)
        found["yes" if _within(asked, leaving.attempted, 90) else "no"].append(stayed)
        found["all"].append(stayed)
    return {group: (sum(stayed), len(stayed)) for group, stayed in found.items()}


def _pairs(rows: Rows, key: str) -> dict[str, tuple[int, int]]:
    counted, n = split(rows, "share", key, field="numerator"), split(rows, "share", key, field="n")
    return {name: (counted[name], n[name]) for name in n if n[name]}


def _median_to_decision(lives: list[Life]) -> float | None:
    """Return the first time by which half were decided, walking through the times at which someone was."""
    until, seen = observed_until(lives), []
    for leaving in leavings(lives):
        if leaving.requested is not None:
            decided = leaving.ended or leaving.stayed
            seen.append(((decided or leaving.won or until) - leaving.requested, decided is not None))
    lasting = 1.0
    for time in sorted({lasted for lasted, decided in seen if decided}):
        at_risk = sum(lasted >= time for lasted, _ in seen)
        lasting *= 1 - sum(lasted == time and decided for lasted, decided in seen) / at_risk
        if lasting <= 0.5 + 1e-12:
            return time / DAY
    return None


def _median_to_end(lives: list[Life]) -> float:
    return median(
        (leaving.ended - leaving.requested) / DAY
        for leaving in leavings(lives)
        if leaving.requested is not None and leaving.ended is not None
    )


def _ended(lives: list[Life], days: int) -> list[Leaving]:
    until = observed_until(lives)
    return [leaving for leaving in leavings(lives) if leaving.ended and leaving.ended + days * DAY <= until]


def _referred(lives: list[Life]) -> dict[str, tuple[int, int]]:
    found = defaultdict(list)
    for leaving in _ended(lives, 180):
        found[leaving.voluntary].append(leaving.ended is not None and _within(leaving.ended, leaving.referred, 180))
    return {will: (sum(referred), len(referred)) for will, referred in found.items()}


def _won(lives: list[Life]) -> dict[str, tuple[int, int]]:
    found = defaultdict(list)
    for leaving in _ended(lives, 365):
        assert leaving.ended is not None
        won = _within(leaving.ended, leaving.won, 365)
        found["yes" if _within(leaving.ended, leaving.tried, 365) else "no"].append(won)
        found["all"].append(won)
    return {group: (sum(won), len(won)) for group, won in found.items()}


def _days_to_return(lives: list[Life]) -> float:
    ended = [(leaving.ended or 0, leaving.won) for leaving in _ended(lives, 365)]
    return mean((won - end) / DAY for end, won in ended if won is not None and won <= end + 365 * DAY)


def _satisfied(lives: list[Life]) -> dict[str, tuple[int, int]]:
    found = defaultdict(list)
    for life in lives:
        begun = [_read(life, *span) for span in _spans(life)]
        for event in life.of("survey.responded"):
            if event.data["metric"] == "csat" and event.stage == "termination":
                latest = [leaving.reason for leaving in begun if leaving.begun.at <= event.at]
                found[latest[-1] if latest else "unknown"].append(event.data["score"] >= 4)
    return {reason: (sum(top), len(top)) for reason, top in found.items()}


def _by_stage(lives: list[Life]) -> dict[str, int]:
    return dict(Counter(leaving.stage for leaving in leavings(lives) if leaving.outcome == "ended"))


def _by_region(lives: list[Life]) -> dict[str, int]:
    return dict(Counter(leaving.begun.segments.get("region", "unknown") for leaving in leavings(lives)))


def _ended_by_stage(rows: Rows) -> dict[str, int]:
    counted = split(rows, "share", "stage", field="numerator", aspect="outcome", said="ended")
    return {stage: count for stage, count in counted.items() if count}


REASONS = "metrics termination_reasons"

FIGURES = (
    Known("Leavings by outcome", REASONS, _said("outcome"), _counted("outcome")),
    Known("Leavings by reason", REASONS, _said("reason"), _counted("reason")),
    Known("Leavings by category", REASONS, _said("category"), _counted("category")),
    Known("Leavings by whose will it was", REASONS, _said("voluntary"), _counted("voluntary")),
    Known("Leavings that ended, by the stage before", f"{REASONS} --by stage", _ended_by_stage, _by_stage),
    Known(
        "Leavings by region, as of when they began",
        f"{REASONS} --by segment:region",
        lambda rows: split(rows, "share", "segment:region", field="n"),
        _by_region,
    ),
    Known(
        "Who asked to leave and stayed within 90 days, with an attempt to keep them and without",
        "metrics retention_success",
        lambda rows: _pairs(rows, "attempted"),
        _kept,
    ),
    Known(
        "Median days from a request to the decision",
        "metrics leaving_time",
        lambda rows: one(rows, "median", outcome="decided"),
        _median_to_decision,
    ),
    Known(
        "Median days from a request to the end",
        "metrics leaving_time",
        lambda rows: one(rows, "median", outcome="ended"),
        _median_to_end,
    ),
    Known(
        "CSAT at termination by the reason of leaving",
        "metrics csat_at_termination --by reason",
        lambda rows: _pairs(rows, "reason"),
        _satisfied,
    ),
    Known(
        "Who left and referred someone within 180 days, by whose will it was",
        "metrics referrals_after_termination --by voluntary",
        lambda rows: _pairs(rows, "voluntary"),
        _referred,
    ),
    Known(
        "Who came back within a year, with an attempt to win them back and without",
        "metrics win_back",
        lambda rows: _pairs(rows, "attempted"),
        _won,
    ),
    Known(
        "Mean days to the return of those who came back within a year",
        "metrics win_back",
        lambda rows: one(rows, "mean", attempted="all"),
        _days_to_return,
    ),
)
