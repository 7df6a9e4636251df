"""Looking around: pages, campaigns, touchpoints, needs, questions, offers and applications."""

from __future__ import annotations

from ledger.sample.clock import DAY, HOUR, SECOND
from ledger.sample.fields import fields_of, pick, simple
from ledger.sample.parameters import CHANNELS, NEEDS, TOPICS
from ledger.sample.person import Person
from ledger.sample.quantiles import mix

RESPONSE = {"situational": 0.22, "insight": 0.34, "": 0.15}
"""The share of campaigns' contacts that are answered, by what triggered them, where the journey leaves room for it."""

_NEEDS = {
    "consideration": mix(information=38, price=26, reputation=16, convenience=12, efficiency=8),
    "use": mix(efficiency=36, convenience=30, information=18, price=10, reputation=6),
}
"""Which needs there are in a stage; elsewhere they are NEEDS."""

_STATED = {"consideration": 0.7, "use": 0.4}
"""The share of needs that customers state, by stage; the others show in what they do."""

_PAGES = ("page:home", "page:prices", "page:product", "page:help", "page:reviews")
_MET_AT = {"web": "catalogue:calculator", "app": "catalogue:calculator", "email": "catalogue:webinar"}
"""What a touchpoint on a channel is called in the catalogue; on any other it is the fair."""


def pages(person: Person, at: int) -> None:
    """Tell some pages viewed one after the other; two may carry the same instant, and are numbered."""
    draw = person.draw
    channel = "web" if draw() < 0.65 else "app"
    for number in range(1 + int(draw() * draw() * 5)):
        person.tell(
            at, "page.viewed", {}, channel, "inbound", touchpoint_id=pick(draw, _PAGES), source_sequence=number + 1
        )
        at += 0 if draw() < 0.1 else 1 + int(draw() * 90 * SECOND)


def campaign(person: Person, at: int) -> None:
    """Tell a campaign's contact and whether it was answered; some answers name what they answer, some the campaign."""
    draw = person.draw
    data = fields_of(person, "campaign.contacted")
    channel = "email" if draw() < 0.7 else "post" if draw() < 0.4 else "app"
    contacted = person.tell(at, "campaign.contacted", data, channel, "outbound")
    if not contacted or draw() >= RESPONSE[data.get("trigger", "")]:
        return
    answered = at + int(draw() * 45 * DAY * draw()) + 1
    share = draw()
    said = {"campaign": data["campaign"]} if share < 0.9 else {}
    more = {"causation_id": contacted} if share < 0.6 else {}
    person.tell(answered, "campaign.responded", said, channel, "inbound", **more)


def touchpoint(person: Person, at: int) -> None:
    """Tell a touchpoint of the catalogue, often known only by its date."""
    draw = person.draw
    at, rough = person.rough(at)
    kind = "communication" if draw() < 0.5 else "action"
    channel = None if draw() < 0.1 else CHANNELS.at(draw())
    met = _MET_AT.get(channel or "", "catalogue:fair")
    person.tell(at, "touchpoint.occurred", {"kind": kind}, channel, "inbound", touchpoint_id=met, **rough)


def need(person: Person, at: int, named: str | None = None, stated: bool | None = None) -> None:
    """Tell a need, and whether it was met; `named` and `stated` where what happens says so."""
    draw = person.draw
    stage = person.stage_at(at)
    named = named or _NEEDS.get(stage, NEEDS).at(draw())
    if stated is None:
        stated = draw() < _STATED.get(stage, 0.6)
    data = {"need": named, "manner": "stated" if stated else "revealed"}
    # A system that keeps only how it ended leaves a conclusion without its need.
    lost = draw() < 0.03
    expressed = "" if lost else person.tell(at, "need.expressed", data, CHANNELS.at(draw()), "inbound")
    if not (expressed or lost):
        return
    more = {"causation_id": expressed} if expressed and draw() < 0.75 else {}
    share = draw()
    if share < 0.85:
        at += int(draw() * (4 if draw() < 0.8 else 50) * DAY) + 1
        met = share < (0.68 if stated else 0.42)
        person.tell(at, "need.met" if met else "need.unmet", dict(data), **more)
        if not met and draw() < 0.15:
            person.tell(at + int(draw() * 20 * DAY) + 1, "need.met", dict(data), **more)


def question(person: Person, at: int) -> None:
    """Tell a question."""
    at, rough = person.rough(at)
    topic = {"topic": TOPICS.at(person.draw())}
    person.tell(at, "question.asked", topic, CHANNELS.at(person.draw()), "inbound", **rough)


def lead(person: Person, at: int) -> None:
    """Tell that the lead was found worth pursuing."""
    simple(person, at, "lead.qualified")


def offer(person: Person, at: int) -> None:
    """Tell an offer drawn up, made, and how the customer took it."""
    draw = person.draw
    data = {"offer": f"offer-{int(draw() * 40):02d}"}
    more = {"correlation_id": f"o-{person.random.getrandbits(48):012x}"}
    channel = CHANNELS.at(draw())
    person.tell(at, "offer.created", dict(data), **more)
    at += int(draw() * 2 * DAY) + 1
    person.tell(at, "offer.made", dict(data), channel, "outbound", **more)
    if draw() < 0.4:
        at += int(draw() * 3 * DAY) + 1
        person.tell(at, "offer.responded", dict(data), channel, "inbound", **more)
    share = draw()
    ended = "accepted" if share < 0.45 else "declined" if share < 0.75 else "withdrawn" if share < 0.85 else ""
    if ended:
        at += int(draw() * 5 * DAY) + 1
        direction = "outbound" if ended == "withdrawn" else "inbound"
        person.tell(at, f"offer.{ended}", dict(data), channel, direction, **more)


def application(person: Person, at: int) -> None:
    """Tell an application step by step, and its end where it does not lead to a contract."""
    draw = person.draw
    more = {"correlation_id": f"a-{person.random.getrandbits(48):012x}"}
    for step in ("submitted", "checked", "scored"):
        person.tell(at, "application.progressed", {"step": step}, **more)
        at += int(draw() * 30 * HOUR) + 1
        if draw() < 0.2:
            break
    share = draw()
    if share < 0.25:
        person.tell(at, "application.declined", {}, "email", "outbound", **more)
    elif share < 0.4:
        person.tell(at, "application.cancelled", {}, "web", "inbound", **more)
