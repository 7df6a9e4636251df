"""Appends that come at once: one transaction for all, an outcome for each, and nobody who waits for nothing."""

from __future__ import annotations

import linecache
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import text

from ledger import Ledger
from ledger.errors import ContentConflict, LedgerBusy, LedgerClosed, LedgerError, LedgerOverloaded, VersionConflict
from ledger.store import group
from ledger.store.append import Appender
from ledger.store.engine import writing
from ledger.store.group import GroupCommit
from ledger.store.plan import Recorded, Request
from ledger.store.postgres_writer import PostgresWriter
from ledger.store.sqlite_writer import SQLiteWriter
from ledger.store.store import Store
from tests.ledgers import sqlite_copy
from tests.store.asking import column
from tests.store.doors import file_of
from tests.store.events import Wire, order

Answer = Future[tuple[Recorded, ...]]

REFUSE = {
    "sqlite": "CREATE TRIGGER no_cases BEFORE INSERT ON events WHEN NEW.type = 'case.opened' "
    "BEGIN SELECT RAISE(ABORT, 'no cases here'); END",
    "postgresql": "ALTER TABLE events ADD CONSTRAINT no_cases CHECK (type <> 'case.opened')",
}
ALLOW = {
    "sqlite": "DROP TRIGGER no_cases",
    "postgresql": "ALTER TABLE events DROP CONSTRAINT no_cases",
}


@contextmanager
def no_cases(ledger: Ledger) -> Iterator[None]:
    """Have the database itself refuse one type of event for a while."""
    dialect = ledger.store.engine.dialect.name
    with writing(ledger.store.engine) as connection:
        connection.execute(text(REFUSE[dialect]))
    try:
        yield
    finally:
        with writing(ledger.store.engine) as connection:
            connection.execute(text(ALLOW[dialect]))


class Crowd:
    """A ledger's group commit whose transactions are counted and can be held, and callers who come to it."""

    def __init__(self, store: Store, capacity: int = 50_000) -> None:
        self.store = store
        self.transactions = 0
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        crowd = self

        class Watched(SQLiteWriter if store.engine.dialect.name == "sqlite" else PostgresWriter):  # type: ignore[misc]  # either
            def begin(self) -> None:
                crowd.transactions += 1
                crowd.begun.set()
                while not crowd.gate.wait(0.01):
                    pass
                super().begin()

        self.group = GroupCommit(Appender(store.engine, store.clock, writer=Watched), capacity=capacity)
        self.pool = ThreadPoolExecutor(30)

    def append(self, *events: Wire, expected_version: int | None = None) -> tuple[Recorded, ...]:
        prepared = tuple(self.store.preparer.prepare(event, received=0) for event in events)
        [outcome] = self.group.append([Request(prepared, expected_version)])
        if isinstance(outcome, LedgerError):
            raise outcome
        return outcome

    def come(self, *events: Wire, expected_version: int | None = None) -> Answer:
        """Let one caller come, and return once it waits."""
        before = self.group.waiting
        answer = self.pool.submit(self.append, *events, expected_version=expected_version)
        until(lambda: self.group.waiting == before + len(events))
        return answer

    @contextmanager
    def held(self, *events: Wire) -> Iterator[Answer]:
        """Hold a caller's transaction while others come; it goes on at the end."""
        self.gate.clear()
        self.begun.clear()
        first = self.pool.submit(self.append, *(events or [order("first", "first")]))
        assert self.begun.wait(30)
        try:
            yield first
        finally:
            self.gate.set()

    def close(self) -> None:
        self.gate.set()
        self.group.close()
        self.pool.shutdown()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture
def crowd(ledger: Ledger) -> Iterator[Crowd]:
    made = Crowd(ledger.store)
    yield made
    made.close()


def positions(answers: list[Answer]) -> list[int]:
    return [place.position for answer in answers for place in answer.result(30)]


def test_callers_that_come_while_one_writes_share_the_next_transaction(crowd: Crowd, ledger: Ledger) -> None:
    with crowd.held() as first:
        others = [crowd.come(order(f"o{number}", f"c{number % 3}")) for number in range(10)]
    assert positions([first, *others]) == list(range(1, 12))
    assert crowd.transactions == 2
    assert column(ledger, "SELECT position FROM events ORDER BY position") == list(range(1, 12))


