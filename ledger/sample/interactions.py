"""Two-way contacts: from the first word to the end, with a handover or another channel now and then."""

from __future__ import annotations

from typing import Any

from ledger.sample import marketing
from ledger.sample.clock import DAY, HOUR, MINUTE
from ledger.sample.parameters import CHANNELS, DEPARTMENTS, GAP_MINUTES, TOPICS
from ledger.sample.person import Person

BOT = {"type": "system", "role": "bot"}
BOT_CHANNELS = frozenset({"web", "app"})
DESKS = ("second_line", "second_line", "billing", "delivery")
"""Who takes over what the department that answered cannot settle."""


def agent(person: Person) -> dict[str, Any]:
    """Return an agent who answers."""
    return {"type": "agent", "id": f"agent-{int(person.draw() * 60):03d}", "role": "adviser"}


def interaction(person: Person, at: int, channel: str | None = None, case: str | None = None) -> None:
    """Tell an interaction that starts at `at`; it keeps the topic of `case` when it belongs to one."""
    draw = person.draw
    channel = channel or CHANNELS.at(draw())
    more: dict[str, Any] = {"interaction_id": f"i-{person.random.getrandbits(48):012x}"}
    if channel in DEPARTMENTS:
        more["department"] = DEPARTMENTS[channel]
    if case is not None:
        more["case_id"] = case
    if draw() < 0.08:
        scheduled = max(at - int((1 + draw() * 5) * DAY), person.entries[0] + 1)
        person.tell(scheduled, "interaction.scheduled", {}, channel, "outbound", **more)
    customer = {"type": "customer"}
    # Where a call of theirs would be read as consideration, the company calls.
    inbound = person.idle("interaction.started", at)
    person.tell(
        at, "interaction.started", {}, channel, "inbound" if inbound else "outbound",
        actor=customer if inbound else agent(person), reason=TOPICS.at(draw()), **more,
    )  # fmt: skip
    bot = channel in BOT_CHANNELS and draw() < 0.6
    adviser = BOT if bot else agent(person)
    for turn in range(int(draw() * 3.4)):
        at += _gap(person)
        outbound = turn % 2 == 0
        person.tell(
            at, "interaction.message_sent", {}, channel, "outbound" if outbound else "inbound",
            actor=adviser if outbound else customer, **more,
        )  # fmt: skip
    if draw() < (0.25 if bot else 0.1):
        at, channel = _handed_over(person, at, channel, "bot" if bot else more.get("department", "first_line"), more)
    end(person, at + _gap(person), channel, more)


def _handed_over(person: Person, at: int, channel: str, giver: str, more: dict[str, Any]) -> tuple[int, str]:
    """Tell that an interaction is handed over, and more often than not who took it; return when and where it goes on.

    What a bot cannot settle goes to a human; now and then a desk hands it back.
    """
    draw = person.draw
    receiver = "service" if giver == "bot" else DESKS[int(draw() * 4)]
    at += _gap(person)
    person.tell(at, "interaction.handed_over", {"from": giver, "to": receiver}, channel, **more)
    if draw() < 0.3:
        return at, channel
    if draw() < 0.4:
        # The conversation goes on elsewhere: a switch of channel within one interaction.
        channel = "phone" if channel != "phone" else "email"
    more["department"] = receiver
    at += _gap(person) * 20
    person.tell(at, "interaction.message_sent", {}, channel, "outbound", actor=agent(person), **more)
    if draw() < 0.2 and giver != "bot":
        at += _gap(person)
        person.tell(at, "interaction.handed_over", {"from": receiver, "to": giver}, channel, **more)
        more["department"] = giver
    return at, channel


def end(person: Person, at: int, channel: str, more: dict[str, Any]) -> None:
    """Tell how an interaction ended."""
    draw = person.draw
    if draw() < 0.12:
        person.tell(at, "interaction.abandoned", {}, channel, "inbound", **more)
        return
    achieved = draw() < 0.78
    data: dict[str, Any] = {"outcome": "answered" if achieved else "left_open", "objective_achieved": achieved}
    if draw() < 0.15:
        data["repeated_information"] = draw() < 0.6
    person.tell(at, "interaction.completed", data, channel, "inbound", outcome=data["outcome"], **more)


def unsupported(person: Person, at: int) -> None:
    """Tell that a channel could not do what the person wanted, on its own or within an interaction."""
    draw = person.draw
    channel = CHANNELS.at(draw())
    tried = channel if draw() < 0.8 else CHANNELS.at(draw())
    more: dict[str, Any] = {}
    if draw() < 0.4:
        more["interaction_id"] = f"i-{person.random.getrandbits(48):012x}"
        if channel in DEPARTMENTS:
            more["department"] = DEPARTMENTS[channel]
        direction = "inbound" if person.idle("interaction.started", at) else "outbound"
        person.tell(at, "interaction.started", {}, channel, direction, reason=TOPICS.at(draw()), **more)
        at += _gap(person)
    data = {"channel": tried} if draw() < 0.7 else {}
    if draw() < 0.9:
        data["reason"] = _reason(person, at)
    person.tell(at, "opportunity.unsupported", data, channel, "inbound", **more)
    if more:
        end(person, at + _gap(person), channel, more)
    if draw() < 0.35:
        marketing.need(person, at + _gap(person), "convenience" if draw() < 0.7 else None, stated=False)


def _reason(person: Person, at: int) -> str:
    draw = person.draw
    if not 7 * HOUR <= at % DAY < 19 * HOUR and draw() < 0.5:
        return "out of hours"
    return "not offered here" if draw() < 0.6 else "not for this product"


def _gap(person: Person) -> int:
    return int(GAP_MINUTES.at(person.draw()) * MINUTE) + 1


def later(person: Person, at: int, hours: float) -> int:
    """Return an instant up to `hours` after `at`."""
    return at + 1 + int(person.draw() * hours * HOUR)
