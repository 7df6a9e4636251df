"""Holds the rules of a mapping against the types in force, before any row is read."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import msgspec

from ledger.errors import InvalidDefinition, Problem
from ledger.events.vocabulary import EventType, Vocabulary
from ledger.ingest.mapping import EventRule, Mapping


def check_types(mapping: Mapping, vocabulary: Vocabulary) -> None:
    """Raise InvalidDefinition with every type that is unknown, and every own field that a type lacks or misses."""
    problems = [problem for rule in mapping.events for problem in _misfits(rule, vocabulary)]
    if problems:
        raise InvalidDefinition(mapping.name, problems)


def _misfits(rule: EventRule, vocabulary: Vocabulary) -> Iterator[Problem]:
    where = f"events[{rule.number}]"
    event_type = vocabulary.get(rule.type)
    if event_type is None:
        near = get_close_matches(rule.type, vocabulary, n=1)
        meant = f"did you mean {near[0]}, or " if near else ""
        yield Problem(f"{where}.type", f"{rule.type!r} is unknown: {meant}do you need `init --types` first?")
    elif (rule.type_version or event_type.version) == event_type.version:
        yield from _field_misfits(where, rule, event_type)


def _field_misfits(where: str, rule: EventRule, event_type: EventType) -> Iterator[Problem]:
    given = {field.removeprefix("data.") for field in _fields(rule) if field.startswith("data.")}
    fields = msgspec.structs.fields(event_type.data)
    known = {field.encode_name for field in fields}
    needed = {field.encode_name for field in fields if field.required} | set(event_type.data.required)
    for name in sorted(given - known):
        has = f"it has {', '.join(sorted(known))}" if known else "it has none of its own"
        yield Problem(f"{where}.data.{name}", f"is no field of {rule.type}: {has}")
    for name in sorted(needed - given):
        yield Problem(f"{where}.data.{name}", f"is missing: {rule.type} needs it")


def _fields(rule: EventRule) -> list[str]:
    return [expression.field for expression in rule.expressions]
