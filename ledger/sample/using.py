"""Getting started, using, renewing, leaving and being won back: what happens there beside contacts and cases."""

from __future__ import annotations

from ledger.sample.clock import DAY, MINUTE
from ledger.sample.fields import fields_of, pick, simple
from ledger.sample.parameters import CHANNELS
from ledger.sample.person import Person

_ASKED = (["address", "birth_date"], ["income"], ["bank_account", "address"], ["phone"])


def usage(person: Person, at: int) -> None:
    """Tell some use of one evening."""
    draw = person.draw
    channel = "app" if draw() < 0.6 else "web"
    for _ in range(1 + int(draw() * draw() * 6)):
        person.tell(at, "usage.recorded", fields_of(person, "usage.recorded"), channel, "inbound")
        at += int(draw() * 15 * MINUTE) + 1


def information(person: Person, at: int) -> None:
    """Tell that information was asked for, and now and then what was held already."""
    draw = person.draw
    fields = list(_ASKED[int(draw() * 4)])
    held = {"already_held": fields[:1]} if draw() < 0.35 else {}
    channel = CHANNELS.at(draw())
    for lifecycle in ("scheduled", "started", "completed"):
        if draw() < 0.6:
            data = {"fields": fields, **held, "lifecycle": lifecycle}
            person.tell(at, "information.requested", data, channel, "outbound")
            at += int(draw() * 2 * DAY) + 1


def obstacle(person: Person, at: int) -> None:
    """Tell an obstacle."""
    simple(person, at, "obstacle.hit")


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
    """Tell an attempt to keep the customer."""
    simple(person, at, "retention.attempted")


def ended(person: Person, at: int) -> None:
    """Tell that the contract ended or lapsed."""
    simple(person, at, "contract.terminated" if person.draw() < 0.8 else "contract.lapsed")


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
