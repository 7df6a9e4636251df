"""Logs to be read twice: simulated ones, and simulated ones whose order the simulator would never have written."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from ledger.sample import Truth, simulate

Wire = dict[str, Any]

LINKS = frozenset({"event.retracted", "stage.corrected", "customer.merged", "customer.unmerged", "customer.erased"})
STAGES = ("awareness", "consideration", "purchase", "onboarding", "use", "renewal", "termination", "win_back",
          "support", "advocacy", "no such stage")  # fmt: skip


CASE_STEPS = ("case.opened", "case.assigned", "case.in_progress", "case.progressed", "case.awaiting_customer",
              "case.awaiting_customer", "case.resolved", "case.reopened", "case.closed")  # fmt: skip

_SAID_AT_RANDOM: tuple[tuple[str, tuple[Any, ...], float], ...] = (
    ("stage_hint", STAGES, 0.04),
    ("channel", ("web", "phone", "nowhere"), 0.05),
    ("interaction_id", ("i1", "i2"), 0.05),
    ("department", ("service", "sales"), 0.05),
    ("direction", ("inbound", "outbound"), 0.05),
    ("actor", ({"type": "agent"}, {"type": "system"}), 0.05),
    ("outcome", ("answered", "no answer"), 0.03),
    ("reason", ("billing", "delivery"), 0.03),
    ("source_sequence", (0, 1, 2, 3), 0.1),
)


class Log(NamedTuple):
    """Wire events in the order in which they arrive, the zone of their dates, and what is true of them if known."""

    events: list[Wire]
    zone: str
    truth: Truth | None = None


def simulated(customers: int, seed: int, *, zone: str = "UTC", shuffle: bool = False) -> Log:
    """Return a log as the simulator writes it."""
    truth = Truth(keep_customers=True)
    return Log(list(simulate(customers, seed, zone=zone, shuffle=shuffle, truth=truth)), zone, truth)


def disturbed(customers: int, seed: int, *, zone: str = "UTC") -> Log:
    """Return a simulated log in which much is not as it should be.

    Many events share an instant, files, their steps and interactions are mixed up, stages are said at random,
    further events are retracted, corrected and customers merged (some in chains, some merges undone).
    """
    draw = Random(seed)
    events = simulated(customers, seed, zone=zone, shuffle=True).events
    changed: dict[tuple[str, str], Wire] = {}
    cases: dict[str, list[str]] = {}
    for event in events:
        if "case_id" in event:
            cases.setdefault(event["customer_id"], []).append(event["case_id"])
    for event in events:
        name = (event["source"], event["event_id"])
        if name not in changed:
            changed[name] = event if event["type"] in LINKS else _changed(event, cases, draw)
    arrived = [changed[event["source"], event["event_id"]] for event in events]
    # An erased customer takes nothing more, so what is said further is about others, and arrives anywhere.
    erased = {event["customer_id"] for event in events if event["type"] == "customer.erased"}
    for event in _further([event for event in changed.values() if event["customer_id"] not in erased], draw):
        arrived.insert(draw.randrange(len(arrived)), event)
    return Log(arrived, zone)


def _changed(event: Wire, cases: dict[str, list[str]], draw: Random) -> Wire:
    changed = dict(event)
    if draw.random() < 0.3 and "time_precision" not in event:
        # The hour or the day alone: ties, whose order only the names decide.
        changed["occurred_at"] = event["occurred_at"][: draw.choice((11, 13))].ljust(13, "0") + ":00:00Z"
        changed["occurred_at"] = min(changed["occurred_at"], "2025-12-31T00:00:00Z")
    if draw.random() < 0.1 and event["customer_id"] in cases:
        changed["case_id"] = draw.choice(cases[event["customer_id"]])
    elif draw.random() < 0.05:
        changed.pop("case_id", None)
    if event["type"] in CASE_STEPS and draw.random() < 0.2:
        changed |= {"type": draw.choice(CASE_STEPS), "data": {}}
    for field, values, share in _SAID_AT_RANDOM:
        if draw.random() < share:
            changed[field] = draw.choice(values)
    return changed


def _further(events: list[Wire], draw: Random) -> list[Wire]:
    made: list[Wire] = []
    taken_back = {event["data"]["event_id"] for event in events if event["type"] == "event.retracted"}
    facts = [event for event in events if event["type"] not in LINKS and event["event_id"] not in taken_back]
    for event in draw.sample(facts, len(facts) // 60):
        made.append(_about(event, len(made), "event.retracted", {"why": "a test said so"}))
    for event in draw.sample(facts, len(facts) // 60):
        made += [
            _about(event, len(made) + again, "stage.corrected", {"stage": draw.choice(STAGES)})
            for again in range(draw.choice((1, 2)))
        ]
    people = sorted({event["customer_id"] for event in events if event["customer_id"].startswith("C")})
    for _ in range(len(people) // 20):
        first, second = sorted(draw.sample(people, 2))
        merge = _about(events[0], len(made), "customer.merged", {}) | {"customer_id": second}
        merge["data"] = {"from": first, "into": second}
        made.append(merge)
        if draw.random() < 0.3:
            made.append(_about(merge, len(made), "customer.unmerged", {}))
    return made


def _about(event: Wire, number: int, kind: str, data: dict[str, Any]) -> Wire:
    return {
        "event_id": f"x{number}",
        "source": "audit",
        "type": kind,
        "customer_id": event["customer_id"],
        "occurred_at": "2025-06-01T00:00:00Z",
        "data": {"source": event["source"], "event_id": event["event_id"], **data},
    }
