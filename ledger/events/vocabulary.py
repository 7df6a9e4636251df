"""The types of event a ledger knows: the allow-list that every stored event is read through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from ledger.events.event import Data

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the own fields of one type version into those of the next."""


class EventType(Struct, frozen=True, kw_only=True):
    """One type of event.

    `upcasts[n]` turns version n+1 into n+2, so the current version is `len(upcasts) + 1`.
    `company` says that a configuration declared it, not the ledger; only such a type may name the `stage` of
    the journey that it indicates, for the ledger's own types the journey's rules say it.
    """

    name: str
    family: str
    data: type[Data]
    summary: str
    upcasts: tuple[Upcast, ...] = ()
    company: bool = False
    stage: str | None = None

    @property
    def version(self) -> int:
        return len(self.upcasts) + 1

    def upcast(self, fields: dict[str, Any], from_version: int) -> dict[str, Any]:
        """Return the own fields written by `from_version` in the shape of the current version."""
        for step in self.upcasts[from_version - 1 :]:
            fields = step(fields)
        return fields


def event_types(family: str, *classes: type[Data]) -> tuple[EventType, ...]:
    """Return the event types of one family file; a class's docstring is its summary."""
    return tuple(
        EventType(name=cls.type, family=family, data=cls, summary=(cls.__doc__ or "").strip()) for cls in classes
    )


class Vocabulary(Mapping[str, EventType]):
    """All event types in force, by name."""

    def __init__(self, types: Iterable[EventType]) -> None:
        self._types = {event_type.name: event_type for event_type in types}

    def __getitem__(self, name: str) -> EventType:
        return self._types[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)

    def extended(self, types: Iterable[EventType]) -> Vocabulary:
        """Return a vocabulary with a company's own types added."""
        return Vocabulary([*self._types.values(), *types])
