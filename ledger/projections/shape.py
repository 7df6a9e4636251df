"""What a projection is: a value that names a pure fold over one customer's ordered events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

from msgspec import Struct

from ledger.events.vocabulary import EventType
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch

S = TypeVar("S", bound=Struct)

Kind = Literal["integer", "real", "text", "json", "instant", "date"]
"""A column's neutral kind: integer (64 bits), real (double), text, json (canonical text),
instant (microseconds since 1970 UTC), date (days since 1970 in the journey's zone)."""

Row = tuple[Any, ...]

Treatment = Literal["handled", "ignored"]

COMPANY = "company"
"""Names, among what a projection ignores, every type that a company declared itself."""


class Column(NamedTuple):
    """One column of a read-model table."""

    name: str
    kind: Kind
    nullable: bool = False


class Fold(Protocol[S]):
    """A projection bound to a compiled context. It knows one customer and nothing else."""

    def initial(self) -> S:
        """Return the state before the first event."""

    def evolve(self, state: S, stretches: Sequence[Stretch]) -> None:
        """Take events, in order and with where the journey stood, into the state.

        How the events are cut into calls makes no difference: a call with a + b is a call with a, then with b.
        """

    def rows(self, state: S) -> list[Row]:
        """Return the customer's rows, each with the projection's columns in their order."""


class Projection(Struct, Generic[S], frozen=True, kw_only=True):
    """A projection as data.

    `key` names the columns that, after the customer, identify a row. The runner adds the customer's column; a
    row holds `columns` only. `state` is the Struct that the fold keeps, so that a runner can store and load it.

    `handles` are the event types it knows by name. `ignores` are the types, whole families, or COMPANY, whose
    events it treats all alike: as an event, as a touchpoint, as a contact. Together they are the vocabulary. A `sparse`
    projection is given the events that it handles and no others, and no moves of the journey.
    """

    name: str
    version: int
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    state: type[S]
    bind: Callable[[Context], Fold[S]]
    handles: frozenset[str]
    ignores: frozenset[str]
    sparse: bool = False

    def treatment(self, event_type: EventType) -> Treatment | None:
        """Return what this projection does with events of that type; None where nobody decided."""
        if event_type.name in self.handles:
            return "handled"
        family = COMPANY if event_type.company else event_type.family
        return "ignored" if event_type.name in self.ignores or family in self.ignores else None
