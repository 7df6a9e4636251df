"""Experiences that stood out: what the same person did in the ninety days before and after, read off each life."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from statistics import mean

from ledger.events.contacts import TOUCHPOINTS
from tests.truth.known import Known, Rows, split
from tests.truth.lives import Happening, Life
from tests.truth.outcomes import observed_until

DAY = 86_400_000_000
WINDOW = 90 * DAY

ACTS = {
    "order": ("order.placed",),
    "advocacy": ("referral.made", "review.published"),
    "renewal": ("contract.renewed", "contract.upgraded"),
    "leaving": ("termination.requested", "contract.terminated", "contract.lapsed"),
    "nps_answer": ("survey.responded",),
}


def _rates(lives: list[Life]) -> dict[str, tuple[int, int]]:
    touchpoints = [event.type for life in lives for event in life.of(*TOUCHPOINTS)]
    met = [life for life in lives if any(life.of(*TOUCHPOINTS))]
    delighted = [life for life in met if any(life.of("experience.highlighted"))]
    return {
        "touchpoints": (touchpoints.count("experience.highlighted"), len(touchpoints)),
        "customers": (len(delighted), len(met)),
    }


def _told_rates(rows: Rows) -> dict[str, tuple[int, int]]:
    counted, n = split(rows, "share", "of", field="numerator"), split(rows, "share", "of", field="n")
    return {of: (counted[of], n[of]) for of in n}


def _by_channel(lives: list[Life]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for life in lives:
        for event in life.of(*TOUCHPOINTS):
            found[event.get("channel") or "unknown"] += event.type == "experience.highlighted"
    return dict(found)


def _watched(lives: list[Life]) -> Iterator[tuple[Life, Happening]]:
    """Yield the highlights of which both windows were observed."""
    until = observed_until(lives)
    for life in lives:
        for event in life.of("experience.highlighted"):
            if event.at + WINDOW <= until and event.at - WINDOW >= life.first_at:
                yield life, event


def _of(life: Life, act: str) -> list[Happening]:
    return [event for event in life.of(*ACTS[act]) if act != "nps_answer" or event.data["metric"] == "nps"]


def _followed(lives: list[Life]) -> dict[tuple[str, str], tuple[int, int]]:
    found = defaultdict(list)
    for life, highlight in _watched(lives):
        for act in ACTS:
            times = [event.at - highlight.at for event in _of(life, act)]
            found[act, "before"].append(any(-WINDOW <= time < 0 for time in times))
            found[act, "after"].append(any(0 < time <= WINDOW for time in times))
    return {key: (sum(held), len(held)) for key, held in found.items()}


def _told_followed(rows: Rows) -> dict[tuple[str, str], tuple[int, int]]:
    keys = ("act", "time")
    counted, n = split(rows, "share", *keys, field="numerator"), split(rows, "share", *keys, field="n")
    return {key: (counted[key], n[key]) for key in n}


def _differences(lives: list[Life]) -> dict[str, float]:
    followed = _followed(lives)
    return {act: (followed[act, "after"][0] - followed[act, "before"][0]) / followed[act, "after"][1] for act in ACTS}


def _scores(lives: list[Life]) -> dict[str, float | None]:
    before, after = [], []
    for life, highlight in _watched(lives):
        answers = [(event.at - highlight.at, event.data["score"]) for event in _of(life, "nps_answer")]
        earlier = [score for time, score in answers if -WINDOW <= time < 0]
        later = [score for time, score in answers if 0 < time <= WINDOW]
        if earlier and later:
            before.append(earlier[-1])
            after.append(later[0])
    if not before:
        return {"before": None, "after": None, "difference": None}
    return {"before": mean(before), "after": mean(after), "difference": mean(after) - mean(before)}


FIGURES = (
    Known("Experiences that stood out, per touchpoint and per customer", "metrics wow_rate", _told_rates, _rates),
    Known(
        "Experiences that stood out by channel",
        "metrics wow_rate --by channel",
        lambda rows: split(rows, "share", "channel", field="numerator", of="touchpoints"),
        _by_channel,
    ),
    Known(
        "What came within 90 days before and after an experience that stood out",
        "metrics wow_follow_ups",
        _told_followed,
        _followed,
    ),
    Known(
        "The difference between after and before",
        "metrics wow_follow_ups",
        lambda rows: split(rows, "difference", "act"),
        _differences,
    ),
    Known(
        "The NPS answer before and after an experience that stood out",
        "metrics wow_nps",
        lambda rows: split(rows, "mean", "time"),
        _scores,
    ),
)
