"""Many at once: appends, readers that follow, projectors and rebuilds, in threads and in processes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from msgspec import structs
from sqlalchemy import event, text
from sqlalchemy.engine import make_url

from ledger import Ledger
from ledger.errors import ContentConflict, LedgerBusy, MergeCycle, ProjectionRaced, ProjectionStale, VersionConflict
from ledger.opening import define
from ledger.projecting.catch_up import catch_up_batch
from ledger.projecting.rebuild import rebuild
from ledger.projections.position import POSITION
from ledger.schemas.journey import default_journey, journey_to_json
from ledger.store.engine import reading, writing
from ledger.store.log import last_position, position_rows
from ledger.store.plan import Recorded
from ledger.store.read_model import count_rows
from ledger.store.serving import require_serving
from tests import databases
from tests.ledgers import empty
from tests.store.asking import ask, column
from tests.store.events import Wire, merge, order

THREADS = 6


def sound(ledger: Ledger) -> None:
    """Expect every law of the tables and of the read model to hold, for every customer."""
    found = ledger.verify(whole=True)
    assert found.ok, [check for check in found.checks if not check.ok]


def together(*work: Callable[[], Any]) -> list[Any]:
    """Start all at one moment, and return what each returned; raise what one raised."""
    gate = threading.Barrier(len(work))

    def started(task: Callable[[], Any]) -> Any:
        gate.wait(30)
        return task()

    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result(120) for future in [pool.submit(started, task) for task in work]]


# Appends


def test_threads_that_append_at_once_leave_no_gap_and_nothing_twice(ledger: Ledger) -> None:
    """Every event is sent by two threads; customers and sources are shared, and new to all of them."""

    def events(thread: int) -> Iterator[Wire]:
        for number in range(12):
            name = (thread // 2) * 100 + number
            yield order(f"o{name}", f"c{name % 5}", source=f"s{name % 3}")

    def appending(thread: int) -> list[Recorded]:
        return [place for wire in events(thread) for place in ledger.append(wire)]

    outcomes = together(*(lambda thread=thread: appending(thread) for thread in range(THREADS)))
    places = [place for outcome in outcomes for place in outcome]
    assert column(ledger, "SELECT position FROM events ORDER BY position") == list(range(1, 37))
    assert Counter(place.recorded for place in places) == {True: 36, False: 36}
    assert len({(place.source, place.event_id, place.position, place.version) for place in places}) == 36
    ledger.rebuild()
    sound(ledger)


def test_of_two_contents_sent_at_once_under_one_key_one_is_kept(ledger: Ledger) -> None:
    for number in range(5):

        def sending(value: str, number: int = number) -> object:
            try:
                return ledger.append(order(f"o{number}", f"c{number}-{value}", value=value))
            except ContentConflict as error:
                return error.position

        outcomes = together(*(lambda value=value: sending(value) for value in ("1.00", "2.00", "3.00")))
        assert sorted(isinstance(outcome, int) for outcome in outcomes) == [False, True, True]
    assert column(ledger, "SELECT position FROM events ORDER BY position") == [1, 2, 3, 4, 5]
    assert column(ledger, "SELECT count(*) FROM streams") == [5]


def test_of_appends_that_expect_one_version_one_is_kept(ledger: Ledger) -> None:
    def deciding(number: int) -> bool:
        try:
            ledger.append([order(f"a{number}"), order(f"b{number}")], expected_version=0)
        except VersionConflict:
            return False
        return True

    outcomes = together(*(lambda number=number: deciding(number) for number in range(THREADS)))
    assert outcomes.count(True) == 1
    assert column(ledger, "SELECT version FROM events ORDER BY version") == [1, 2]


def test_merges_sent_at_once_make_no_cycle(ledger: Ledger) -> None:
    ring = [f"c{number}" for number in range(4)]

    def merging(number: int) -> bool:
        try:
            ledger.append(merge(f"m{number}", ring[number], ring[(number + 1) % len(ring)]))
        except MergeCycle:
            return False
        return True

    assert sorted(together(*(lambda number=number: merging(number) for number in range(4)))) == [False, *[True] * 3]


def test_processes_that_append_at_once_leave_no_gap_and_nothing_twice(ledger: Ledger, quick_url: str) -> None:
    crew = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.store.appending", quick_url, str(first), "20"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in (0, 10, 20)
    ]
    for process in crew:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    outcomes = []
    for process in crew:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in crew:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        outcomes += [json.loads(line) for line in out.splitlines()]
    assert column(ledger, "SELECT position FROM events ORDER BY position") == list(range(1, 41))
    assert sorted(position for position, recorded in outcomes if recorded) == list(range(1, 41))
    ledger.rebuild()
    sound(ledger)


def test_a_reader_that_follows_the_log_misses_nothing(ledger: Ledger) -> None:
    wanted = THREADS * 10
    seen: list[int] = []

    def following() -> None:
        deadline = time.monotonic() + 60
        while len(seen) < wanted and time.monotonic() < deadline:
            with reading(ledger.store.engine) as connection:
                after = seen[-1] if seen else 0
                seen.extend(row[0] for row in position_rows(connection, after, last_position(connection)))

    def appending(thread: int) -> None:
        for number in range(10):
            ledger.append([order(f"o{thread}-{number}", f"c{thread}")])

    together(following, *(lambda thread=thread: appending(thread) for thread in range(THREADS)))
    assert seen == list(range(1, wanted + 1))


def test_who_waited_for_another_writer_finds_what_that_one_kept(kept_postgres: str) -> None:
    """Both look for the event before either has kept it; on SQLite a writer looks only once it is alone."""
    empty(kept_postgres)
    with Ledger.open(kept_postgres) as ledger, Ledger.open(kept_postgres) as other:
        ledger.append(order("o1"))
        places = kept_while_both_wait((ledger, other), order("o2"))
    assert sorted(place.recorded for place in places) == [False, True]
    assert {(place.position, place.version) for place in places} == {(2, 2)}


def kept_while_both_wait(ledgers: Sequence[Ledger], wanted: Wire) -> list[Recorded]:
    """Append one event by two at once, expecting its customer at version 1, while another holds the customer's lock."""
    plain = databases.text(make_url(ledgers[0].store.url).set(drivername="postgresql"))
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with (
        psycopg.connect(plain) as holder,
        psycopg.connect(plain, autocommit=True) as watcher,
        ThreadPoolExecutor(2) as pool,
    ):
        holder.execute("SELECT 1 FROM streams FOR UPDATE")
        sent = [pool.submit(ledger.append, wanted, expected_version=1) for ledger in ledgers]
        deadline = time.monotonic() + 8
        while watcher.execute(waiting).fetchone() != (2,) and time.monotonic() < deadline:
            time.sleep(0.01)
        holder.commit()
        return [future.result(30)[0] for future in sent]


