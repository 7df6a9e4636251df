"""What customers say when asked, and what they say unasked."""

from __future__ import annotations

from typing import Any

from ledger.sample.clock import DAY, HOUR
from ledger.sample.interactions import later
from ledger.sample.parameters import CHANNELS, SATISFACTION, TOPICS
from ledger.sample.person import Person

SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
_COMMENTS = ("Quick and friendly.", "I had to say everything twice.", "It works.", "Too dear for what it is.")
_FEEDBACK = ("complaint", "complaint", "compliment", "suggestion")
_EXPERTS = ("quality", "billing", "logistics")

MISDIRECTED = 0.15
"""The share of feedback that is first dispatched to a department that passes it on."""


def survey(person: Person, at: int, metric: str, channel: str | None = None, case: str | None = None) -> None:
    """Tell a survey sent at `at` and, more often than not in simulations, its answer."""
    draw = person.draw
    channel = channel or CHANNELS.at(draw())
    more: dict[str, Any] = {} if case is None else {"case_id": case}
    if person.tell(at, "survey.sent", {"metric": metric}, channel, "outbound", "survey", **more):
        person.truth.asked(metric)
    if draw() >= 0.45:
        return
    answered = later(person, at, 60)
    while answered in person.entries:
        answered += 1
    stage = person.stage_at(answered)
    low, high = SCALES[metric]
    # The sum of two draws leans to the middle: a mood of the stage, not a coin.
    mood = SATISFACTION[stage] + (draw() + draw() - 1) * 0.62
    score = low + int(min(max(mood, 0.0), 0.999) * (high - low + 1))
    data: dict[str, Any] = {"metric": metric, "score": score, "scale_min": low, "scale_max": high}
    if metric == "ces" and draw() < 0.3:
        data["high_is"] = "good"
    if draw() < 0.2:
        data["comment"] = _COMMENTS[int(draw() * 4)]
    more["actor"] = {"type": "customer"}
    if person.tell(answered, "survey.responded", data, channel, "inbound", "survey", **more):
        person.truth.rated(metric, stage, score)


def feedback(person: Person, at: int) -> None:
    """Tell feedback received at `at` and how far the loop back to the customer got."""
    draw = person.draw
    kind = _FEEDBACK[int(draw() * 4)]
    channel = CHANNELS.at(draw())
    more: dict[str, Any] = {"case_id": f"feedback-{person.random.getrandbits(48):012x}"}
    sign = -1 if kind == "complaint" else 1
    data = {
        "kind": kind,
        "theme": TOPICS.at(draw()),
        "sentiment": sign * int(draw() * 100) / 100,
        "sentiment_method": "lexicon",
        "sentiment_version": "2",
        "text": _COMMENTS[int(draw() * 4)],
    }
    if not person.tell(at, "feedback.received", data, channel, "inbound", actor={"type": "customer"}, **more):
        return
    reached = 1
    expert = int(draw() * 3)
    steps: tuple[tuple[float, str, dict[str, Any]], ...] = (
        (0.8, "feedback.dispatched", {"department": _EXPERTS[expert]}),
        (0.7, "feedback.resolved", {"resolution": "answered"}),
        (0.85, "feedback.communicated", {"channel": "email"}),
    )
    for share, name, fields in steps:
        at += int((0.2 + draw() * 4) * DAY)
        outward = ("email", "outbound") if name == "feedback.communicated" else (None, None)
        if draw() >= share or not person.tell(at, name, fields, *outward, **more):
            break
        reached += 1
        if reached == 2 and draw() < MISDIRECTED:
            at += int((0.1 + draw() * 2) * DAY)
            person.tell(at, name, {"department": _EXPERTS[expert - 1]}, **more)
    person.truth.feedback(kind, reached)


def delight(person: Person, at: int) -> None:
    """Tell an experience that stood out and, for one in three, that it is passed on or praised in public."""
    draw = person.draw
    if not person.tell(at, "experience.highlighted", {}, CHANNELS.at(draw()), "inbound"):
        return
    share = draw()
    if share < 0.35:
        after = at + 1 + int(draw() * 60 * DAY)
        (referral if share < 0.2 else review)(person, after)


def review(person: Person, at: int) -> None:
    """Tell a public review."""
    at, rough = person.rough(at)
    data = {"score": 1 + int(person.draw() * 5), "scale_min": 1, "scale_max": 5}
    if person.tell(at, "review.published", data, "web", "inbound", **rough):
        person.speak(at)


def referral(person: Person, at: int) -> None:
    """Tell a referral and, for one in three, that it brought a customer."""
    draw = person.draw
    to = {"to": f"friend{int(draw() * 1e6)}@example.org"} if draw() < 0.7 else {}
    if not person.tell(at, "referral.made", to, CHANNELS.at(draw()), "inbound", actor={"type": "customer"}):
        return
    person.speak(at)
    if draw() < 0.33:
        person.tell(at + int(draw() * 40 * DAY) + HOUR, "referral.converted", {})
