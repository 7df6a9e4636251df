"""The own fields and the channel of events that need no story around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.sample.parameters import CHANNELS, NEEDS, REASONS, TOPICS
from ledger.sample.person import Person

Draw = Callable[[], float]

FEATURES = ("search", "export", "alerts", "reports", "transfer", "support_pages", "profile")
CAMPAIGNS = ("spring", "newsletter", "anniversary", "new_product", "winter")
PROACTIVE = 0.67
VOLUNTARY = 0.85
_CAUSES = ("people", "process", "technology")
_STEPS = ("sign_in", "payment", "set_up", "delivery_slot", "form")
_MANNERS = ("stated", "revealed")


def pick(draw: Draw, options: tuple[str, ...]) -> str:
    """Return one of the options, each as likely as another."""
    return options[int(draw() * len(options))]


def _campaign(draw: Draw) -> dict[str, Any]:
    share = draw()
    data: dict[str, Any] = {"campaign": pick(draw, CAMPAIGNS)}
    if share < 0.95:
        data["trigger"] = "insight" if share < 0.45 else "situational"
    share = draw()
    if share < 0.96:
        data["proactive"] = share < PROACTIVE
    return data


def _need(draw: Draw) -> dict[str, Any]:
    return {"need": NEEDS.at(draw()), "manner": pick(draw, _MANNERS)}


def _usage(draw: Draw) -> dict[str, Any]:
    return {"feature": pick(draw, FEATURES), "quantity": 1 + int(draw() * draw() * 30)}


def _offer(draw: Draw) -> dict[str, Any]:
    return {"offer": f"offer-{int(draw() * 40):02d}"}


def _leaving(draw: Draw) -> dict[str, Any]:
    data: dict[str, Any] = {"reason": REASONS.at(draw())} if draw() < 0.92 else {}
    if draw() < 0.9:
        data["voluntary"] = draw() < VOLUNTARY
    return data


def _terminated(draw: Draw) -> dict[str, Any]:
    data = _leaving(draw)
    if "reason" in data:
        data["category"] = "service" if data["reason"] == "quality" else "market"
    return data


_FIELDS: dict[str, Callable[[Draw], dict[str, Any]]] = {
    "touchpoint.occurred": lambda _: {"kind": "action"},
    "campaign.contacted": _campaign,
    "campaign.responded": lambda draw: {"campaign": pick(draw, CAMPAIGNS)},
    "need.expressed": _need,
    "question.asked": lambda draw: {"topic": TOPICS.at(draw())},
    "offer.made": _offer,
    "application.progressed": lambda draw: {"step": pick(draw, _STEPS)},
    "usage.recorded": _usage,
    "obstacle.hit": lambda draw: {"step": pick(draw, _STEPS), "cause": pick(draw, _CAUSES)},
    "renewal.offered": _offer,
    "contract.renewed": lambda draw: {"term": "P12M" if draw() < 0.8 else "P24M"},
    "termination.requested": _leaving,
    "contract.terminated": _terminated,
    "retention.attempted": _offer,
    "winback.attempted": lambda draw: {"campaign": pick(draw, CAMPAIGNS)},
}

_OUTBOUND = frozenset(
    {"campaign.contacted", "offer.made", "renewal.offered", "retention.attempted", "winback.attempted",
     "contract.activated", "onboarding.started", "information.requested", "contract.lapsed"}
)  # fmt: skip

_DIGITAL = frozenset({"page.viewed", "usage.recorded"})

_BACK_OFFICE = frozenset(
    {"lead.qualified", "application.progressed", "contract.started", "contract.registered", "contract.lapsed",
     "winback.succeeded", "onboarding.completed"}
)  # fmt: skip


def fields_of(person: Person, kind: str) -> dict[str, Any]:
    """Return own fields for an event of type `kind`."""
    make = _FIELDS.get(kind)
    return make(person.draw) if make is not None else {}


def way_of(person: Person, kind: str) -> tuple[str | None, str | None]:
    """Return the channel and direction of an event of type `kind`; the back office has neither."""
    if kind in _BACK_OFFICE:
        return None, None
    if kind in _DIGITAL:
        return ("web" if person.draw() < 0.6 else "app"), "inbound"
    return CHANNELS.at(person.draw()), "outbound" if kind in _OUTBOUND else "inbound"


def simple(person: Person, at: int, kind: str) -> str:
    """Tell an event of type `kind` with fields and a channel as they come; return its id, or "" when it is not told."""
    return person.tell(at, kind, fields_of(person, kind), *way_of(person, kind))
