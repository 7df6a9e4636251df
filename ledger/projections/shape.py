"""What a projection is: a value that names a pure fold over one customer's ordered events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

from msgspec import Struct

from ledger.journey.context import Context
from ledger.journey.moment import Moment

S = TypeVar("S", bound=Struct)

Kind = Literal["integer", "real", "text", "json", "instant", "date"]
"""A column's neutral kind: integer (64 bits), real (double), text, json (canonical text),
instant (microseconds since 1970 UTC), date (days since 1970 in the journey's zone)."""

Row = tuple[Any, ...]


class Column(NamedTuple):
    """One column of a read-model table."""

    name: str
    kind: Kind
    nullable: bool = False


class Fold(Protocol[S]):
    """A projection bound to a compiled context. It knows one customer and nothing else."""

    def initial(self) -> S:
        """Return the state before the first event."""

    def evolve(self, state: S, moment: Moment) -> None:
        """Take one event, with where the journey stood when it occurred, into the state."""

    def rows(self, state: S) -> list[Row]:
        """Return the customer's rows, each with the projection's columns in their order."""


class Projection(Struct, Generic[S], frozen=True, kw_only=True):
    """A projection as data.

    `key` names the columns that, after the customer, identify a row. `handles` are the event types it
    evolves on beyond counting; every other type of the vocabulary is ignored by it. The runner adds the
    customer's column; a row holds `columns` only. `state` is the Struct that the fold keeps, so that a
    runner can store and load it.
    """

    name: str
    version: int
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    state: type[S]
    bind: Callable[[Context], Fold[S]]