def test_a_writer_that_waits_too_long_for_another_is_told_to_try_again(
    ledger: Ledger, quick_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.append.BUSY_TIMEOUT", 0.2)
    monkeypatch.setattr("ledger.store.sqlite_writer.BUSY_TIMEOUT", 0.1)

    def impatient(connection: Any, *_: Any) -> None:
        connection.execute("SET lock_timeout = '100ms'")

    if ledger.store.engine.dialect.name == "postgresql":
        event.listen(ledger.store.engine, "checkout", impatient)
    with Ledger.open(quick_url) as other:
        other.append(order("o1"))
        with writing(other.store.engine) as connection:
            connection.execute(text("UPDATE log_head SET position = position"))
            with pytest.raises(LedgerBusy, match="try again"):
                ledger.append(order("o2"))
    assert ledger.append(order("o2"))[0].position == 2


# Opening


def test_a_ledger_is_made_once_however_many_open_it(ledger_url: str) -> None:
    def opening() -> int:
        with Ledger.open(ledger_url) as ledger:
            return ledger.append(order("o1"))[0].position

    assert together(*[opening] * THREADS) == [1] * THREADS
    with Ledger.open(ledger_url) as ledger:
        assert column(ledger, "SELECT count(*) FROM enactments") == [3]


# Projectors


@contextmanager
def before_writing(ledger: Ledger, act: Callable[[], Any]) -> Iterator[None]:
    """Let something happen when a batch of a projector has read, and is about to write."""
    connections = 0

    def checkout(*_: Any) -> None:
        nonlocal connections
        connections += 1
        if connections == 2:
            act()

    event.listen(ledger.store.engine, "checkout", checkout)
    try:
        yield
    finally:
        event.remove(ledger.store.engine, "checkout", checkout)
    assert connections == 2


def test_a_projector_that_comes_second_applies_nothing(ledger: Ledger, quick_url: str) -> None:
    ledger.rebuild()
    ledger.append([order("o1"), order("o2", "bo")])
    words = "nothing of this batch was applied"
    with (
        Ledger.open(quick_url) as other,
        before_writing(ledger, other.catch_up),
        pytest.raises(ProjectionRaced, match=words),
    ):
        catch_up_batch(ledger.store)
    assert ledger.catch_up().events == 0
    sound(ledger)


def test_a_projector_applies_nothing_to_tables_that_another_definition_made_meanwhile(
    ledger: Ledger, quick_url: str
) -> None:
    ledger.rebuild()
    ledger.append(order("o1"))
    tokyo = journey_to_json(structs.replace(default_journey(), version=2, zone="Asia/Tokyo"))

    def redefined() -> None:
        define(quick_url, {"journey": tokyo})
        with Ledger.open(quick_url) as other:
            assert other.rebuild().live

    # The version it read was brought up to the new one's position before it was replaced.
    with before_writing(ledger, redefined), pytest.raises(ProjectionRaced):
        catch_up_batch(ledger.store)
    with pytest.raises(ProjectionStale):
        ledger.catch_up()
    assert ask(ledger, "SELECT customer, events FROM journey_position") == [(1, 1)]
    assert ask(ledger, "SELECT customer, events FROM journey_position__v1") == [(1, 1)]


def test_projectors_that_race_apply_every_event_once(ledger: Ledger, quick_url: str) -> None:
    ledger.rebuild()
    for outcome in ledger.append_many(order(f"o{number}", f"c{number % 11}") for number in range(60)):
        assert isinstance(outcome, Recorded)

    def projecting() -> int:
        applied = 0
        with Ledger.open(quick_url) as own:
            while True:
                try:
                    made = catch_up_batch(own.store, limit=7)
                except ProjectionRaced:
                    continue
                if made.events == 0:
                    return applied
                applied += made.events

    assert sum(together(projecting, projecting, projecting)) == 60
    sound(ledger)


# Rebuilds


def test_a_rebuild_during_appends_and_catch_ups_ends_equal_to_a_fold(ledger: Ledger, quick_url: str) -> None:
    ledger.append([order(f"first{number}", f"c{number}") for number in range(20)])
    ledger.rebuild()
    over = threading.Event()

    def appending() -> None:
        with Ledger.open(quick_url) as own:
            for number in range(40):
                own.append(
                    [order(f"o{number}", f"c{number % 25}"), merge(f"m{number}", f"c{number}", f"d{number % 7}")]
                )
            over.set()

    def catching_up() -> None:
        with Ledger.open(quick_url) as own:
            while not over.is_set():
                try:
                    own.catch_up()
                except ProjectionRaced:
                    continue

    def rebuilding() -> None:
        with Ledger.open(quick_url) as own:
            while not over.is_set():
                own.rebuild()

    together(appending, catching_up, rebuilding)
    ledger.catch_up()
    sound(ledger)


def test_what_is_recorded_and_caught_up_while_a_rebuild_folds_is_in_its_tables(ledger: Ledger, quick_url: str) -> None:
    ledger.append([order("o1"), order("o2", "bo")])
    ledger.rebuild()
    with Ledger.open(quick_url) as other:

        def meanwhile(done: int, total: int) -> None:
            other.append([order("o3", "cy"), merge("m1", "bo", "ada")])
            other.catch_up()

        made = rebuild(ledger.store, progress=meanwhile)
    assert made.position == 2
    assert ask(ledger, "SELECT DISTINCT position FROM checkpoints") == [(4,)]
    sound(ledger)


def test_of_two_rebuilds_the_later_one_counts_and_the_other_says_so(ledger: Ledger, quick_url: str) -> None:
    ledger.append([order("o1"), order("o2", "bo")])
    words = "another rebuild goes on with this version"
    with Ledger.open(quick_url) as other:

        def meanwhile(done: int, total: int) -> None:
            other.rebuild()

        with pytest.raises(ProjectionRaced, match=words):
            rebuild(ledger.store, progress=meanwhile)
    assert left_behind(ledger) == []
    sound(ledger)


def test_rebuilds_at_once_leave_sound_tables_and_nothing_behind(ledger: Ledger, quick_url: str) -> None:
    ledger.append([order(f"o{number}", f"c{number}") for number in range(20)])

    def rebuilding() -> bool:
        with Ledger.open(quick_url) as own:
            try:
                own.rebuild()
            except ProjectionRaced:
                return False
            return True

    assert any(together(rebuilding, rebuilding, rebuilding))
    assert left_behind(ledger) == []
    sound(ledger)


def left_behind(ledger: Ledger) -> list[str]:
    """Return the versions of the read model that are neither live nor kept to roll back to."""
    return column(ledger, "SELECT state FROM read_models WHERE state NOT IN ('live', 'retired', 'dropped')")


def test_whoever_began_to_read_before_a_rebuild_reads_on_in_the_old_tables(ledger: Ledger, quick_url: str) -> None:
    ledger.append([order("o1"), order("o2", "bo")])
    ledger.rebuild()
    with Ledger.open(quick_url) as other, ThreadPoolExecutor(1) as pool:
        with reading(ledger.store.engine) as connection:
            require_serving(connection, ledger.store.context)
            other.append(order("o3", "cy"))
            rebuilt = pool.submit(other.rebuild)
            deadline = time.monotonic() + 2.5
            while not rebuilt.done() and time.monotonic() < deadline:
                time.sleep(0.01)
            assert count_rows(connection, POSITION) == 2
        assert rebuilt.result(30).position == 3
    with reading(ledger.store.engine) as connection:
        assert count_rows(connection, POSITION) == 3
