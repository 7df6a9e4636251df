"""Looking around: pages, campaigns, touchpoints, needs, questions, offers and applications."""

from __future__ import annotations

from ledger.sample.clock import DAY, HOUR, SECOND
from ledger.sample.fields import fields_of, pick, simple
from ledger.sample.parameters import CHANNELS, NEEDS, TOPICS
from ledger.sample.person import Person

_PAGES = ("page:home", "page:prices", "page:product", "page:help", "page:reviews")


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
    """Tell a campaign's contact and, for one in five, the response."""
    draw = person.draw
    data = fields_of(person, "campaign.contacted")
    channel = "email" if draw() < 0.7 else "post" if draw() < 0.4 else "app"
    contacted = person.tell(at, "campaign.contacted", data, channel, "outbound")
    if contacted and draw() < 0.2:
        answered = at + int(draw() * 3 * DAY) + 1
        person.tell(
            answered, "campaign.responded", {"campaign": data["campaign"]}, channel, "inbound", causation_id=contacted
        )


def touchpoint(person: Person, at: int) -> None:
    """Tell a touchpoint of the catalogue, often known only by its date."""
    draw = person.draw
    at, rough = person.rough(at)
    kind = "communication" if draw() < 0.5 else "action"
    channel = None if draw() < 0.1 else CHANNELS.at(draw())
    person.tell(at, "touchpoint.occurred", {"kind": kind}, channel, "inbound", touchpoint_id="catalogue:fair", **rough)


def need(person: Person, at: int) -> None:
    """Tell a need and whether it was met."""
    draw = person.draw
    data = {"need": NEEDS.at(draw()), "manner": "stated" if draw() < 0.6 else "revealed"}
    person.tell(at, "need.expressed", data, CHANNELS.at(draw()), "inbound")
    share = draw()
    if share < 0.8:
        person.tell(at + int(draw() * 4 * DAY) + 1, "need.met" if share < 0.55 else "need.unmet", dict(data))


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