def test_of_those_who_share_a_transaction_one_that_conflicts_fails_alone(crowd: Crowd, ledger: Ledger) -> None:
    ledger.append(order("o1"))
    with crowd.held():
        fine = crowd.come(order("o2"))
        other = crowd.come(order("o1", value="9.99"))
        stale = crowd.come(order("o3"), order("o4"), expected_version=1)
        late = crowd.come(order("o5", "bo"), order("o2", value="9.99"))
        same = crowd.come(order("o2"))
    [place] = fine.result(30)
    assert (place.position, place.version, place.recorded) == (3, 2, True)
    with pytest.raises(ContentConflict, match="at position 1 "):
        other.result(30)
    with pytest.raises(VersionConflict, match="at version 2, not 1"):
        stale.result(30)
    with pytest.raises(ContentConflict, match="at position 3 "):  # of the very same transaction
        late.result(30)
    assert [(again.position, again.version, again.recorded) for again in same.result(30)] == [(3, 2, False)]
    assert crowd.transactions == 2
    assert column(ledger, "SELECT count(*) FROM events") == [3]


def test_what_the_database_refuses_for_one_is_kept_for_the_others(crowd: Crowd, ledger: Ledger) -> None:
    with no_cases(ledger):
        with crowd.held():
            before = crowd.come(order("o1"))
            refused = crowd.come(order("o2", "bo", type="case.opened", case_id="k1", data={}))
            after = crowd.come(order("o3", "cy"))
        assert positions([before, after]) == [2, 3]
        error = refused.exception(30)
    assert error is not None
    assert "no_cases" in str(error) or "no cases here" in str(error)
    assert column(ledger, "SELECT count(*) FROM streams") == [3]


