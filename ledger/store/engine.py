"""Opening a database so that what it acknowledges is kept, on SQLite and PostgreSQL."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError

from ledger.errors import InvalidArgument, LedgerBusy, LedgerIncompatible
from ledger.store.failures import typed_errors
from ledger.store.patience import ANSWER, CONNECT, GREETING, LINK, SERVER_LINK, PatientConnection
from ledger.store.sealed import SEALED, connect_sealed, require_unchanged

__all__ = ["Connection", "Engine", "no_ledger_in", "open_engine", "parse_url", "reading", "sqlite_path", "writing"]

BUSY_TIMEOUT = 9.0
"""Seconds a writer waits for another before LedgerBusy: less than ANSWER, so that a lock is never taken for silence."""

LEDGER_TABLE = "log_head"
"""A table that every ledger has, of whatever version, and other databases hardly."""

PASSWORD = re.compile(r"(://[^:/@]*:).*@")

WRITES = {"ledger_writes": True}

SQLITE_PRAGMAS = {
    "journal_mode": ("WAL", "wal"),
    "synchronous": ("FULL", 2),
    "foreign_keys": ("ON", 1),
    # Without it INSERT OR REPLACE deletes a row past the trigger that refuses deletes.
    "recursive_triggers": ("ON", 1),
    "busy_timeout": (int(BUSY_TIMEOUT * 1000), int(BUSY_TIMEOUT * 1000)),
    "cache_size": (-65536, -65536),
    "temp_store": ("MEMORY", 2),
}

FRUGAL = {"cache_size": -8192, "temp_store": "FILE", "synchronous": "NORMAL", "wal_autocheckpoint": 16_384}
"""What SQLite is set to while much is written that can be made again.

An index of millions of rows would else be sorted in memory. Power loss may take the last transactions back, each whole,
until the next ordinary one is acknowledged: that waits for all before it.
"""

ORDINARY = {name: value for name, (value, _) in SQLITE_PRAGMAS.items()} | {"wal_autocheckpoint": 1_000}

POSTGRES_SETTINGS = (
    f"-c synchronous_commit=on -c lock_timeout={BUSY_TIMEOUT:g}s -c statement_timeout=0 "
    f"-c idle_in_transaction_session_timeout=120s -c timezone=UTC {SERVER_LINK}"
)

POSTGRES_LINK = {"connect_timeout": CONNECT, **LINK}


def parse_url(url: str) -> URL:
    """Return the address as SQLAlchemy has it, with the driver the ledger uses. Raises InvalidArgument."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        shown = PASSWORD.sub(r"\1***@", url)
        raise InvalidArgument(
            f"{shown!r} is no address of a ledger: write sqlite:///ledger.db or postgresql://user@host/database"
        ) from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _file(parsed)
    if backend in ("postgresql", "postgres"):
        return _server(parsed)
    raise InvalidArgument(f"a ledger lives in SQLite or PostgreSQL, not {backend!r}")


def _file(url: URL) -> URL:
    if not url.database or url.database == ":memory:" or url.host:
        raise InvalidArgument("a SQLite ledger is a file (in memory it would be lost): write sqlite:///ledger.db")
    if url.query:
        raise InvalidArgument(
            "the address of a SQLite ledger takes no options: leave out what follows the question mark"
        )
    return url.set(drivername="sqlite")


def _server(url: URL) -> URL:
    try:
        make_conninfo(**dict.fromkeys(url.query, "x"))
    except psycopg.ProgrammingError as error:
        raise InvalidArgument(f"the address has an option PostgreSQL does not know: {str(error).strip()}") from None
    return url.set(drivername="postgresql+psycopg")


def no_ledger_in(address: str) -> str:
    """Return the sentence that is said of a database that holds something else."""
    return f"the database at {address} holds other tables and no ledger: give the ledger a database of its own"


