"""Orders from the basket to the door, and contracts until they are in force."""

from __future__ import annotations

from typing import Any

from ledger.sample.clock import DAY, HOUR, MINUTE, text
from ledger.sample.parameters import CHANNELS, DELIVERY_DAYS, ORDER_VALUE
from ledger.sample.person import Person
from ledger.sample.voice import survey

_METHODS = ("card", "transfer", "invoice", "direct_debit")
_CARRIER = {"type": "partner", "role": "carrier"}


def order(person: Person, place: int, at: int, precision: dict[str, str]) -> None:
    """Tell the order of the visit at `place`, placed at `at`, and what became of it."""
    draw = person.draw
    cents = int(ORDER_VALUE.at(draw()) * 100)
    money = {"amount": f"{cents // 100}.{cents % 100:02d}", "currency": person.currency}
    quantity = 1 + int(draw() * draw() * 6)
    data: dict[str, Any] = {"value": money["amount"], "currency": person.currency, "quantity": quantity}
    if draw() < 0.3:
        data["items"] = [{"sku": f"S{int(draw() * 900):03d}", "pieces": quantity}]
    name = f"order-{person.random.getrandbits(48):012x}"
    more: dict[str, Any] = {"case_id": name, "correlation_id": name}
    due = _due(person, place, at)
    channel = _shop(draw(), till=due is None)
    placed = person.write(
        at, "order.placed", data, channel, "inbound", source_sequence=1, **more, **precision, actor={"type": "customer"}
    )
    person.orders.append(at)
    person.truth.ordered(person.currency, cents * 100)
    more["causation_id"] = placed
    if channel == "store":
        # The till writes the sale and its payment at the same instant and numbers them.
        settled = {**money, "method": "card"}
        person.write(at, "payment.settled", settled, channel, source_sequence=2, **more, **precision)
    else:
        _fulfil(person, at, due, money, more)


def _due(person: Person, place: int, at: int) -> int | None:
    """Return when the order is delivered; None when the journey has no room for it before the end.

    A delivery means that the customer can use what they bought, so it never comes before that stage.
    """
    for later in person.visits[place + 1 :]:
        if later.stage in ("use", "renewal", "termination"):
            if later.door == "order.delivered":
                return later.entered_at
            return max(at + int(DELIVERY_DAYS.at(person.draw()) * DAY), later.entered_at + HOUR)
        if later.stage == "purchase":
            return None
    return None


def _shop(share: float, *, till: bool) -> str:
    if till and share < 0.35:
        return "store"
    return "web" if share < 0.6 else "app" if share < 0.9 else "phone"


def _fulfil(person: Person, at: int, due: int | None, money: dict[str, str], more: dict[str, Any]) -> None:
    draw = person.draw
    room = 2 * DAY if due is None else due - at
    if draw() < 0.6:
        approved = at + 1 + int(draw() * min(5 * HOUR, room // 4))
        person.tell(approved, "order.approved", {}, actor={"type": "system"}, **more)
    method = _METHODS[int(draw() * 4)]
    if draw() < 0.06:
        person.tell(at + 1 + min(HOUR, room // 3), "payment.failed", {**money, "method": method}, **more)
    if due is None and draw() < 0.25:
        if person.tell(at + HOUR + int(draw() * 3 * DAY), "order.cancelled", {}, **more, reason="changed mind"):
            person.truth.counts["orders_cancelled"] += 1
        return
    paid = at + 2 * MINUTE + int(draw() * draw() * 20 * DAY)
    settled = {**money, "method": method, "due_at": text(at + 14 * DAY)}
    person.tell(paid, "payment.settled", settled, **more)
    person.tell(at + 1 + room // 3, "order.shipped", {}, actor=dict(_CARRIER), **more)
    if due is not None:
        _deliver(person, due, more)


def _deliver(person: Person, at: int, more: dict[str, Any]) -> None:
    draw = person.draw
    late = draw() < 0.12
    promised = at - int(draw() * 4 * DAY) - MINUTE if late else at + int(draw() * 3 * DAY)
    data = {"promised_at": text(promised)}
    if at >= person.until:
        return
    if at in person.entries:
        person.write(at, "order.delivered", data, actor=dict(_CARRIER), **more)
    elif not person.tell(at, "order.delivered", data, actor=dict(_CARRIER), **more):
        return
    person.truth.delivered(late=late)
    if draw() < 0.35:
        survey(person, at + 1 + int(draw() * 2 * DAY), "csat", None, more["case_id"])


def contract(person: Person, place: int, at: int, precision: dict[str, str]) -> None:
    """Tell the contract of the visit at `place`: worked on from `at`, booked, and in force once it is used."""
    draw = person.draw
    more: dict[str, Any] = {"correlation_id": f"contract-{person.random.getrandbits(48):012x}"}
    person.write(at, "contract.started", {}, "branch" if draw() < 0.3 else None, **more, **precision)
    booked, rough = person.rough(at + HOUR + int(draw() * 2 * DAY))
    person.tell(booked, "contract.registered", {}, **more, **rough)
    for later in person.visits[place + 1 :]:
        if later.stage == "use":
            if later.door != "contract.activated":
                active = later.entered_at + 1 + int(draw() * DAY)
                person.tell(active, "contract.activated", {}, CHANNELS.at(draw()), **more)
            return
