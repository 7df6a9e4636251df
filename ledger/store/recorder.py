"""The log behind eventsourcing's recorder interfaces: its applications and suites run on our tables, unmodified.

A stored event that comes this way has no key of ours; its topic is the type and its state the header.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eventsourcing import persistence
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
    TrackingRecorder,
)
from sqlalchemy import Connection, Engine, exc, text

from ledger.store.clock import Clock, system_clock
from ledger.store.engine import WRITES
from ledger.store.mapper import RECORD_COLUMNS, Row
from ledger.store.news import Listener, News

STORED = "s.id, e.event_key, " + ", ".join(f"e.{column}" for column in RECORD_COLUMNS.split(", "))
PAGE = 500


@dataclass(frozen=True)
class KeyedEvent(StoredEvent):
    """A stored event that was appended with a key of ours, and its row as `RowMapper` takes it."""

    row: Row = ()


@dataclass(frozen=True)
class KeyedNotification(Notification):
    """The same, as a notification."""

    row: Row = ()


def _stored(id: bytes, key: bytes | None, *row: Any) -> StoredEvent:
    fields = (UUID(bytes=bytes(id)), row[2], row[3], bytes(row[8]))
    return StoredEvent(*fields) if key is None else KeyedEvent(*fields, row=row)


def _notification(id: bytes, key: bytes | None, *row: Any) -> Notification:
    fields = (UUID(bytes=bytes(id)), row[2], row[3], bytes(row[8]), row[0])
    return Notification(*fields) if key is None else KeyedNotification(*fields, row=row)


@contextmanager
def _library_errors() -> Iterator[None]:
    try:
        yield
    except exc.IntegrityError as error:
        raise persistence.IntegrityError(str(error.orig)) from error
    except exc.OperationalError as error:
        raise persistence.OperationalError(str(error.orig)) from error
    except exc.DBAPIError as error:
        raise persistence.DatabaseError(str(error.orig)) from error


class _OnEngine:
    """A recorder's engine, and its two kinds of transaction."""

    def __init__(self, engine: Engine, clock: Clock = system_clock, news: News | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._news = News(engine) if news is None else news

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _library_errors(), self._engine.connect().execution_options(**WRITES) as connection, connection.begin():
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _library_errors(), self._engine.connect() as connection, connection.begin():
            yield connection


class LedgerAggregateRecorder(_OnEngine, AggregateRecorder):
    """Stores and selects the events of one aggregate."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        self._insert(stored_events, **kwargs)
        return None

    def _insert(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> list[int]:
        with self._writing() as connection:
            positions = self._insert_stored(connection, stored_events) if stored_events else []
            self._insert_beside(connection, **kwargs)
        self._news.tell()
        return positions

    def _insert_beside(self, connection: Connection, **kwargs: Any) -> None:
        """Write what a process recorder keeps in the same transaction: nothing here."""

    def _insert_stored(self, connection: Connection, stored_events: Sequence[StoredEvent]) -> list[int]:
        streams = _open_streams(connection, stored_events)
        lock = " FOR UPDATE" if connection.dialect.name == "postgresql" else ""
        head = connection.execute(text("SELECT position, recorded_at FROM log_head" + lock)).one()
        recorded = max(self._clock(), head.recorded_at)
        rows = [
            {
                "position": position,
                "stream": streams[_raw(stored.originator_id)],
                "version": stored.originator_version,
                "type": stored.topic,
                "recorded_at": recorded,
                "header": stored.state,
            }
            for position, stored in enumerate(stored_events, head.position + 1)
        ]
        connection.execute(
            text(
                "INSERT INTO events (position, stream, version, type, type_version, recorded_at, header) "
                "VALUES (:position, :stream, :version, :type, 1, :recorded_at, :header)"
            ),
            rows,
        )
        connection.execute(
            text("UPDATE streams SET version = :version WHERE stream = :stream AND version < :version"),
            [{"version": row["version"], "stream": row["stream"]} for row in rows],
        )
        connection.execute(
            text("UPDATE log_head SET position = :position, recorded_at = :recorded"),
            {"position": rows[-1]["position"], "recorded": recorded},
        )
        return [row["position"] for row in rows]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        conditions = ["s.id = :id"]
        conditions += ["e.version > :gt"] if gt is not None else []
        conditions += ["e.version <= :lte"] if lte is not None else []
        statement = (
            f"SELECT {STORED} FROM events e JOIN streams s ON s.stream = e.stream WHERE {' AND '.join(conditions)} "
            f"ORDER BY e.version {'DESC' if desc else 'ASC'}" + (" LIMIT :limit" if limit is not None else "")
        )
        with self._reading() as connection:
            rows = connection.execute(
                text(statement), {"id": _raw(originator_id), "gt": gt, "lte": lte, "limit": limit}
            ).all()
        return [_stored(*row) for row in rows]


class LedgerApplicationRecorder(LedgerAggregateRecorder, ApplicationRecorder):
    """Stores events and selects them as notifications by position."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        return self._insert(stored_events, **kwargs)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        conditions = ["TRUE"]
        if start is not None:
            conditions.append("e.position >= :start" if inclusive_of_start else "e.position > :start")
        if stop is not None:
            conditions.append("e.position <= :stop")
        named = {f"topic{i}": topic for i, topic in enumerate(topics)}
        if named:
            conditions.append("e.type IN (" + ", ".join(f":{name}" for name in named) + ")")
        statement = (
            f"SELECT {STORED} FROM events e JOIN streams s ON s.stream = e.stream "
            f"WHERE {' AND '.join(conditions)} ORDER BY e.position LIMIT :limit"
        )
        with self._reading() as connection:
            rows = connection.execute(text(statement), {"start": start, "stop": stop, "limit": limit, **named}).all()
        return [_notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        with self._reading() as connection:
            return connection.execute(text("SELECT position FROM log_head")).scalar_one() or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        return FollowingSubscription(self, self._news, gt=gt, topics=topics)


class LedgerTrackingRecorder(_OnEngine, TrackingRecorder):
    """Keeps how far a downstream has come, by compare-and-set in one statement."""

    def insert_tracking(self, tracking: Tracking) -> None:
        with self._writing() as connection:
            _track(connection, tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        with self._reading() as connection:
            found: int | None = connection.execute(
                text("SELECT notification_id FROM tracking WHERE application_name = :name"), {"name": application_name}
            ).scalar()
        return found


class LedgerProcessRecorder(LedgerTrackingRecorder, LedgerApplicationRecorder, ProcessRecorder):
    """Stores events together with the tracking of the event they follow from."""

    def _insert_beside(self, connection: Connection, tracking: Tracking | None = None, **_: Any) -> None:
        if tracking is not None:
            _track(connection, tracking)


class FollowingSubscription(Subscription[ApplicationRecorder]):
    """Yields notifications as they are recorded; it waits as `ledger.subscribe` does."""

    def __init__(
        self, recorder: ApplicationRecorder, news: News, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        super().__init__(recorder, gt=gt, topics=topics)
        self._news = news
        self._listener = Listener(news)
        self._ready: Iterator[Notification] = iter(())
        self._seen = gt or 0

    def stop(self) -> None:
        super().stop()
        self._listener.stop()

    def __next__(self) -> Notification:
        while not self._listener.over:
            notification = next(self._ready, None)
            if notification is not None:
                self._last_notification_id = self._seen = notification.id
                return notification
            told, head = self._news.told, self._recorder.max_notification_id() or 0
            page = self._recorder.select_notifications(
                self._seen, limit=PAGE, stop=head, topics=self._topics, inclusive_of_start=False
            )
            self._ready = iter(page)
            if not page:
                # Nothing that was asked for up to here: the next look need not read it again.
                self._seen = max(self._seen, head)
                self._listener.wait(told, head)
        raise StopIteration


def _track(connection: Connection, tracking: Tracking) -> None:
    moved = connection.execute(
        text(
            "INSERT INTO tracking (application_name, notification_id) VALUES (:name, :id) "
            "ON CONFLICT (application_name) DO UPDATE SET notification_id = :id WHERE tracking.notification_id < :id "
            "RETURNING notification_id"
        ),
        {"name": tracking.application_name, "id": tracking.notification_id},
    ).first()
    if moved is None:
        raise persistence.IntegrityError(
            f"{tracking.application_name} has processed notification {tracking.notification_id} already"
        )


def _open_streams(connection: Connection, stored_events: Sequence[StoredEvent]) -> dict[bytes, int]:
    ids = sorted({_raw(stored.originator_id) for stored in stored_events})
    connection.execute(
        text("INSERT INTO streams (id, version) VALUES (:id, 0) ON CONFLICT (id) DO NOTHING"),
        [{"id": id} for id in ids],
    )
    streams: dict[bytes, int] = {}
    for id in ids:
        streams[id] = connection.execute(text("SELECT stream FROM streams WHERE id = :id"), {"id": id}).scalar_one()
    return streams


def _raw(originator_id: UUID | str) -> bytes:
    return (originator_id if isinstance(originator_id, UUID) else UUID(originator_id)).bytes
