"""Small logs of every shape: few customers, few instants (so that ties are common), controls among the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

CUSTOMERS = ("ada@example.org", "bo", "cy")
SOURCES = ("crm", "web")
START = datetime(2024, 3, 28, tzinfo=UTC)

Wire = dict[str, Any]

KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("page.viewed", {}),
    ("question.asked", {"topic": "price"}),
    ("need.expressed", {"need": "price"}),
    ("need.met", {"need": "price"}),
    ("opportunity.unsupported", {"reason": "closed"}),
    ("information.requested", {"fields": ["income", "phone"], "lifecycle": "completed"}),
    ("order.placed", {"value": "10.50", "currency": "EUR"}),
    ("order.delivered", {"promised_at": "2024-03-30T00:00:00Z"}),
    ("onboarding.started", {}),
    ("usage.recorded", {"feature": "search"}),
    ("case.opened", {}),
    ("case.reassigned", {}),
    ("case.resolved", {}),
    ("survey.responded", {"metric": "csat", "score": 4, "scale_min": 1, "scale_max": 5}),
    ("survey.responded", {"metric": "nps", "score": 9, "scale_min": 0, "scale_max": 10, "comment": "fine"}),
    ("interaction.started", {}),
    ("interaction.message_sent", {}),
    ("feedback.received", {"kind": "complaint"}),
    ("feedback.resolved", {}),
    ("preference.set", {"preferred_channel": "web"}),
    ("stage.entered", {"stage": "renewal"}),
    ("contract.terminated", {"voluntary": True}),
    ("winback.succeeded", {}),
)


def instants() -> st.SearchStrategy[str]:
    return st.integers(0, 12).map(lambda step: (START + timedelta(hours=7 * step)).isoformat())


@st.composite
def facts(draw: st.DrawFn, number: int) -> Wire:
    """One event that says something about a customer."""
    kind, data = draw(st.sampled_from(KINDS))
    if draw(st.integers(0, 9)) == 0:
        kind, data = "customer.segment_assigned", {"scheme": "tier", "segment": draw(st.sampled_from(("gold", "base")))}
        if draw(st.booleans()):
            data["valid_from"] = draw(instants())
    wire: Wire = {
        "event_id": f"e{number}",
        "source": draw(st.sampled_from(SOURCES)),
        "type": kind,
        "customer_id": draw(st.sampled_from(CUSTOMERS)),
        "occurred_at": draw(instants()),
        "data": data,
    }
    optional = {
        "channel": st.sampled_from(("web", "phone", "store")),
        "direction": st.sampled_from(("inbound", "outbound")),
        "department": st.sampled_from(("sales", "service")),
        "case_id": st.sampled_from(("k1", "k2")),
        "interaction_id": st.sampled_from(("i1", "i2")),
        "stage_hint": st.sampled_from(("consideration", "use", "support", "no such stage")),
        "source_sequence": st.integers(0, 3),
    }
    for name, values in optional.items():
        if draw(st.integers(0, 2)) == 0:
            wire[name] = draw(values)
    return wire


def about(event: Wire, number: int, kind: str, data: dict[str, Any]) -> Wire:
    """An event about another one, of the same customer."""
    return {
        "event_id": f"x{number}",
        "source": "audit",
        "type": kind,
        "customer_id": event["customer_id"],
        "occurred_at": START.isoformat(),
        "data": {"source": event["source"], "event_id": event["event_id"], **data},
    }


@st.composite
def logs(draw: st.DrawFn, links: bool = True) -> list[Wire]:
    """A log that may be recorded in any order: facts, retractions, corrections, and links between customers."""
    events = [draw(facts(number)) for number in range(draw(st.integers(1, 25)))]
    chosen = draw(st.lists(st.sampled_from(range(len(events))), unique=True, max_size=3))
    controls = [about(events[index], index, "event.retracted", {"why": "wrong"}) for index in chosen]
    index = draw(st.sampled_from(range(len(events))))
    if draw(st.booleans()):
        controls.append(about(events[index], 100 + index, "stage.corrected", {"stage": "renewal"}))
    return [*events, *controls, *(draw(merges()) if links else [])]


@st.composite
def merges(draw: st.DrawFn) -> list[Wire]:
    """Merges without a cycle among the three customers, some of them undone."""
    pairs = draw(st.lists(st.sampled_from((("bo", CUSTOMERS[0]), ("cy", "bo"), ("cy", CUSTOMERS[0]))), unique=True))
    made: list[Wire] = []
    for number, (absorbed, into) in enumerate(pairs):
        merge: Wire = {
            "event_id": f"m{number}",
            "source": "crm",
            "type": "customer.merged",
            "customer_id": into,
            "occurred_at": draw(instants()),
            "data": {"from": absorbed, "into": into},
        }
        made.append(merge)
        if draw(st.booleans()):
            made.append(about(merge, 200 + number, "customer.unmerged", {}))
    return made