def sqlite_path(url: URL) -> Path | None:
    """Return the file of a SQLite address, None for a server."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def open_engine(url: URL, *, pool_size: int = 8, cache: int | None = None) -> Engine:
    """Return an engine whose every connection has been set, and checked, to be durable.

    `cache` is how much of a SQLite file each connection keeps, in KiB, where that is to be less.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url, pool_size=pool_size, max_overflow=8, pool_timeout=BUSY_TIMEOUT, connect_args={"timeout": BUSY_TIMEOUT}
        )
        event.listen(engine, "do_connect", connect_sealed)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "checkout", _forget_changed)
        if cache is not None:
            event.listen(engine, "connect", lambda connection, _: connection.execute(f"PRAGMA cache_size=-{cache}"))
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=8,
        pool_timeout=BUSY_TIMEOUT,
        pool_pre_ping=True,
        # The address may set the link's timers otherwise.
        connect_args={name: value for name, value in POSTGRES_LINK.items() if name not in url.query}
        | {"options": POSTGRES_SETTINGS},
    )
    event.listen(engine, "do_connect", _connect_postgres)
    event.listen(engine, "connect", _check_postgres)
    event.listen(engine, "checkout", _wait_as_long_as_it_takes)
    event.listen(engine, "reset", _wait_for_a_greeting)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # the begin listener alone says which transaction starts
    _leave_strangers_alone(connection)
    for name, (value, expected) in SQLITE_PRAGMAS.items():
        if name == "journal_mode" and SEALED in record.info:
            continue  # nothing is written, so there is no journal
        connection.execute(f"PRAGMA {name}={value}")
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != expected:
            raise LedgerIncompatible(
                f"SQLite keeps {name}={found} where the ledger needs {value}: "
                "put the file on a local disk (network file systems lose writes)"
            )


def _leave_strangers_alone(connection: sqlite3.Connection) -> None:
    """Refuse a database that is no ledger before its file is changed: the journal's mode is written into it."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and LEDGER_TABLE not in tables:
        file = connection.execute("PRAGMA database_list").fetchone()[2]
        raise LedgerIncompatible(no_ledger_in(f"sqlite:///{file}"))


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("ledger_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _connect_postgres(_dialect: Any, _record: Any, address: tuple[str, ...], options: dict[str, Any]) -> Any:
    return PatientConnection.connect(*address, **options)


def _wait_as_long_as_it_takes(connection: PatientConnection, *_: Any) -> None:
    connection.patience = None


def _wait_for_a_greeting(connection: PatientConnection, *_: Any) -> None:
    connection.patience = GREETING


def _check_postgres(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        found = cursor.fetchone()[0]
    connection.rollback()
    if found != "on":
        raise LedgerIncompatible(
            f"PostgreSQL keeps synchronous_commit={found}, so an acknowledged event could be lost: set it to on"
        )


@contextmanager
def reading(engine: Engine, *, soon: bool = False) -> Iterator[Connection]:
    """Open one consistent snapshot for reading.

    `soon` says that little is read: a PostgreSQL that says nothing for some seconds is then told as LedgerUnreachable.
    """
    with typed_errors():
        options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        with engine.connect().execution_options(**options) as connection, connection.begin():
            link = connection.connection.driver_connection
            if soon and isinstance(link, PatientConnection):
                link.patience = ANSWER
            yield connection
            _require_as_opened(connection)


def _forget_changed(_connection: Any, record: Any, _proxy: Any) -> None:
    try:
        require_unchanged(record.info)
    except LedgerBusy as error:  # nothing was read yet: the file is opened anew, and nothing is lost
        raise DisconnectionError from error


def _require_as_opened(connection: Connection) -> None:
    try:
        require_unchanged(connection.info)
    except LedgerBusy as error:
        connection.invalidate(error)
        raise


@contextmanager
def writing(engine: Engine, *, much: bool = False) -> Iterator[Connection]:
    """Open one transaction that writes; it is kept whole or not at all.

    `much` says that more is written than memory should hold, and that it can be made again: see FRUGAL; PostgreSQL
    does not wait for its disk either.
    """
    with (
        typed_errors(),
        engine.connect().execution_options(**WRITES) as connection,
        _much(connection) if much else connection.begin(),
    ):
        yield connection


@contextmanager
def _much(connection: Connection) -> Iterator[None]:
    if connection.dialect.name != "sqlite":
        with connection.begin():
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield
        return
    # On the driver's connection, because SQLAlchemy's own would begin a transaction, in which neither may change.
    driver: Any = connection.connection.driver_connection
    for name, value in FRUGAL.items():
        driver.execute(f"PRAGMA {name}={value}")
    try:
        with connection.begin():
            yield
    finally:
        with suppress(sqlite3.Error):  # a connection that is broken is not used again
            for name in FRUGAL:
                driver.execute(f"PRAGMA {name}={ORDINARY[name]}")
