"""A PostgreSQL that cannot be reached is told within ten seconds, however it went away; once it is back, all goes on.

In the short form the ledger's limits are cut to a second or two; the full form waits for the true ones.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import partial

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from ledger import Ledger
from ledger.errors import LedgerBusy, LedgerError, LedgerUnreachable
from ledger.store import append, engine
from ledger.store.engine import BUSY_TIMEOUT, reading, writing
from ledger.store.patience import ANSWER, PatientConnection
from tests import databases
from tests.faults.extent import FULL, many
from tests.faults.namespace import far_server
from tests.faults.oracle import expect_sound, places
from tests.faults.proxy import Cut, How, Proxy, Where, by_port, socket_of, through_proxy
from tests.ledgers import empty
from tests.store.events import order

LIMIT = 10.0 if FULL else 6.0
"""Seconds until anything must have been told: two vain connections take 4 in the short form, three would take 6."""

CURE = r"try again|check the address"

SHORT_ANSWER = 1.2
SHORT_LOCK = 0.6
SHORT_GREETING = 0.6
SHORT_REST = 0.1


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut the limits in the short form, in the same order."""
    assert BUSY_TIMEOUT < ANSWER < 10
    if FULL:
        return
    for module in ("engine", "postgres_writer"):
        monkeypatch.setattr(f"ledger.store.{module}.ANSWER", SHORT_ANSWER)
    monkeypatch.setattr("ledger.store.append.REST", SHORT_REST)
    monkeypatch.setattr("ledger.store.group.LONG", SHORT_REST)
    monkeypatch.setattr(engine, "GREETING", SHORT_GREETING)
    monkeypatch.setattr(PatientConnection, "patience", SHORT_GREETING)
    link = {"connect_timeout": 2, "tcp_user_timeout": 900, "keepalives_idle": 1, "keepalives_interval": 1}
    monkeypatch.setattr(engine, "POSTGRES_LINK", engine.POSTGRES_LINK | link | {"keepalives_count": 1})
    monkeypatch.setattr("ledger.store.append.BUSY_TIMEOUT", SHORT_LOCK)
    settings = engine.POSTGRES_SETTINGS.replace(f"lock_timeout={BUSY_TIMEOUT:g}s", f"lock_timeout={SHORT_LOCK}s")
    for true, short in (("user_timeout=8000", "user_timeout=900"), ("idle=4", "idle=1"), ("interval=2", "interval=1")):
        assert true in settings
        settings = settings.replace(true, short)
    monkeypatch.setattr(engine, "POSTGRES_SETTINGS", settings)


@pytest.fixture
def url(kept_postgres: str) -> str:
    """Give the address of an empty ledger on PostgreSQL."""
    empty(kept_postgres)
    return kept_postgres


@pytest.fixture
def behind_proxy(url: str) -> Iterator[tuple[Proxy, Ledger]]:
    """Give an open ledger behind a proxy."""
    with through_proxy(url) as opened:
        yield opened


def seconds_until(error: type[LedgerError], act: Callable[[], object]) -> float:
    """Return how long it took until the error was told; expect it in time, with a cure."""
    started = time.monotonic()
    with pytest.raises(error, match=CURE):
        act()
    took = time.monotonic() - started
    assert took < LIMIT
    return round(took, 1)


@contextmanager
def stopped(*processes: int) -> Iterator[None]:
    """Stop processes so that they neither answer nor end."""
    try:
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        yield
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def asked(url: str, statement: str) -> list[int]:
    """Return the first column of what the server answers, asked beside the ledger."""
    with psycopg.connect(databases.text(make_url(url).set(drivername="postgresql"))) as server:
        return [row[0] for row in server.execute(statement.encode()).fetchall()]


POSTMASTER = "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int"
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
WAITING = f"{BACKENDS} AND wait_event_type = 'Lock'"


