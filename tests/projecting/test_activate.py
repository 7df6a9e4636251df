"""Versions of the read model take each other's place at once: no reader waits, fails, or sees half of one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from ledger import Ledger
from ledger.errors import InvalidArgument, NotFound, ProjectionStale
from ledger.opening import define
from ledger.projecting.activate import activate, drop, roll_back
from ledger.projecting.following import follow
from ledger.projecting.rebuild import build
from ledger.queries.channels import channels
from ledger.queries.customers import customers
from ledger.sample.simulate import simulate
from ledger.schemas.types import types_from_toml, types_to_json
from ledger.store.engine import BUSY_TIMEOUT, reading, writing
from ledger.store.serving import require_serving
from ledger.store.versions import definitions_of, live_model
from tests.faults.extent import many
from tests.projecting.journeys import TOKYO, journey
from tests.store.asking import ask, column
from tests.store.events import order

METER = '[[types]]\nname = "meter.read"\nfamily = "use"\nsummary = "A meter was read."\n'


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """Give a ledger of two customers, rebuilt once."""
    ledger.append([order("o1"), order("o2", "bo")])
    ledger.rebuild()
    return ledger


def states(ledger: Ledger) -> dict[int, str]:
    return dict(ask(ledger, "SELECT version, state FROM read_models"))


def beside(ledger: Ledger, name: str = "other") -> int:
    """Build a version beside the live one, and return its number."""
    return build(ledger.store, name).version


def test_the_version_before_is_kept_to_roll_back_to_and_the_one_before_that_goes(told: Ledger) -> None:
    activate(told.store, beside(told))
    assert states(told) == {1: "retired", 2: "live"}
    activate(told.store, beside(told))
    assert states(told) == {1: "dropped", 2: "retired", 3: "live"}
    assert roll_back(told.store).version == 2
    assert states(told) == {1: "dropped", 2: "live", 3: "retired"}
    assert roll_back(told.store).version == 3
    with pytest.raises(Exception, match="journey_position__v1"):
        ask(told, "SELECT * FROM journey_position__v1")


def test_without_a_version_before_there_is_nothing_to_roll_back_to(told: Ledger) -> None:
    with pytest.raises(InvalidArgument, match="none was live before"):
        roll_back(told.store)


def test_what_is_live_already_or_is_not_there_is_not_put_in_place(told: Ledger) -> None:
    with pytest.raises(InvalidArgument, match="version 1 of the read model is live already"):
        activate(told.store, 1)
    with pytest.raises(NotFound, match=r"there is no version '7' of the read model: there are 1 \(main, live\)"):
        activate(told.store, 7)


def test_the_live_version_is_not_dropped_and_another_one_is(told: Ledger) -> None:
    with pytest.raises(InvalidArgument, match="version 1 of the read model is live: activate another one first"):
        drop(told.store, 1)
    drop(told.store, beside(told))
    assert states(told) == {1: "live", 2: "dropped"}


def test_a_version_is_as_far_as_the_live_one_before_it_takes_its_place(told: Ledger) -> None:
    made = beside(told)
    told.append(order("o3", "cy"))
    told.catch_up()
    activate(told.store, made)
    assert column(told, "SELECT sum(events) FROM journey_position") == [3]
    told.append(order("o4", "cy"))
    told.catch_up()
    roll_back(told.store)
    assert column(told, "SELECT sum(events) FROM journey_position") == [4]
    assert told.verify(whole=True).ok


def test_what_the_live_version_takes_in_at_the_last_moment_is_taken_in_too(
    told: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = beside(told)
    numbers = iter(range(3, 6))

    def outrun(store: Any, model: int | None) -> None:
        """Bring it up to date, and have the live version take in one more event."""
        follow(store, model)
        if (number := next(numbers, None)) is not None:
            told.append(order(f"o{number}"))
            told.catch_up()

    monkeypatch.setattr("ledger.projecting.activate.follow", outrun)
    activate(told.store, made)
    assert column(told, "SELECT sum(events) FROM journey_position") == [5]


def test_with_a_version_its_journey_is_in_force_and_with_the_one_before_the_former(
    told: Ledger, quick_url: str
) -> None:
    made = build(told.store, "tokyo", definitions=journey(told, TOKYO)).version
    assert activate(told.store, made).enacted == ["journey"]
    with Ledger.open(quick_url) as then:
        assert then.store.context.zone.key == "Asia/Tokyo"
        assert then.verify(whole=True).ok
        assert then.metrics(["dwell"])
        assert roll_back(then.store).enacted == ["journey"]
    with Ledger.open(quick_url) as again:
        assert again.store.definitions == told.store.definitions
        assert again.catch_up().position == 2


def test_types_declared_since_stay_in_force_whatever_takes_its_place(told: Ledger, quick_url: str) -> None:
    made = beside(told)
    define(quick_url, {"types": types_to_json(types_from_toml(METER))})
    with Ledger.open(quick_url) as wider:
        wider.append({**order("m1", "bo"), "type": "meter.read", "data": {}})
        assert activate(wider.store, made).enacted == []
        wider.catch_up()
        assert wider.store.definitions.types == types_to_json(types_from_toml(METER))
        assert column(wider, "SELECT events FROM journey_position ORDER BY customer") == [1, 2]
        assert column(wider, "SELECT count(*) FROM parked") == [0]
        assert wider.verify(whole=True).ok


def test_a_version_that_other_folds_made_is_not_put_before_readers_who_could_not_read_it(told: Ledger) -> None:
    made = beside(told)
    with writing(told.store.engine) as connection:
        connection.execute(
            text("UPDATE checkpoints SET fingerprint = 'cases 9 fff fff' WHERE projection = 'cases' AND model = 2")
        )
    with pytest.raises(ProjectionStale, match="version 2 of the read model was made by other folds than this program"):
        activate(told.store, made)
    assert states(told) == {1: "live", 2: "ready"}


def test_two_who_activate_at_once_leave_one_live(told: Ledger, quick_url: str) -> None:
    versions = [beside(told, name) for name in ("a", "b", "c")]
    with Ledger.open(quick_url) as other:
        threads = [
            threading.Thread(target=activate, args=(own.store, version))
            for own, version in zip((told, other, told), versions, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(states(told).values()).count("live") == 1
    assert sorted(states(told).values()).count("retired") == 1
    assert told.verify(whole=True).ok


def test_rights_and_views_of_ones_own_outlive_an_exchange(told: Ledger) -> None:
    with writing(told.store.engine) as connection:
        connection.execute(text("CREATE VIEW mine AS SELECT count(*) AS n FROM journey_position"))
    try:
        activate(told.store, beside(told))
        told.append(order("o3", "cy"))
        told.catch_up()
        assert column(told, "SELECT n FROM mine") == [3]
    finally:
        with writing(told.store.engine) as connection:
            connection.execute(text("DROP VIEW mine"))


class Reader(threading.Thread):
    """Reads until it is told to stop; keeps what went wrong."""

    def __init__(self, read: Callable[[], None]) -> None:
        super().__init__()
        self._read = read
        self._stop_reading = threading.Event()
        self.reads = 0
        self.failed: BaseException | None = None

    def run(self) -> None:
        try:
            while not self._stop_reading.is_set():
                self._read()
                self.reads += 1
        except BaseException as error:  # noqa: BLE001 — whatever it is, the test tells it
            self.failed = error

    def stop(self) -> None:
        self._stop_reading.set()
        self.join()


def one_version(ledger: Ledger) -> None:
    """Read every table in one snapshot, and expect all of them to be of the version that serves."""
    with reading(ledger.store.engine) as connection:
        serving = require_serving(connection, ledger.store.context)
        marks = [
            connection.execute(text(f"SELECT min(department), max(department), count(*) FROM {name}")).one()
            for name in ("stage_visits", "cases")
        ]
        live = live_model(connection)
        assert live is not None
        assert live.version == serving.model
        assert definitions_of(connection, live) == ledger.store.definitions
    for low, high, rows in marks:
        assert rows, "a table was empty"
        assert (low, high) == (f"of {serving.model}",) * 2, f"version {serving.model} serves {low} to {high}"


def every_figure(ledger: Ledger) -> None:
    """Read all that is made from the read model."""
    assert ledger.metrics()
    assert customers(ledger.store)
    assert channels(ledger.store)


def running(readers: list[Reader], deadline: float) -> bool:
    """Say whether all of them read still, and there is time."""
    return all(reader.failed is None for reader in readers) and time.monotonic() < deadline


def test_readers_under_way_see_one_whole_version_while_versions_are_exchanged(ledger: Ledger, quick_url: str) -> None:
    assert sum(1 for _ in ledger.append_many(simulate(20, 5)))
    ledger.rebuild()
    beside(ledger)
    with writing(ledger.store.engine) as connection:
        for version in (1, 2):
            for name in ("stage_visits", "cases"):
                connection.execute(text(f"UPDATE {name}__v{version} SET department = 'of {version}'"))
    with Ledger.open(quick_url) as other:
        readers = [Reader(lambda: one_version(ledger)), Reader(lambda: one_version(other))]
        readers.append(Reader(lambda: every_figure(other)))
        for reader in readers:
            reader.start()
        try:
            activate(ledger.store, 2)
            exchanges, deadline = 0, time.monotonic() + 60
            while exchanges < many(4, 50) or (
                min(reader.reads for reader in readers) < 3 and running(readers, deadline)
            ):
                roll_back(ledger.store)
                exchanges += 1
        finally:
            for reader in readers:
                reader.stop()
    for reader in readers:
        assert reader.failed is None, reader.failed
        assert reader.reads >= 3


def test_who_comes_to_read_does_not_wait_with_a_version_that_waits_for_a_reader(told: Ledger, quick_url: str) -> None:
    version = beside(told)
    with Ledger.open(quick_url) as other, ThreadPoolExecutor(1) as pool:
        with reading(told.store.engine) as slow:
            require_serving(slow, told.store.context)
            activated = pool.submit(activate, other.store, version)
            longest, until = 0.0, time.monotonic() + 1
            while (started := time.monotonic()) < until:
                with reading(told.store.engine) as connection:
                    require_serving(connection, told.store.context)
                longest = max(longest, time.monotonic() - started)
        assert activated.result(60).version == version
    # It tries for half a second at most; one that insisted would keep them for as long as a lock is waited for.
    assert longest < BUSY_TIMEOUT / 2, f"a reader waited for {longest:.1f} s"
