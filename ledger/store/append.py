"""The thing that appends: prepared events become rows, once, in the order of commit."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Engine, PoolProxiedConnection

from ledger.aggregates.standing import RULED
from ledger.errors import ContentConflict, LedgerBusy, LedgerError, LedgerUnreachable
from ledger.events.control import EventRetracted
from ledger.events.identity import CustomerMerged, CustomerUnmerged
from ledger.schemas.prepare import Prepared, key_of
from ledger.store.clock import Clock, system_clock
from ledger.store.engine import BUSY_TIMEOUT
from ledger.store.failures import storage_error
from ledger.store.news import News
from ledger.store.plan import Key, Known, Lineage, Outcome, Planner, Recorded, Request
from ledger.store.postgres_writer import PostgresWriter
from ledger.store.sqlite_writer import SQLiteWriter
from ledger.store.writer import LogWriter

TOLERANCE = 5 * 60 * 1_000_000
"""Microseconds that an event's occurred_at may be ahead of the ledger's clock."""

PROMPT = 1.0
"""Seconds within which a connection that died in our keeping says so."""

REST = 1.0
"""Seconds after which a connection that was not used is asked whether it is alive."""


class _Kept(NamedTuple):
    """The connection of the last append; nobody else is given it, as it is set up for appending."""

    pooled: PoolProxiedConnection
    writer: LogWriter

    def close(self) -> None:
        self.writer.close()
        self.pooled.invalidate()
        self.pooled.close()


class Appender:
    """Appends to one ledger, for one caller at a time: `GroupCommit` sees to that.

    The connection is kept from one append to the next. `writer` makes what speaks to a driver's connection; without
    it the database's own is used. `news` is told of every commit.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock = system_clock,
        tolerance: int = TOLERANCE,
        writer: Callable[[Any], LogWriter] | None = None,
        news: News | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._tolerance = tolerance
        self._news = News(engine) if news is None else news
        own: Callable[[Any], LogWriter] = SQLiteWriter if engine.dialect.name == "sqlite" else PostgresWriter
        self._make_writer = own if writer is None else writer
        self._kept: _Kept | None = None
        self._used = 0.0
        self._answered = False
        # Sources are never renumbered, so those of a commit are known as long as the connection is.
        self._sources: dict[str, int] = {}

    def append(self, requests: Sequence[Request]) -> list[tuple[Recorded, ...] | LedgerError]:
        """Keep the requests in one transaction; return for each its events' places, or why it was not kept.

        A storage error is raised and nothing is kept, unless the database had committed when the link broke:
        sending the same events again then returns their first places.
        """
        asked = _Asked([prepared for request in requests for prepared in request.events])
        if not asked.events:
            return [() for _ in requests]
        started = time.monotonic()
        while True:
            kept, self._answered = self._kept, False
            try:
                return self._once(asked, requests)
            except LedgerUnreachable:
                # What was kept since the last append may have died meanwhile: a new connection knows how it is.
                # Not after a long silence: another would take the caller past the time that unreachable may take.
                if kept is None or self._answered or time.monotonic() - started > PROMPT:
                    raise
            except LedgerBusy:
                if time.monotonic() - started >= BUSY_TIMEOUT:
                    raise
                # Two writers met on the same new key or stream: the next look finds what the other wrote.
                time.sleep(0.001 + secrets.randbelow(20) / 1000)

    def rest(self) -> None:
        """Close the connection; the next append takes a new one."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def _once(self, asked: _Asked, requests: Sequence[Request]) -> list[tuple[Recorded, ...] | LedgerError]:
        try:
            writer = self._at_hand()
            writer.begin()
            outcomes = self._write(writer, asked, requests)
        except BaseException as error:
            typed = storage_error(error)
            self._undo(error, usable=isinstance(typed or error, LedgerBusy))
            if typed is None:
                raise
            raise typed from error
        self._used = time.monotonic()
        return outcomes

    def _undo(self, error: BaseException, *, usable: bool) -> None:
        """Roll back, and keep the connection only where it is surely `usable`: else nobody knows its state."""
        kept, self._kept = self._kept, None
        if kept is None:
            return
        try:
            kept.writer.rollback()
            if usable:
                self._kept = kept
        except Exception as second:  # noqa: BLE001 — whatever it is, the first error is raised on
            # The connection is gone, and with it the transaction; the first error is the one to tell.
            error.add_note(f"the rollback failed too: {second}")
        finally:
            if self._kept is None:
                kept.close()

    def _at_hand(self) -> LogWriter:
        if self._kept is not None and time.monotonic() - self._used > REST and not self._kept.writer.alive():
            self.rest()
        if self._kept is None:
            pooled = self._engine.raw_connection()
            self._kept = _Kept(pooled, self._make_writer(pooled.driver_connection))
            # Behind the same address may stand another server now, or one that was restored.
            self._sources = {}
        return self._kept.writer

    def _write(
        self, writer: LogWriter, asked: _Asked, requests: Sequence[Request]
    ) -> list[tuple[Recorded, ...] | LedgerError]:
        sources = self._sources
        if not asked.sources <= sources.keys():
            sources = {**sources, **writer.source_ids(asked.sources)}
        heads, known = writer.look(asked.customers, asked.keys(sources))
        self._answered = True
        lineage = Lineage()
        if asked.links:
            lineage = writer.lineage([head.stream for head in heads.values()], asked.merges(sources))
        plan = Planner(heads, known, sources, lineage, now=self._clock(), tolerance=self._tolerance).plan(requests)
        first = 0
        if plan.rows:
            writer.write(plan.rows, plan.links, list(plan.touched.values()), self._clock())
            first = writer.commit()
            self._sources = sources
            self._news.tell()
        else:
            writer.rollback()
        for place, row in plan.contradicted.items():
            plan.outcomes[place] = _placed(plan.outcomes[place], first + row)
        return [
            outcome if isinstance(outcome, LedgerError) else _places(request, outcome, first)
            for request, outcome in zip(requests, plan.outcomes, strict=True)
        ]


def _placed(outcome: Outcome, position: int) -> Outcome:
    """Return a conflict with an event of the same transaction, which has its position now."""
    if not isinstance(outcome, ContentConflict):
        return outcome
    return ContentConflict(outcome.source, outcome.event_id, position)


class _Asked:
    """What a batch has to look up."""

    def __init__(self, events: Sequence[Prepared]) -> None:
        self.events = events
        self.sources: set[str] = set()
        # In the order they are named: their streams are numbered so.
        self.customers: dict[str, None] = {}
        self.links = False
        self._targets: list[tuple[str, bytes]] = []
        for prepared in events:
            self.sources.add(prepared.event.source)
            self.customers[prepared.event.customer_id] = None
            if type(prepared.event.data) in RULED:
                self._look(prepared.event.data)

    def _look(self, data: Any) -> None:
        if isinstance(data, CustomerMerged):
            self.links = True
            self.customers.update({data.from_ or "": None, data.into or "": None})
        elif isinstance(data, CustomerUnmerged | EventRetracted):
            self.links = self.links or isinstance(data, CustomerUnmerged)
            self.sources.add(data.source)
            self._targets.append((data.source, key_of(data.event_id)))

    def keys(self, sources: dict[str, int]) -> set[Key]:
        keys = {(sources[prepared.event.source], prepared.key) for prepared in self.events}
        keys.update((sources[source], key) for source, key in self._targets)
        return keys

    def merges(self, sources: dict[str, int]) -> set[Key]:
        return {
            (sources[prepared.event.source], prepared.key)
            for prepared in self.events
            if isinstance(prepared.event.data, CustomerMerged)
        }


def _places(request: Request, outcome: tuple[tuple[Known, bool], ...], first: int) -> tuple[Recorded, ...]:
    return tuple(
        Recorded(
            event_id=prepared.event.event_id,
            source=prepared.event.source,
            position=known.position if known.row is None else first + known.row,
            version=known.version,
            recorded=new,
        )
        for prepared, (known, new) in zip(request.events, outcome, strict=True)
    )