def test_more_than_one_transaction_holds_goes_into_the_next(
    crowd: Crowd, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.group.TRANSACTION", 4)
    with crowd.held():
        answers = [crowd.come(*(order(f"o{caller}-{n}") for n in range(3))) for caller in range(3)]
        answers.append(crowd.come(*(order(f"large-{n}") for n in range(9))))
    assert positions(answers) == list(range(2, 20))
    assert crowd.transactions == 5


def test_a_caller_alone_is_written_at_once_by_its_own_thread(crowd: Crowd) -> None:
    threads: set[int] = set()
    write = crowd.group._appender.append

    def writing_thread(requests: Any) -> Any:
        threads.add(threading.get_ident())
        return write(requests)

    crowd.group._appender.append = writing_thread  # type: ignore[method-assign]  # to see whose thread it is
    for number in range(3):
        crowd.append(order(f"o{number}"))
    assert threads == {threading.get_ident()}
    assert crowd.transactions == 3


def test_more_than_may_wait_is_refused_before_anything_is_written(ledger: Ledger) -> None:
    crowd = Crowd(ledger.store, capacity=3)
    try:
        with crowd.held():
            accepted = [crowd.come(order("o1"), order("o2")), crowd.come(order("o3"))]
            with pytest.raises(LedgerOverloaded, match="3 events wait to be written and 3 may") as refused:
                crowd.append(order("o4"))
        assert (refused.value.waiting, refused.value.capacity) == (3, 3)
        assert positions(accepted) == [2, 3, 4]
        # What is larger than may wait is taken when nobody waits.
        assert len(crowd.append(*(order(f"l{number}") for number in range(5)))) == 5
    finally:
        crowd.close()


def test_whoever_comes_after_a_wait_in_vain_does_not_wait_for_those_who_were_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sqlite_writer", "append"):
        monkeypatch.setattr(f"ledger.store.{module}.BUSY_TIMEOUT", 1.0)
    for limit in ("GATHER", "LONGEST_GATHER"):  # so that no slowness of the machine looks like this wait
        monkeypatch.setattr(f"ledger.store.group.{limit}", 60.0)
    url = sqlite_copy(tmp_path)
    with Ledger.open(url) as ledger, ThreadPoolExecutor(4) as pool:
        with closing(sqlite3.connect(file_of(url), isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            answers = [pool.submit(ledger.append, order(f"o{number}")) for number in range(4)]
            assert all(isinstance(answer.exception(30), LedgerBusy) for answer in answers)
        began = time.monotonic()
        ledger.append(order("alone"))
        assert time.monotonic() - began < 20


def test_closing_answers_what_was_accepted_and_refuses_the_rest(crowd: Crowd, ledger: Ledger) -> None:
    with crowd.held() as first:
        accepted = [crowd.come(order(f"o{number}")) for number in range(5)]
        closing = crowd.pool.submit(crowd.group.close)
        until(lambda: crowd.group.closed)
        with pytest.raises(LedgerClosed, match="open it again"):
            crowd.append(order("late"))
        assert not closing.done()
    closing.result(30)
    assert column(ledger, "SELECT count(*) FROM events") == [6]
    assert positions([first, *accepted]) == list(range(1, 7))


def test_a_closed_ledger_takes_no_more(ledger: Ledger) -> None:
    ledger.append(order("o1"))
    ledger.close()
    with pytest.raises(LedgerClosed):
        ledger.append(order("o2"))


@contextmanager
def ctrl_c_after(waiting: Callable[[], bool], then: Callable[[], None]) -> Iterator[None]:
    """Send this thread SIGINT, as Ctrl-C does, once something is so."""
    main = threading.get_ident()

    def press() -> None:
        until(waiting)
        signal.pthread_kill(main, signal.SIGINT)
        then()

    presser = threading.Thread(target=press)
    presser.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        presser.join(30)


def test_ctrl_c_while_one_leads_takes_its_own_events_away_and_nobody_elses(crowd: Crowd, ledger: Ledger) -> None:
    crowd.gate.clear()
    others: list[Answer] = []

    def others_wait() -> bool:
        if crowd.begun.is_set() and not others:
            others.extend(crowd.come(order(f"o{number}")) for number in range(4))
        return bool(others)

    with ctrl_c_after(others_wait, crowd.gate.set):
        crowd.append(order("mine"))
    assert sorted(positions(others)) == [1, 2, 3, 4]
    assert column(ledger, "SELECT count(*) FROM events") == [4]
    assert crowd.append(order("mine"))[0].position == 5


def test_ctrl_c_while_one_waits_takes_its_own_events_away_and_nobody_elses(crowd: Crowd, ledger: Ledger) -> None:
    with crowd.held() as first:
        with ctrl_c_after(lambda: crowd.group.waiting == 1, lambda: None):
            crowd.append(order("mine"))
        others = [crowd.come(order(f"o{number}")) for number in range(3)]
    assert positions([first, *others]) == [1, 2, 3, 4]
    assert crowd.append(order("mine"))[0].position == 5


def interrupted_at(line: int, act: Callable[[], Any]) -> bool:
    """Do something, raising KeyboardInterrupt before the so-many-th line of group.py; say whether it came so far.

    Not at the line of a `with`, which a tracer sees once more when its lock is held and its block is left: no signal
    strikes there.
    """
    seen = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal seen
        if frame.f_code.co_filename != group.__file__:
            return None
        if event == "line" and not linecache.getline(group.__file__, frame.f_lineno).lstrip().startswith("with "):
            seen += 1
            if seen == line:
                raise KeyboardInterrupt
        return trace

    sys.settrace(trace)
    try:
        act()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


def struck_at(crowd: Crowd, line: int) -> bool:
    """Interrupt a caller that waits and then leads at one line; say whether it came so far."""
    with crowd.held(order(f"first{line}")) as first:
        struck = crowd.pool.submit(interrupted_at, line, lambda: crowd.append(order(f"mine{line}")))
        until(lambda: crowd.group.waiting == 1 or struck.done())
        others = [crowd.pool.submit(crowd.append, order(f"o{line}-{number}")) for number in range(3)]
        until(lambda: crowd.group.waiting >= len(others))  # the one that is struck may go at any moment
    assert len(positions([first, *others])) == 4
    return struck.result(30)


def test_ctrl_c_at_any_line_leaves_nobody_waiting(quick_ledger: Ledger) -> None:
    line = 1
    crowd = Crowd(quick_ledger.store)
    while struck_at(crowd, line):
        assert crowd.append(order(f"last{line}"))[0].recorded
        line += 1
    crowd.close()
    assert line > 20
    assert quick_ledger.verify(whole=True).ok
