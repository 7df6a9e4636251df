"""Preparing the events of a load, batch by batch: a long one by a process beside the one that writes them.

The process is given JSON texts and sends back what most of them become. The few that are wrong, or that a rule or a
link depends on, are left to the caller; so is a batch that is not all text, and everything if the process dies.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import msgspec

from ledger.aggregates.standing import RULED
from ledger.errors import InvalidEvent
from ledger.events.event import Data, Event
from ledger.runners.own_process import end, leave_with_parent, start
from ledger.schemas.definitions import Definitions, compile_context
from ledger.schemas.prepare import Prepared, Preparer
from ledger.store.store import Store

PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from ledger.runners.preparing import serve; serve(*map(int, sys.argv[2:]))"
)
"""What the process runs, told where this package is, which of its files is the pipe, and its parent."""

LONG = 10
"""Batches after which a load is a long one: starting the process takes as long as preparing some of them."""

EventLike = Event[Any] | Mapping[str, Any] | bytes | str
"""An event as an `Event`, as a mapping of its wire fields, or as its JSON text."""

Outcome = Prepared | InvalidEvent


class _Unread(Data, frozen=True):
    """The own fields of an event that was prepared elsewhere: nothing an append decides depends on them."""


UNREAD = _Unread()

Row = tuple[str, str, str, int, str, str, int, int, bytes, bytes, bytes | None, bytes]

_encode = msgspec.msgpack.Encoder().encode
_rows = msgspec.msgpack.Decoder(list[Row | None])


def prepared(store: Store, batches: Iterable[Sequence[EventLike]], *, make_id: bool) -> Iterator[list[Outcome]]:
    """Yield for each batch, in order, what its events become, or why they cannot be recorded.

    Once LONG batches were read a process is started, and from then on the batch after next is prepared there while
    the caller keeps the one before.
    """
    helper: _Helper | None = None
    ahead: _Given | None = None
    try:
        for number, batch in enumerate(batches):
            if number == LONG and (os.cpu_count() or 1) > 1:
                with suppress(OSError):  # no room for another process, or no program that we could start
                    helper = _Helper(store.definitions)
            behind, ahead = ahead, None
            received = store.clock()
            if helper is None or not helper.ready() or not all(isinstance(event, bytes | str) for event in batch):
                if behind is not None:
                    yield behind.take(store, make_id)
                yield _here(store, batch, received, make_id)
                continue
            made = None if behind is None else behind.take(store, make_id)
            ahead = helper.give(batch, received, make_id)
            if made is not None:
                yield made
        if ahead is not None:
            yield ahead.take(store, make_id)
    finally:
        if helper is not None:
            helper.dismiss()


def _here(store: Store, batch: Sequence[EventLike], received: int, make_id: bool) -> list[Outcome]:
    return [_one(store.preparer, event, received, make_id) for event in batch]


def _one(preparer: Preparer, event: EventLike, received: int, make_id: bool) -> Outcome:
    try:
        return preparer.prepare(event, received=received, make_id=make_id)
    except InvalidEvent as error:
        return error


class _Given(NamedTuple):
    """A batch that is with the process."""

    pipe: Connection
    batch: Sequence[EventLike]
    received: int

    def take(self, store: Store, make_id: bool) -> list[Outcome]:
        try:
            rows = _rows.decode(self.pipe.recv_bytes())
        except (EOFError, OSError):
            return _here(store, self.batch, self.received, make_id)
        return [
            _one(store.preparer, event, self.received, make_id) if row is None else _prepared(row)
            for event, row in zip(self.batch, rows, strict=True)
        ]


class _Helper:
    """The process, and the parent's end of its pipe; one batch at a time is with it."""

    def __init__(self, definitions: Definitions) -> None:
        self._process, self._pipe = start(PROGRAM)
        self._ready = False
        with suppress(OSError):  # a process that is gone is told by what it does not send back
            self._pipe.send(definitions)

    def ready(self) -> bool:
        """Say whether the process has started; starting takes as long as some batches."""
        if not self._ready:
            with suppress(EOFError, OSError):
                self._ready = self._pipe.poll() and self._pipe.recv_bytes() == b"ready"
        return self._ready

    def give(self, batch: Sequence[EventLike], received: int, make_id: bool) -> _Given:
        """Hand out a batch of texts; `received` is in microseconds since 1970 UTC."""
        with suppress(OSError):
            self._pipe.send_bytes(pickle.dumps((batch, received, make_id), pickle.HIGHEST_PROTOCOL))
        return _Given(self._pipe, batch, received)

    def dismiss(self) -> None:
        """End the process, whatever it is doing."""
        end(self._process, self._pipe)


def _prepared(row: Row) -> Prepared:
    event_id, source, type, type_version, occurred_at, customer_id, at, received, key, header, sealed, digest = row
    event: Event[Data] = Event(
        event_id=event_id,
        source=source,
        type=type,
        type_version=type_version,
        occurred_at=occurred_at,
        customer_id=customer_id,
        data=UNREAD,
    )
    return Prepared(event, at, received, key, header, sealed, digest)


def _row(preparer: Preparer, text: EventLike, received: int, make_id: bool) -> Row | None:
    made = _one(preparer, text, received, make_id)
    if isinstance(made, InvalidEvent):
        return None
    event = made.event
    if type(event.data) in RULED:
        return None
    envelope = (event.event_id, event.source, event.type, event.type_version, event.occurred_at, event.customer_id)
    kept = (made.at, made.received, made.key, made.header, made.sealed, made.digest)
    return (*envelope, *kept)


def serve(file: int, parent: int) -> None:
    """Prepare the batches that come through the pipe of that file number, until it closes: the process's whole life."""
    pipe = Connection(file)
    leave_with_parent(parent)
    gc.disable()  # what is prepared holds no cycles
    for stop in (signal.SIGINT, signal.SIGTERM):  # the parent's to answer
        signal.signal(stop, signal.SIG_IGN)
    with suppress(EOFError, ConnectionError):
        context = compile_context(pipe.recv())
        preparer = Preparer(context.vocabulary, context.zone)
        pipe.send_bytes(b"ready")
        while True:
            texts, received, make_id = pickle.loads(pipe.recv_bytes())  # noqa: S301 — our own process wrote it
            pipe.send_bytes(_encode([_row(preparer, text, received, make_id) for text in texts]))
