"""What a rule asks of an event's fields, turned into functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from typing import Any

from msgspec import structs

from ledger.events.event import Data, RecordedEvent
from ledger.events.vocabulary import EventType
from ledger.journey.definition import Predicate

Event = RecordedEvent[Data]
Test = Callable[[Event], bool]


def all_of(predicates: Iterable[Predicate], event_type: EventType) -> Test | None:
    """Return a function that says whether an event of that type meets every predicate; None when there are none."""
    tests = [_test(predicate, event_type) for predicate in predicates]
    if len(tests) <= 1:
        return tests[0] if tests else None
    return lambda event: all(test(event) for test in tests)


def _test(predicate: Predicate, event_type: EventType) -> Test:
    read = _reader(predicate.field, event_type)
    checks = list(_checks(predicate))

    def test(event: Event) -> bool:
        value = read(event)
        return value is not None and all(check(value) for check in checks)

    return test


def _reader(field: str, event_type: EventType) -> Callable[[Event], Any]:
    path = field.split(".")
    if path[0] == "data":
        # A field whose wire name is a word of Python (`from`) has another name in the class.
        attributes = {f.encode_name: f.name for f in structs.fields(event_type.data)}
        path[1] = attributes.get(path[1], path[1])
    if path[0] == "actor":
        of_actor = attrgetter(path[1])
        return lambda event: None if event.actor is None else of_actor(event.actor)
    return attrgetter(".".join(path))


def _checks(predicate: Predicate) -> Iterable[Callable[[Any], bool]]:
    if predicate.equals is not None:
        wanted = predicate.equals
        yield lambda value: _same(value, wanted)
    if predicate.one_of:
        choices = predicate.one_of
        yield lambda value: any(_same(value, choice) for choice in choices)
    if predicate.min is not None:
        lowest = Decimal(str(predicate.min))
        yield lambda value: (number := _number(value)) is not None and number >= lowest
    if predicate.max is not None:
        highest = Decimal(str(predicate.max))
        yield lambda value: (number := _number(value)) is not None and number <= highest


def _same(value: Any, wanted: Any) -> bool:
    # In Python True equals 1; on the wire they are two things.
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def _number(value: Any) -> Decimal | None:
    """Return a number, or an amount of money (a decimal string), as an exact decimal."""
    if isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
