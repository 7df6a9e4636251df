"""The thing that appends: prepared events become rows, once, in the order of commit."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Engine

from ledger.aggregates.standing import RULED
from ledger.errors import LedgerBusy, LedgerError
from ledger.events.control import EventRetracted
from ledger.events.identity import CustomerMerged, CustomerUnmerged
from ledger.schemas.prepare import Prepared, key_of
from ledger.store.clock import Clock, system_clock
from ledger.store.engine import BUSY_TIMEOUT
from ledger.store.failures import storage_error, typed_errors
from ledger.store.news import News
from ledger.store.plan import Key, Known, Lineage, Plan, Planner, Recorded, Request
from ledger.store.postgres_writer import PostgresWriter
from ledger.store.sqlite_writer import SQLiteWriter
from ledger.store.writer import LogWriter

TOLERANCE = 5 * 60 * 1_000_000
"""Microseconds that an event's occurred_at may be ahead of the ledger's clock."""


class Appender:
    """Appends to one ledger; safe to share between threads.

    `writer` makes a transaction's writer of a driver's connection; without it the database's own is used.
    `news` is told of every commit.
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
        self._writer = own if writer is None else writer

    def append(self, requests: Sequence[Request]) -> list[tuple[Recorded, ...] | LedgerError]:
        """Keep the requests in one transaction; return for each its events' places, or why it was not kept.

        A storage error is raised and nothing is kept, unless the database had committed when the link broke:
        sending the same events again then returns their first places.
        """
        if not any(request.events for request in requests):
            return [() for _ in requests]
        give_up = time.monotonic() + BUSY_TIMEOUT
        while True:
            try:
                return self._once(requests)
            except LedgerBusy:
                if time.monotonic() >= give_up:
                    raise
            # Two writers met on the same new key or stream: the next look finds what the other wrote.
            time.sleep(0.005 + secrets.randbelow(45) / 1000)

    def _once(self, requests: Sequence[Request]) -> list[tuple[Recorded, ...] | LedgerError]:
        with typed_errors():
            pooled = self._engine.raw_connection()
            try:
                writer: LogWriter = self._writer(pooled.driver_connection)
                try:
                    writer.begin()
                    outcomes, writes = self._write(writer, requests)
                    if writes:
                        writer.commit()
                        self._news.tell()
                    else:
                        writer.rollback()
                except BaseException as error:
                    self._undo(writer, error)
                    raise
                return outcomes
            except Exception as error:
                if storage_error(error) is not None:
                    pooled.invalidate()
                raise
            finally:
                pooled.close()

    @staticmethod
    def _undo(writer: LogWriter, error: BaseException) -> None:
        try:
            writer.rollback()
        except Exception as second:  # noqa: BLE001 — whatever it is, the first error is raised on
            # The connection is gone, and with it the transaction; the first error is the one to tell.
            error.add_note(f"the rollback failed too: {second}")

    def _write(
        self, writer: LogWriter, requests: Sequence[Request]
    ) -> tuple[list[tuple[Recorded, ...] | LedgerError], bool]:
        events = [prepared for request in requests for prepared in request.events]
        asked = _Asked(events)
        sources = writer.source_ids(asked.sources)
        # Streams first, keys after: who waited for another writer's lock must see what that one kept.
        heads = writer.heads(asked.customers)
        known = writer.known(asked.keys(sources))
        lineage = Lineage()
        if asked.links:
            writer.take_head()  # merges look at other streams' links: one at a time
            streams = [head.stream for head in heads.values()]
            lineage = writer.lineage(streams, asked.merges(sources))
        plan = Planner(heads, known, sources, lineage, now=self._clock(), tolerance=self._tolerance).plan(requests)
        first = self._keep(writer, plan) if plan.rows else 0
        outcomes: list[tuple[Recorded, ...] | LedgerError] = [
            outcome if isinstance(outcome, LedgerError) else _places(request, outcome, first)
            for request, outcome in zip(requests, plan.outcomes, strict=True)
        ]
        return outcomes, bool(plan.rows)

    def _keep(self, writer: LogWriter, plan: Plan) -> int:
        """Write what is planned; return the first position."""
        position, recorded_at = writer.take_head()
        # The clock may go back, recorded_at never does.
        recorded = max(self._clock(), recorded_at)
        writer.write(plan.rows, plan.links, list(plan.touched.values()), position + 1, recorded)
        return position + 1


class _Asked:
    """What a batch has to look up."""

    def __init__(self, events: Sequence[Prepared]) -> None:
        self._events = events
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
        keys = {(sources[prepared.event.source], prepared.key) for prepared in self._events}
        keys.update((sources[source], key) for source, key in self._targets)
        return keys

    def merges(self, sources: dict[str, int]) -> set[Key]:
        return {
            (sources[prepared.event.source], prepared.key)
            for prepared in self._events
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
