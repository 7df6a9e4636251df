"""Following the log: every event after a position, in the order of the log, for as long as one listens."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Literal, Self

from ledger.errors import InvalidArgument, LedgerClosed
from ledger.queries.history import recorded_wire
from ledger.store.engine import reading
from ledger.store.log import customer_ids, last_position, position_rows
from ledger.store.mapper import Row
from ledger.store.news import Listener
from ledger.store.store import Store

WINDOW = 1_000
"""Positions of one look: what a stop waits for at most, and what is kept in memory."""


class Subscription(Iterator[dict[str, Any]]):
    """An endless iterator over the log that waits where the log ends; one thread iterates, any may call `stop`.

    It holds a connection only while it looks, and no snapshot while it waits. After an error the same events may be
    asked for again, from here or by a new subscription after `position`.
    """

    def __init__(self, store: Store, *, after: int | Literal["end"] = 0, types: Sequence[str] = ()) -> None:
        if store.news.closed:
            raise LedgerClosed("the ledger is closed: open it again to subscribe")
        self._store = store
        self._types = _known(store, types)
        self._listener = Listener(store.news)
        self._rows: deque[Row] = deque()
        self._names: dict[int, str] = {}
        self._told = store.news.told
        # What was read reaches up to here, and the log up to there.
        self._read = self._head = 0
        self._position = self._start(after)

    @property
    def position(self) -> int:
        """The place to go on from: every event up to it was given, or is of a type that was not asked for."""
        return self._position

    def stop(self) -> None:
        """End the iteration at once, from whatever thread or signal's handler; it does not wait for the end."""
        self._listener.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> dict[str, Any]:
        while not self._listener.over:
            if self._rows:
                return self._give()
            self._position = self._read
            if self._read < self._head or self._listener.wait(self._told, self._head):
                self._look()
        raise StopIteration

    def _start(self, after: int | Literal["end"]) -> int:
        with reading(self._store.engine, soon=True) as connection:
            self._head = last_position(connection)
        self._read = self._head if after == "end" else after
        if not 0 <= self._read <= self._head:
            raise _beyond(self._read, self._head)
        return self._read

    def _give(self) -> dict[str, Any]:
        # Decoded before it is taken: what cannot be read is met again by who asks again.
        event = self._store.mapper.whole_event(self._rows[0])
        wire = recorded_wire(event, self._names[event.stream])
        self._rows.popleft()
        self._position = event.position
        return wire

    def _look(self) -> None:
        """Read what the next window holds."""
        told = self._store.news.told
        with reading(self._store.engine, soon=True) as connection:
            head = last_position(connection)
            if head < self._read:
                raise _beyond(self._read, head)
            upto = min(self._read + WINDOW, head)
            rows = deque(position_rows(connection, self._read, upto, types=self._types, sealed=True))
            names = customer_ids(connection, {row[1] for row in rows})
        self._rows, self._names, self._read, self._head, self._told = rows, names, upto, head, told


def _known(store: Store, types: Sequence[str]) -> tuple[str, ...]:
    asked = (types,) if isinstance(types, str) else tuple(types)
    for name in asked:
        if name not in store.context.vocabulary:
            raise InvalidArgument(f"no event type is called {name!r}: check its spelling, or declare it")
    return asked


def _beyond(after: int, head: int) -> InvalidArgument:
    return InvalidArgument(
        f"position {after} is not in this log, which ends at {head}: it belongs to another ledger, or this one was "
        "restored; subscribe from a position that is"
    )
