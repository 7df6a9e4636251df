"""How fast is the read model made anew? Against eventsourcing's ProjectionRunner doing the same projections.

The peer follows its own SQLite log through its ProjectionRunner, as its documentation says: for each event it
folds the customer with our folds (the same ones, their states kept in memory) and writes that customer's changed
rows with the tracking record in one transaction. It reads events it has stored itself, from the same text.

    python -m benchmarks.rebuild [events] [workers]
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription, Tracking
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.sqlite import SQLiteTrackingRecorder

from benchmarks.peers import folder, lines, machine, say, seconds, stored
from ledger import Ledger
from ledger.projections import PROJECTIONS
from ledger.projections.driver import Folds
from ledger.sample import simulate_lines
from ledger.store.application import CustomerApplication, StreamEvent

PEER_EVENTS = 12_000
"""One block of simulated people, whole: a customer costs the peer the more, the longer their history is."""


class Tables(SQLiteTrackingRecorder):
    """The peer's read model: one table per projection beside its tracking table."""

    def construct_create_table_statements(self) -> list[str]:
        tables = [
            f"CREATE TABLE IF NOT EXISTS {p.name} (customer TEXT, {', '.join(column.name for column in p.columns)})"
            for p in PROJECTIONS
        ]
        indexes = [f"CREATE INDEX IF NOT EXISTS {p.name}_customer ON {p.name} (customer)" for p in PROJECTIONS]
        return [*super().construct_create_table_statements(), *tables, *indexes]

    def replace(self, customer: str, rows: dict[str, list[Any]], tracking: Tracking) -> None:
        """Write a customer's rows and the tracking record in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            for name, its in rows.items():
                cursor.execute(f"DELETE FROM {name} WHERE customer = ?", (customer,))
                for row in its:
                    marks = ", ".join("?" * (len(row) + 1))
                    cursor.execute(f"INSERT INTO {name} VALUES ({marks})", (customer, *row))


class SameProjections(Projection[Tables]):
    """The five projections, one event at a time."""

    name = "same"
    topics = ()
    folds: ClassVar[Folds]
    states: ClassVar[dict[UUID, Any]] = {}

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        event = domain_event.event
        state = self.states.get(domain_event.originator_id)
        if state is None:
            state = self.states[domain_event.originator_id] = self.folds.initial()
        if state.at is None or event.at > state.at:  # a late event would cost it a refold: it is spared that
            self.folds.feed(state, [event])
        self.view.replace(str(domain_event.originator_id), self.folds.rows(state), tracking)


def peer_rate(raw: Sequence[bytes], place: Path) -> float:
    """Return the events a second of the peer."""
    with Ledger.open(f"sqlite:///{place}/mapped.db") as ledger:
        list(ledger.append_many(raw))
        reader = CustomerApplication(ledger.store)
        SameProjections.folds = Folds(ledger.store.context)

        class Upstream(Application[UUID]):
            """The peer's application on its own recorder; it decodes events as we do."""

            def construct_mapper(self) -> Any:
                return _TextMapper(ledger, reader)

        environment = {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": f"{place}/peer.db",
            "SAME_SQLITE_DBNAME": f"{place}/peer-view.db",
        }
        upstream = Upstream(env=environment)
        upstream.recorder.insert_events(list(stored(raw)))
        upstream.close()

        def run() -> None:
            with ProjectionRunner(
                application_class=_following(Upstream),
                projection_class=SameProjections,
                view_class=Tables,
                env=environment,
            ) as runner:
                runner.wait(len(raw), timeout=600)

        return len(raw) / seconds(run)


class _TextMapper:
    """Reads the peer's stored text with our typed decoders, so that only the running differs."""

    def __init__(self, ledger: Ledger, reader: CustomerApplication) -> None:
        self._ledger = ledger
        self._reader = reader

    def to_domain_event(self, stored_event: Any) -> StreamEvent:
        prepared = self._ledger.store.preparer.prepare(stored_event.state, received=0)
        row = (
            stored_event.id,
            0,
            0,
            prepared.event.type,
            prepared.event.type_version,
            prepared.at,
            0,
            0,
            prepared.header,
        )
        return StreamEvent(
            stored_event.originator_id, stored_event.originator_version, self._ledger.store.mapper.event(row)
        )


class Polling(Subscription[ApplicationRecorder]):
    """Yields the notifications of a recorder that has no subscription of its own, page by page."""

    def __init__(self, recorder: ApplicationRecorder, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        super().__init__(recorder, gt=gt, topics=topics)
        self._ready: Iterator[Notification] = iter(())

    def __next__(self) -> Notification:
        while not self._has_been_stopped:
            for notification in self._ready:
                self._last_notification_id = notification.id
                return notification
            page = self._recorder.select_notifications(
                self._last_notification_id, limit=500, topics=self._topics, inclusive_of_start=False
            )
            self._ready = iter(page)
            if not page:
                time.sleep(0.02)
        raise StopIteration


def _following(application: type[Any]) -> type[Any]:
    """Return the application with a subscription: SQLite has none in the library."""

    class Following(application):  # type: ignore[misc]  # the class is a parameter
        """An application whose recorder can be followed."""

        def construct_recorder(self) -> Any:
            recorder = super().construct_recorder()
            recorder.subscribe = lambda gt=None, topics=(): Polling(recorder, gt=gt, topics=topics)
            return recorder

    Following.name = application.__name__
    return Following


def rebuilt(url: str, workers: int | None) -> dict[str, Any]:
    """Return what the command says of a rebuild in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "ledger", "--url", url, "rebuild", "-f", "json"]
    command += ["--workers", str(workers)] if workers is not None else []
    said: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return said


def main(count: int, workers: int | None) -> None:
    """Print the rates and their ratio."""
    with folder() as place:
        say(f"{count} simulated events, SQLite log to SQLite read model; {machine()}")
        theirs = peer_rate(lines(PEER_EVENTS), place)
        url = f"sqlite:///{place}/ours.db"
        with Ledger.open(url) as ledger:
            for _ in ledger.append_many(islice(simulate_lines(count // 30 + 1_000, 7), count)):
                pass
        ours = rebuilt(url, workers)
    rate = ours["events_per_second"]
    say(f"  eventsourcing ProjectionRunner ({PEER_EVENTS:,} events)  {theirs:10,.0f} events/s")
    say(f"  rebuild                                        {rate:10,.0f} events/s  (aim 80,000)")
    say(f"  rebuild / peer                                 {rate / theirs:10.0f} x  (aim 100)")
    say(f"  peak memory, parent and workers together       {ours['peak_memory_mib']:10,.0f} MiB  (aim below 512)")
    for projection in ours["projections"]:
        say(f"    {projection['name']:20} {projection['rows']:12,} rows")


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    main(arguments[0] if arguments else 1_000_000, arguments[1] if len(arguments) > 1 else None)
