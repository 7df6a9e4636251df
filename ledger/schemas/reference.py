"""The reference page of events, written from the event classes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from itertools import groupby

from ledger.events import VOCABULARY
from ledger.events.contacts import is_contact, is_touchpoint
from ledger.events.vocabulary import EventType, Vocabulary
from ledger.journey.definition import Condition, Journey, Rule
from ledger.schemas.journey import default_journey
from ledger.schemas.kinds import KINDS, Field, actor_fields, envelope_fields, fields_of
from ledger.schemas.limits import MAX_DEPTH, MAX_EVENT

_HEAD = f"""\
# Events

Every type of event the ledger knows, with its own fields. This page is written from the classes in `ledger/events`
by `python -m ledger.schemas.reference` (`make docs`); a test holds it up to date.

An event on the wire is one JSON object: the envelope below, with the type's own fields in `data`. Fields that are
not listed are refused, and so are the character NUL, halves of surrogate pairs, numbers that are not finite, whole
numbers beyond ±(2^53 − 1), names that stand twice in one object, more than {MAX_DEPTH} levels of nesting, and
events of more than {MAX_EVENT:,} bytes of compact JSON. An absent field and `null` say the same: unknown.

A field marked *personal* identifies a person and is kept apart from the clear part of the event. The stage is the
one that the type indicates in the default journey; a company's own journey may say otherwise.
"""

_ENVELOPE = {
    "event_id": "the identity of the event within its source, and the key that makes an append idempotent",
    "source": "the system or silo it came from",
    "type": "one of the types below, or a company's own",
    "type_version": "the version of the type's own fields; 1 where absent",
    "customer_id": "the producer's own key for the customer; personal",
    "occurred_at": "when it happened: an instant with its offset, or a date where `time_precision` is `date`",
    "time_precision": "how much of `occurred_at` is known; `instant` where absent",
    "received_at": "when it arrived at the boundary; no part of the event's content",
    "channel": "the means, a name of the channel registry",
    "direction": "who started the contact: the customer (`inbound`) or the company (`outbound`)",
    "department": "the organisational unit",
    "touchpoint_id": "the entry of the company's catalogue of touchpoints",
    "interaction_id": "the two-way contact it belongs to",
    "case_id": "the file it belongs to: a case, a feedback, an order",
    "reason": "why",
    "outcome": "how the contact ended",
    "stage_hint": "the producer's own word for the stage; it wins over what rules infer at the same instant",
    "correlation_id": "what ties events of several systems together",
    "causation_id": "the event that caused this one",
    "source_sequence": "the producer's own order among its events of the same instant",
}


def page(vocabulary: Vocabulary = VOCABULARY, journey: Journey | None = None) -> str:
    """Return the reference page as Markdown, with the stages of the default journey if none is given."""
    return "\n".join(_lines(vocabulary, journey or default_journey())) + "\n"


def _lines(vocabulary: Vocabulary, journey: Journey) -> Iterator[str]:
    yield _HEAD
    yield from _envelope()
    yield from _kinds()
    stages = _stages(journey)
    for family, types in groupby(vocabulary.values(), key=lambda event_type: event_type.family):
        yield f"## {family}"
        yield ""
        for event_type in types:
            yield from _type(event_type, stages.get(event_type.name, []))


def _envelope() -> Iterator[str]:
    yield "## The envelope"
    yield ""
    yield "| field | kind | required | meaning |"
    yield "|---|---|---|---|"
    for field in envelope_fields():
        required = "yes" if field.required else ""
        yield f"| `{field.name}` | {_kind(field)} | {required} | {_ENVELOPE[field.name]} |"
    inner = "; ".join(f"`{field.name}`: {_kind(field)}{_flags(field)}" for field in actor_fields())
    yield f"| `actor` | object | | who did it: {inner} |"
    yield "| `data` | object | | the type's own fields; absent means none |"
    yield ""


def _kinds() -> Iterator[str]:
    yield "## The kinds of field"
    yield ""
    yield "| kind | what it is |"
    yield "|---|---|"
    yield from (f"| {kind.name} | {kind.cure} |" for kind in KINDS.values())
    yield "| choice | one of the words that are listed with the field |"
    yield ""


def _type(event_type: EventType, stages: list[str]) -> Iterator[str]:
    yield f"### {event_type.name}"
    yield ""
    yield " ".join(event_type.summary.split())
    yield ""
    counts = "contact" if is_contact(event_type) else "touchpoint" if is_touchpoint(event_type) else "no touchpoint"
    indicates = "; ".join(stages) or "none"
    yield f"Version {event_type.version} · counts as: {counts} · stage: {indicates}"
    yield ""
    fields = fields_of(event_type.data)
    if not fields:
        yield "No own fields."
        yield ""
        return
    yield "| field | kind | required | unit |"
    yield "|---|---|---|---|"
    for field in fields:
        required = "yes" if field.required else ""
        yield f"| `{field.name}` | {_kind(field)}{_flags(field)} | {required} | {field.unit or ''} |"
    yield ""


def _kind(field: Field) -> str:
    return " / ".join(f"`{choice}`" for choice in field.choices) if field.choices else field.kind.name


def _flags(field: Field) -> str:
    return ", *personal*" if field.personal else ""


def _stages(journey: Journey) -> Mapping[str, list[str]]:
    """Return, by type, the stage it says outright and what the journey's rules make of it."""
    said = {"stage.entered": ["the one it names"], "stage.corrected": ["the one it names, for the event it names"]}
    for rule in journey.rules:
        for condition in rule.conditions:
            said.setdefault(condition.type, []).append(_indication(rule, condition))
    return said


def _indication(rule: Rule, condition: Condition) -> str:
    stage = f"leaves {rule.stage}" if rule.leaves else rule.stage
    fields = ", ".join(f"`{predicate.field}`" for predicate in condition.where)
    doubts = [f"by its {fields}"] if fields else []
    if rule.at_least != 1 and len(rule.conditions) > 1:
        doubts.append("together with others")
    if condition.count > 1:
        doubts.append(f"at {condition.count} of them")
    return f"{stage} (rule “{rule.name}”: {', '.join(doubts)})" if doubts else stage


if __name__ == "__main__":
    sys.stdout.write(page())