def test_a_server_that_refuses_is_told_at_once_and_is_used_again_when_it_is_back(
    behind_proxy: tuple[Proxy, Ledger], url: str, tell: Callable[..., None]
) -> None:
    proxy, ledger = behind_proxy
    ledger.append(order("o1"))
    proxy.close()
    took = [
        seconds_until(LedgerUnreachable, lambda: ledger.append(order("o2"))),
        seconds_until(LedgerUnreachable, lambda: ledger.history("ada")),
        seconds_until(LedgerUnreachable, lambda: Ledger.open(by_port(url, proxy.port))),
    ]
    assert max(took) < 2
    with closing(Proxy(socket_of(url), proxy.port)):
        [place] = ledger.append(order("o2"))
        assert (place.position, place.recorded) == (2, True)
        assert len(ledger.history("ada")) == 2
    tell(append=took[0], history=took[1], open=took[2])


def test_a_host_that_takes_no_packet_is_told_in_time(tell: Callable[..., None]) -> None:
    """A listener whose queue is full drops what asks for a connection, as a host behind a broken road does."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=0)) as listening, closing(socket.socket()) as first:
        first.connect(listening.getsockname())
        address = f"postgresql://me@127.0.0.1:{listening.getsockname()[1]}/ledger?sslmode=disable"
        tell(open=seconds_until(LedgerUnreachable, lambda: Ledger.open(address)))


@contextmanager
def silent(url: str, proxy: Proxy) -> Iterator[None]:
    """Let a proxy take everything and pass nothing on."""
    proxy.silent = True
    yield
    proxy.silent = False
    proxy.drop()


@contextmanager
def hanging(url: str, proxy: Proxy) -> Iterator[None]:
    """Stop the server, and all of it that serves this ledger."""
    with stopped(*asked(url, POSTMASTER), *asked(url, BACKENDS)):
        yield


@pytest.mark.parametrize("saying_nothing", [hanging, silent][: many(1, 2)])
def test_a_server_that_takes_everything_and_says_nothing_is_told_in_time(
    behind_proxy: tuple[Proxy, Ledger],
    url: str,
    saying_nothing: Callable[[str, Proxy], AbstractContextManager[None]],
    tell: Callable[..., None],
) -> None:
    proxy, ledger = behind_proxy
    ledger.append(order("o1"))
    time.sleep(0.0 if FULL else 2 * SHORT_REST)
    acts: dict[str, Callable[[], object]] = {
        "append": lambda: ledger.append(order("o2")),
        "history": lambda: ledger.history("ada"),
        "open": lambda: Ledger.open(by_port(url, proxy.port)),
    }
    with saying_nothing(url, proxy), ThreadPoolExecutor(3) as pool:
        telling = {name: pool.submit(seconds_until, LedgerUnreachable, act) for name, act in acts.items()}
        took = {name: told.result() for name, told in telling.items()}
    assert [place.position for place in ledger.append([order("o2"), order("o3")])] == [2, 3]
    tell(**took)


@pytest.mark.parametrize("where", [Where.AFTER, Where.BEFORE, Where.COPY][: many(1, 3)])
def test_a_link_that_goes_silent_in_a_transaction_is_told_in_time_and_the_retry_is_safe(
    behind_proxy: tuple[Proxy, Ledger], url: str, where: Where, tell: Callable[..., None]
) -> None:
    proxy, ledger = behind_proxy
    ledger.append(order("o0"))
    events = [order(f"o{number}", f"c{number % 9}") for number in range(1, 200)]
    proxy.arm(Cut(where, 5_000, How.SILENCE))
    took = seconds_until(LedgerUnreachable, lambda: list(ledger.append_many(events)))
    assert took >= SHORT_ANSWER - 0.3
    assert proxy.cut == 1
    proxy.drop()
    kept = places(place for place in ledger.append_many(events) if not isinstance(place, LedgerError))
    assert [place.position for place in kept.values()] == list(range(2, 201))
    expect_sound(url, kept)
    tell(append=took)


def test_every_thread_is_told_in_time(behind_proxy: tuple[Proxy, Ledger], tell: Callable[..., None]) -> None:
    """Some come while another's append waits in vain: their time begins when they come."""
    proxy, ledger = behind_proxy
    ledger.append(order("o0"))
    proxy.arm(Cut(Where.BEFORE, how=How.SILENCE))

    def sending(thread: int) -> float:
        time.sleep((thread - 1) * SHORT_ANSWER / 4)
        return seconds_until(LedgerUnreachable, lambda: ledger.append(order(f"o{thread}", f"c{thread}")))

    def go_silent() -> None:
        while not proxy.cut:
            time.sleep(0.01)
        proxy.silent = True

    with ThreadPoolExecutor(12) as pool:
        silence = pool.submit(go_silent)
        took = [future.result() for future in [pool.submit(sending, thread) for thread in range(1, 9)]]
        silence.result()
    tell(threads=len(took), longest=max(took))


