"""The log as an eventsourcing application: its repository and notification log, read through our mapper."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    JSONTranscoder,
    Mapper,
    ProcessRecorder,
    StoredEvent,
    TrackingRecorder,
)
from eventsourcing.utils import Environment
from msgspec import Struct

from ledger.errors import InvalidArgument, Undecodable
from ledger.events.event import RecordedEvent
from ledger.store.mapper import RowMapper
from ledger.store.recorder import (
    KeyedEvent,
    KeyedNotification,
    LedgerAggregateRecorder,
    LedgerApplicationRecorder,
    LedgerProcessRecorder,
    LedgerTrackingRecorder,
)
from ledger.store.store import Store


class StreamEvent(Struct, frozen=True):
    """An event in the shape eventsourcing passes around: `originator_id` is the stream's random UUID."""

    originator_id: UUID
    originator_version: int
    event: RecordedEvent[Any]


class LedgerMapper(Mapper[UUID]):
    """Maps stored events through the allow-list of types; the library's own would import what a topic names."""

    def __init__(self, rows: RowMapper) -> None:
        super().__init__(JSONTranscoder())
        self._rows = rows

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        raise InvalidArgument("events are recorded by Ledger.append, which knows their keys and refuses what cannot be")

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """Return the stored event as a StreamEvent. Raises Undecodable, UnknownEventType among it."""
        if not isinstance(stored_event, KeyedEvent | KeyedNotification):
            raise Undecodable(
                getattr(stored_event, "id", 0), stored_event.topic, "it was not recorded by Ledger.append"
            )
        event = self._rows.event(stored_event.row)
        return StreamEvent(UUID(str(stored_event.originator_id)), stored_event.originator_version, event)


class LedgerFactory(InfrastructureFactory[TrackingRecorder]):
    """Gives eventsourcing our recorders on one open store."""

    def __init__(self, env: Environment, store: Store) -> None:
        super().__init__(env)
        self._store = store

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        return LedgerAggregateRecorder(self._store.engine, self._store.clock, self._store.news)

    def application_recorder(self) -> ApplicationRecorder:
        return LedgerApplicationRecorder(self._store.engine, self._store.clock, self._store.news)

    def tracking_recorder(self, tracking_recorder_class: type[TrackingRecorder] | None = None) -> TrackingRecorder:
        kind: type[Any] = tracking_recorder_class or LedgerTrackingRecorder
        recorder: TrackingRecorder = kind(self._store.engine, self._store.clock, self._store.news)
        return recorder

    def process_recorder(self) -> ProcessRecorder:
        return LedgerProcessRecorder(self._store.engine, self._store.clock, self._store.news)


class CustomerApplication(Application[UUID]):
    """The customers of a ledger as eventsourcing sees them; it reads, and Ledger.append writes.

    `repository.get(stream_id, version=…, projector_func=…)` folds a stream with any function of (state, events);
    `notification_log` and `recorder.subscribe` follow the log.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        super().__init__()

    def construct_factory(self, env: Environment) -> InfrastructureFactory[TrackingRecorder]:
        return LedgerFactory(env, self._store)

    def construct_mapper(self) -> Mapper[UUID]:
        return LedgerMapper(self._store.mapper)
