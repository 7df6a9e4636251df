"""The eventsourcing library's own recorder suites, unmodified, on our tables."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)

from ledger.store.engine import open_engine, parse_url, writing
from ledger.store.recorder import (
    LedgerAggregateRecorder,
    LedgerApplicationRecorder,
    LedgerProcessRecorder,
    LedgerTrackingRecorder,
)
from ledger.store.versioning import bring_up_to_date


class OnFreshLedger:
    """Gives each test an empty ledger of the database at hand."""

    INITIAL_VERSION = 1
    recorder_class: type[Any]
    database: str

    @pytest.fixture(autouse=True)
    def _fresh(self, request: pytest.FixtureRequest) -> Iterator[None]:
        before = set(threading.enumerate())
        self.engine = open_engine(parse_url(request.getfixturevalue(f"{self.database}_url")), pool_size=16)
        with writing(self.engine) as connection:
            bring_up_to_date(connection)
        yield
        # The suites leave their reading threads to end by themselves; one that still reads would leak its connection.
        for thread in set(threading.enumerate()) - before:
            thread.join(10)
        self.engine.dispose()

    def create_recorder(self) -> Any:
        return self.recorder_class(self.engine)

    def new_originator_id(self) -> UUID:
        return uuid4()


class OnSQLite(OnFreshLedger):
    database = "sqlite"


class OnPostgres(OnFreshLedger):
    database = "postgres"


class SubscribableRecorderTestCase(ApplicationRecorderTestCase):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestAggregateRecorderOnSQLite(OnSQLite, AggregateRecorderTestCase):
    recorder_class = LedgerAggregateRecorder


class TestAggregateRecorderOnPostgres(OnPostgres, AggregateRecorderTestCase):
    recorder_class = LedgerAggregateRecorder


class TestApplicationRecorderOnSQLite(OnSQLite, SubscribableRecorderTestCase):
    recorder_class = LedgerApplicationRecorder


class TestApplicationRecorderOnPostgres(OnPostgres, SubscribableRecorderTestCase):
    recorder_class = LedgerApplicationRecorder


class TestTrackingRecorderOnSQLite(OnSQLite, TrackingRecorderTestCase):
    recorder_class = LedgerTrackingRecorder


class TestTrackingRecorderOnPostgres(OnPostgres, TrackingRecorderTestCase):
    recorder_class = LedgerTrackingRecorder


class TestProcessRecorderOnSQLite(OnSQLite, ProcessRecorderTestCase):
    recorder_class = LedgerProcessRecorder


class TestProcessRecorderOnPostgres(OnPostgres, ProcessRecorderTestCase):
    recorder_class = LedgerProcessRecorder


class TestNonInterleavingOnSQLite(OnSQLite, NonInterleavingNotificationIDsBaseCase):
    recorder_class = LedgerApplicationRecorder


class TestNonInterleavingOnPostgres(OnPostgres, NonInterleavingNotificationIDsBaseCase):
    recorder_class = LedgerApplicationRecorder