def test_a_backend_that_hangs_is_told_in_time(url: str, tell: Callable[..., None]) -> None:
    """Its machine still takes every packet: no timer of the link ever runs out."""
    with Ledger.open(url) as ledger, ThreadPoolExecutor(1) as pool:
        ledger.append(order("o1"))
        with psycopg.connect(databases.text(make_url(url).set(drivername="postgresql"))) as holder:
            holder.execute("SELECT 1 FROM log_head FOR UPDATE")
            appending = pool.submit(seconds_until, LedgerUnreachable, lambda: ledger.append(order("o2")))
            while not (waiting := asked(url, WAITING)):
                time.sleep(0.02)
            with stopped(*waiting):
                took = appending.result()
        [place] = ledger.append(order("o2"))
        assert (place.position, place.recorded) == (2, True)
        tell(append=took)


def test_a_backend_that_hangs_between_two_appends_is_replaced(url: str) -> None:
    with Ledger.open(url) as ledger:
        ledger.append(order("o1"))
        time.sleep(append.REST + 0.1)
        started = time.monotonic()
        with stopped(*asked(url, BACKENDS)):
            assert len(ledger.history("ada")) == 1
            assert ledger.append(order("o2"))[0].position == 2
        assert time.monotonic() - started < LIMIT


def test_who_waits_for_another_writer_is_told_so_and_not_that_the_server_is_gone(
    url: str, tell: Callable[..., None]
) -> None:
    with Ledger.open(url) as ledger:
        ledger.append(order("o1"))
        with psycopg.connect(databases.text(make_url(url).set(drivername="postgresql"))) as holder:
            holder.execute("SELECT 1 FROM log_head FOR UPDATE")
            started = time.monotonic()
            with pytest.raises(LedgerBusy, match="another writer holds the ledger: try again"):
                ledger.append(order("o2"))
            took = time.monotonic() - started
        assert took < LIMIT
        assert ledger.append(order("o2"))[0].position == 2
        tell(append=round(took, 1))


def test_a_statement_that_takes_long_is_not_cut(url: str) -> None:
    pause = many(1, 11)
    with Ledger.open(url) as ledger, reading(ledger.store.engine) as connection:
        assert connection.execute(text("SELECT 1 FROM pg_sleep(:pause)"), {"pause": pause}).scalar() == 1


@pytest.mark.needs("ip")
@pytest.mark.needs("unshare")
def test_a_cable_that_is_pulled_is_told_in_time_and_leaves_no_lock_behind(tell: Callable[..., None]) -> None:
    """A writer that holds the log's head is cut off with the rest: the server must notice by itself."""
    with far_server() as far, Ledger.open(far.url) as ledger, Ledger.open(far.url) as other:
        ledger.append(order("o1"))
        with ThreadPoolExecutor(1) as pool:
            appending: list[Future[float]] = []

            def pull_it_while_another_waits_for_a_lock() -> None:
                with writing(other.store.engine) as holder:
                    holder.execute(text("SELECT 1 FROM log_head FOR UPDATE"))
                    append = partial(ledger.append, order("o2"))
                    appending.append(pool.submit(seconds_until, LedgerUnreachable, append))
                    while holder.execute(text(f"SELECT count(*) FROM ({WAITING}) w")).scalar() != 1:
                        time.sleep(0.02)
                    far.pull()

            with pytest.raises(LedgerUnreachable):
                pull_it_while_another_waits_for_a_lock()
            told = appending[0].result()
        again = seconds_until(LedgerUnreachable, lambda: ledger.append(order("o2")))
        far.plug()
        started = time.monotonic()
        [place] = ledger.append(order("o2"))
        assert (place.position, place.version) == (2, 2)
        assert time.monotonic() - started < LIMIT
        expect_sound(far.url, places([place]))
        tell(append=told, retry_without_cable=again)
