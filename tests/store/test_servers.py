"""A PostgreSQL server that is not there, refuses, does not know us, or goes away."""

from __future__ import annotations

import gc
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from ledger import Ledger, LedgerError
from ledger.errors import LedgerBusy, LedgerUnreachable, PermissionRefused
from ledger.store.engine import open_engine, parse_url, writing
from ledger.store.patience import PatientConnection, ServerSilent
from ledger.store.postgres_writer import PostgresWriter
from tests import databases
from tests.faults.proxy import Cut, Where, through_proxy
from tests.ledgers import empty
from tests.store.asking import column
from tests.store.doors import refused, rewritten
from tests.store.events import order
from tests.store.following import eventually


@pytest.fixture
def answering(request: pytest.FixtureRequest) -> Iterator[Callable[[str, str], str]]:
    """Give a function that starts a server which refuses every connection with a code and words; it returns the URL."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def start(code: str, words: str) -> str:
            threading.Thread(target=refuse, args=(listening, code, words), daemon=True).start()
            return f"postgresql://me:secret@127.0.0.1:{listening.getsockname()[1]}/ledger?sslmode=disable"

        yield start


def refuse(listening: socket.socket, code: str, words: str) -> None:
    said = f"SFATAL\0VFATAL\0C{code}\0M{words}\0\0".encode()
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"E" + (len(said) + 4).to_bytes(4, "big") + said)


@pytest.mark.parametrize(
    ("code", "words", "error", "cure"),
    [
        ("28P01", 'password authentication failed for user "me"', PermissionRefused, "check the user and the password"),
        ("28000", "no pg_hba.conf entry for host", PermissionRefused, "ask who runs it"),
        ("53300", "sorry, too many clients already", LedgerBusy, "try again later"),
        ("57P03", "the database system is starting up", LedgerUnreachable, "try again in a moment"),
    ],
)
def test_what_a_server_says_to_a_connection_it_refuses_has_a_cure(
    answering: Callable[[str, str], str], code: str, words: str, error: type[LedgerError], cure: str
) -> None:
    refused(answering(code, words), error, cure)


def test_an_account_or_database_that_the_server_does_not_know_is_said_to_be(postgres_server: URL) -> None:
    refused(databases.text(postgres_server.set(username="stranger")), PermissionRefused, "check the address's user")
    refused(databases.text(postgres_server.set(database="nowhere")), LedgerUnreachable, "create it first")


def test_a_server_that_is_not_there_is_said_not_to_answer(tmp_path: Path) -> None:
    for url in ("postgresql://127.0.0.1:1/ledger", f"postgresql://me@/ledger?host={tmp_path}"):
        refused(url, LedgerUnreachable, "check the address and that it runs")


def test_an_account_without_rights_is_told_to_ask_for_them(postgres_url: str, postgres_server: URL) -> None:
    Ledger.open(postgres_url).close()
    role = f"guest_{os.getpid()}"
    databases.administer(postgres_server, f"CREATE ROLE {role} LOGIN")
    try:
        refused(databases.text(make_url(postgres_url).set(username=role)), PermissionRefused, "ask for it")
    finally:
        databases.administer(postgres_server, f"DROP ROLE {role}")


def test_an_open_ledger_outlives_its_connections(ledger: Ledger, quick_url: str) -> None:
    ledger.append(order("o1"))
    if make_url(quick_url).get_backend_name() == "postgresql":
        rewritten(
            quick_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
    else:
        ledger.store.engine.dispose()
    assert ledger.append(order("o2"))[0].position == 2


def test_a_connection_that_breaks_in_the_middle_of_an_append_is_told_and_the_retry_is_safe(kept_postgres: str) -> None:
    empty(kept_postgres)
    with Ledger.open(kept_postgres) as ledger:
        ledger.append(order("o1"))
        with writing(ledger.store.engine) as holder:
            holder.execute(text("SELECT 1 FROM log_head FOR UPDATE"))
            breaking = threading.Thread(target=who_waits_is_broken_off, args=(kept_postgres,))
            breaking.start()
            with pytest.raises(LedgerUnreachable, match="try again"):
                ledger.append(order("o2"))
        breaking.join()
        assert ledger.append(order("o2"))[0].recorded
        assert column(ledger, "SELECT position FROM events ORDER BY position") == [1, 2]


def who_waits_is_broken_off(url: str) -> None:
    """Break the connection of whoever waits for a lock, as soon as somebody does."""
    broken_off = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with psycopg.connect(databases.text(make_url(url).set(drivername="postgresql")), autocommit=True) as server:
        eventually(lambda: server.execute(broken_off).fetchone() == (1,))


def test_a_commit_whose_answer_is_lost_is_found_again(kept_postgres: str) -> None:
    empty(kept_postgres)
    with through_proxy(kept_postgres) as (proxy, ledger):
        ledger.append(order("o1"))
        proxy.arm(Cut(Where.AFTER))
        with pytest.raises(LedgerUnreachable, match="an append that was kept is found again"):
            ledger.append(order("o2"), expected_version=1)
        [again] = ledger.append(order("o2"), expected_version=1)
        assert (again.position, again.version, again.recorded) == (2, 2, False)


def test_sources_are_asked_for_again_where_a_server_was_restored(postgres_url: str, postgres_server: URL) -> None:
    with Ledger.open(postgres_url) as ledger:
        ledger.append([order("o1"), order("o2", source="web")])
        name = make_url(postgres_url).database
        databases.administer(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')
        databases.administer(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE template0')
        with Ledger.open(postgres_url) as restored:
            restored.append(order("o3", source="bank"))
        with suppress(LedgerUnreachable):
            ledger.append(order("o4"))
        ledger.append(order("o4"))
        assert column(ledger, "SELECT name FROM events e JOIN sources s ON s.id = e.source ORDER BY position") == [
            "bank",
            "shop",
        ]


def test_closing_says_nothing_on_the_terminal(postgres_url: str, caplog: pytest.LogCaptureFixture) -> None:
    with Ledger.open(postgres_url) as ledger:
        ledger.append(order("o1"))
    gc.collect()
    assert caplog.messages == []


def test_a_server_that_is_silent_from_the_first_moment_is_given_up_too(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.postgres_writer.ANSWER", 0.3)
    engine = open_engine(parse_url(postgres_url))
    link = engine.raw_connection()
    held = link.driver_connection
    assert isinstance(held, PatientConnection)
    monkeypatch.setattr("ledger.store.postgres_writer.PLAN_ONCE", "SELECT pg_sleep(2)")
    with pytest.raises(ServerSilent):
        PostgresWriter(held)
    link.invalidate()
    engine.dispose()
