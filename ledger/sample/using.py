"""Getting started, using, renewing, leaving and being won back: what happens there beside contacts and cases."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from ledger.sample import interactions, marketing
from ledger.sample.clock import DAY, MINUTE
from ledger.sample.fields import fields_of, pick, simple, way_of
from ledger.sample.parameters import CHANNELS, DEPARTMENTS
from ledger.sample.person import Person
from ledger.sample.voice import referral

_ASKED = (["address", "birth_date"], ["income"], ["bank_account", "address"], ["phone"])
_ON_A_PAGE = {"form": "page:product", "payment": "page:prices"}


def usage(person: Person, at: int) -> None:
    """Tell some use of one evening."""
    draw = person.draw
    channel = "app" if draw() < 0.6 else "web"
    for _ in range(1 + int(draw() * draw() * 6)):
        person.tell(at, "usage.recorded", fields_of(person, "usage.recorded"), channel, "inbound")
        at += int(draw() * 15 * MINUTE) + 1


def information(person: Person, at: int) -> None:
    """Tell that information was asked for, and now and then what was held already; or the need of it."""
    draw = person.draw
    share = draw()
    if share < 0.15:
        marketing.need(person, at, "information", stated=False)
        return
    fields = list(_ASKED[int(draw() * len(_ASKED))])
    held = {"already_held": fields[:1]} if draw() < 0.25 else {}
    channel = CHANNELS.at(draw())
    if share < 0.45:
        _asked_in_a_contact(person, at, {"fields": fields, **held}, channel)
        return
    for lifecycle in ("scheduled", "started", "completed"):
        if draw() < 0.6:
            data = {"fields": fields, **held, "lifecycle": lifecycle}
            person.tell(at, "information.requested", data, channel, "outbound")
            at += int(draw() * 2 * DAY) + 1


def _asked_in_a_contact(person: Person, at: int, data: dict[str, Any], channel: str) -> None:
    draw = person.draw
    more: dict[str, Any] = {"interaction_id": f"i-{person.random.getrandbits(48):012x}"}
    if channel in DEPARTMENTS:
        more["department"] = DEPARTMENTS[channel]
    person.tell(at, "interaction.started", {}, channel, "outbound", actor=interactions.agent(person), **more)
    at += 1 + int(draw() * MINUTE)
    step = {} if draw() < 0.3 else {"lifecycle": "started"}
    person.tell(at, "information.requested", {**data, **step}, channel, "outbound", **more)
    at += 1 + int(draw() * 5 * MINUTE)
    if draw() < 0.7:
        person.tell(at, "information.requested", {**data, "lifecycle": "completed"}, channel, "outbound", **more)
        at += 1 + int(draw() * MINUTE)
    interactions.end(person, at, channel, more)


def obstacle(person: Person, at: int) -> None:
    """Tell an obstacle: at a page where the step is on one, else only at the step."""
    data = fields_of(person, "obstacle.hit")
    page = _ON_A_PAGE.get(data["step"])
    more = {} if page is None else {"touchpoint_id": page}
    person.tell(at, "obstacle.hit", data, *way_of(person, "obstacle.hit"), **more)


def started(person: Person, at: int) -> None:
    """Tell again that onboarding started, as a second system sees it."""
    simple(person, at, "onboarding.started")


def completed(person: Person, at: int) -> None:
    """Tell that onboarding was completed, where the rules have the customer in use already."""
    simple(person, at, "onboarding.completed")


def renewal(person: Person, at: int) -> None:
    """Tell what may happen while a renewal is open."""
    simple(person, at, pick(person.draw, ("renewal.offered", "contract.upgraded", "contract.downgraded")))


def retention(person: Person, at: int) -> None:
    """Tell an attempt to keep the customer and, of six in ten who are not to stay, that the contract ended after it."""
    simple(person, at, "retention.attempted")
    if not _stays(person, at) and person.draw() < 0.6:
        simple(person, at + 1 + int(person.draw() * 30 * DAY), "contract.terminated")


def ended(person: Person, at: int) -> None:
    """Tell that the contract ended or lapsed and, of one in six who leave, a referral later; who is to stay stays."""
    draw = person.draw
    if _stays(person, at):
        return
    told = simple(person, at, "contract.terminated" if draw() < 0.8 else "contract.lapsed")
    if told and draw() < 0.17:
        referral(person, at + 1 + int(draw() * 120 * DAY))


def _stays(person: Person, at: int) -> bool:
    """Say whether the visit at `at` is to be followed by a renewal or an order, so that no end belongs before it."""
    place = bisect_right(person.entries, at)
    return place < len(person.visits) and person.visits[place].stage in ("renewal", "purchase")


def winback(person: Person, at: int) -> None:
    """Tell an attempt to win the customer back."""
    simple(person, at, "winback.attempted")


def won(person: Person, at: int) -> None:
    """Tell once more that the customer came back."""
    simple(person, at, "winback.succeeded")


def renewed(person: Person, place: int) -> None:
    """Tell the renewal that using again rests on: within sixty days before the visit at `place` is left."""
    visit = person.visits[place]
    if visit.left_at is None or person.visits[place + 1].door != "usage.recorded":
        return
    room = min(60 * DAY, visit.left_at - visit.entered_at)
    at = visit.left_at - 1 - int(person.draw() * (room - MINUTE))
    if at > visit.entered_at:
        person.tell(at, "contract.renewed", fields_of(person, "contract.renewed"), CHANNELS.at(person.draw()))
