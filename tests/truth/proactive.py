"""Who speaks first: campaigns' contacts, what answers them, and customers' own contacts, searched for in each life."""

from __future__ import annotations

from collections import defaultdict
from math import log
from statistics import mean, median
from typing import Any

from ledger.events.contacts import CONTACTS
from ledger.sample.marketing import RESPONSE
from tests.truth.known import Known, Rows, one, split
from tests.truth.lives import Happening, Life
from tests.truth.outcomes import observed_until

DAY = 86_400_000_000


def _first_words(life: Life) -> list[Happening]:
    """Return the inbound contacts with which the customer speaks first."""
    begun: set[str] = set()
    words = []
    for event in life.of(*CONTACTS):
        name = event.get("interaction_id")
        goes_on = name in begun
        if name:
            begun.add(name)
        if event.get("direction") == "inbound" and event.type != "campaign.responded" and not goes_on:
            words.append(event)
    return words


def _ratio(lives: list[Life]) -> dict[str, tuple[int, int]]:
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for life in lives:
        for event in _first_words(life):
            found[event.stage][1] += 1
        for event in life.of("campaign.contacted"):
            if event.data.get("proactive"):
                found[event.stage][0] += 1
                found[event.stage][1] += 1
    return {stage: (proactive, n) for stage, (proactive, n) in found.items()}


def _answers(life: Life) -> list[tuple[Happening, Happening | None, Happening | None]]:
    """Return each campaign's contact, its first answer, and the first that names it as its cause."""
    contacted, responded = list(life.of("campaign.contacted")), list(life.of("campaign.responded"))
    answered = {_answered(life, response, contacted): response for response in reversed(responded)}
    named = {e.get("causation_id"): e for e in reversed(responded)}
    return [(e, answered.get(e.wire["event_id"]), named.get(e.wire["event_id"])) for e in contacted]


def _answered(life: Life, response: Happening, contacted: list[Happening]) -> str:
    if response.get("causation_id") in {event.wire["event_id"] for event in contacted}:
        return str(response.get("causation_id"))
    place = life.events.index(response)
    same = [e for e in life.events[:place] if e.type == "campaign.contacted"]
    same = [e for e in same if e.data["campaign"] == response.data.get("campaign")]
    return str(same[-1].wire["event_id"]) if same else ""


def _waits(lives: list[Life], *, cause: bool) -> dict[str, list[int | None]]:
    """Return, by trigger, how long each mature contact waited for its answer within 30 days."""
    until, found = observed_until(lives), defaultdict(list)
    for life in lives:
        for event, answer, named in _answers(life):
            response = named if cause else answer
            if event.at + 30 * DAY <= until:
                wait = None if response is None else response.at - event.at
                found[event.data.get("trigger", "unknown")].append(wait if wait and wait <= 30 * DAY else None)
    return dict(found)


def _responses(lives: list[Life], *, cause: bool) -> dict[str, tuple[int, int]]:
    waits = _waits(lives, cause=cause)
    return {trigger: (sum(w is not None for w in waited), len(waited)) for trigger, waited in waits.items()}


def _told_responses(link: str) -> Any:
    def told(rows: Rows) -> dict[str, tuple[int, int]]:
        counted = split(rows, "share", "trigger", field="numerator", link=link)
        n = split(rows, "share", "trigger", field="n", link=link)
        return {trigger: (counted[trigger], n[trigger]) for trigger in n}

    return told


def _gap(lives: list[Life]) -> float:
    answered = {trigger: answered / n for trigger, (answered, n) in _responses(lives, cause=False).items()}
    return answered["insight"] - answered["situational"]


def _hours(lives: list[Life]) -> float:
    waits = [wait for waited in _waits(lives, cause=False).values() for wait in waited if wait is not None]
    return median(waits) / 3_600_000_000


def _weeks(lives: list[Life]) -> dict[str, float]:
    until, before, after = observed_until(lives), [], []
    for life in lives:
        words = [event.at for event in _first_words(life)]
        for event in life.of("campaign.contacted"):
            if event.at + 7 * DAY <= until and event.at - 7 * DAY >= life.first_at:
                before.append(sum(event.at - 7 * DAY <= at < event.at for at in words))
                after.append(sum(event.at < at <= event.at + 7 * DAY for at in words))
    return {"before": mean(before), "after": mean(after), "difference": mean(after) - mean(before)}


def _pairs(rows: Rows) -> dict[str, tuple[int, int]]:
    counted, n = split(rows, "share", "stage", field="numerator"), split(rows, "share", "stage", field="n")
    return {stage: (counted[stage], n[stage]) for stage in n if n[stage]}


def _told_ends(rows: Rows) -> dict[str, tuple[float, float]]:
    low, high = (split(rows, "share", "trigger", field=end, link="any") for end in ("low", "high"))
    return {trigger: (low[trigger], high[trigger]) for trigger in ("insight", "situational")}


def _meant(_: list[Life]) -> dict[str, float]:
    """Return how many are meant to be answered: nine in ten responses say to what, and most come within 30 of 45 days.

    The wait is 45 days times two even draws, whose product is below 2/3 with the chance 2/3 (1 - log 2/3).
    """
    soon = 2 / 3 * (1 - log(2 / 3))
    return {trigger: RESPONSE[trigger] * 0.9 * soon for trigger in ("insight", "situational")}


RESPONSES = "metrics campaign_response --by trigger"

FIGURES = (
    Known("Proactive contacts among those and the inbound ones, by stage", "metrics proactive_ratio --by stage",
          _pairs, _ratio),
    Known("Campaigns answered within 30 days, by trigger", RESPONSES, _told_responses("any"),
          lambda lives: _responses(lives, cause=False)),
    Known("Campaigns answered within 30 days by a response that names them, by trigger", RESPONSES,
          _told_responses("cause"), lambda lives: _responses(lives, cause=True)),
    Known("Campaigns meant to be answered during use, by trigger",
          "metrics campaign_response --by trigger --where stage=use", _told_ends, _meant),
    Known("Response to insight minus response to situations", "metrics trigger_response",
          lambda rows: one(rows, "difference"), _gap),
    Known("Median hours to the response", "metrics campaign_response",
          lambda rows: one(rows, "median", link="any"), _hours),
    Known("Inbound contacts in the week before and the week after a campaign's contact",
          "metrics inbound_after_outreach", lambda rows: split(rows, "mean", "time"), _weeks),
)  # fmt: skip
