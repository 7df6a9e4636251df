"""What a database's error means to a caller: every driver error becomes one of the ledger's own."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ledger.errors import (
    LedgerBusy,
    LedgerIncompatible,
    LedgerUnreachable,
    PermissionRefused,
    StorageError,
    StorageFull,
)

SQLITE_WORDS: tuple[tuple[str, type[StorageError], str], ...] = (
    ("database is locked", LedgerBusy, "another writer holds the ledger: try again"),
    # A read of this very process that was broken off still holds the table.
    ("table is locked", LedgerBusy, "a table is still being read: try again"),
    (
        "disk is full",
        StorageFull,
        "the disk is full: free some room and run the same command again, nothing was half-written",
    ),
    (
        "readonly database",
        PermissionRefused,
        "the ledger is read-only here, its file or folder may not be written: check its permissions, or use a copy",
    ),
    ("unable to open", PermissionRefused, "the ledger's file cannot be opened: check the path and its permissions"),
    ("locking protocol", LedgerBusy, "another process holds the ledger: try again"),
    ("not a database", LedgerIncompatible, "the file is not a SQLite database: check the address, or restore a backup"),
    (
        # SQLite says so of a page that the disk cannot read, too, and that may pass.
        "malformed",
        LedgerIncompatible,
        "the file is damaged or its disk fails: check the disk, run `verify`, and restore a backup if it says the same",
    ),
    (
        "disk I/O error",
        StorageError,
        "the disk failed: check it; the last append was not acknowledged, so send it again",
    ),
)

SQLITE_NO_ROOM = ("SQLITE_IOERR_SHMSIZE",)
"""What SQLite calls a failure of the disk, and is a full one: no room for the index that every connection shares."""

POSTGRES_STATES: tuple[tuple[str, type[StorageError], str], ...] = (
    ("53100", StorageFull, "the server's disk is full: free some room and try again, nothing was half-written"),
    ("53", LedgerBusy, "the server is out of resources: try again later"),
    ("55P03", LedgerBusy, "another writer holds the ledger: try again"),
    ("57014", LedgerBusy, "the server gave up waiting: try again"),
    ("40", LedgerBusy, "another writer was in the way: try again"),
    ("28", PermissionRefused, "the server refuses this account: check the address's user and password"),
    ("42501", PermissionRefused, "this account lacks a right on the ledger's tables: ask for it"),
    ("25006", PermissionRefused, "the server is read-only: use the primary"),
    ("3D000", LedgerUnreachable, "there is no database of that name on the server: create it first"),
    ("57", LedgerUnreachable, "the server is going down: try again"),
    ("08", LedgerUnreachable, "the link to the server broke: try again, an append that was kept is found again"),
)

POSTGRES_WORDS: tuple[tuple[str, type[StorageError], str], ...] = (
    ("authentication failed", PermissionRefused, "the server refuses this account: check the user and the password"),
    ("no password supplied", PermissionRefused, "the server wants a password: write postgresql://user:password@host/…"),
    ("no pg_hba.conf entry", PermissionRefused, "the server refuses this account from here: ask who runs it"),
    (
        "permission denied for database|not permitted to log in",
        PermissionRefused,
        "this account may not use the database: ask who runs it",
    ),
    (
        "database .* does not exist",
        LedgerUnreachable,
        "there is no database of that name on the server: create it first",
    ),
    ("role .* does not exist", PermissionRefused, "the server knows no account of that name: check the address's user"),
    ("too many clients|connection slots", LedgerBusy, "the server takes no more connections: try again later"),
    ("starting up", LedgerUnreachable, "the server is starting: try again in a moment"),
    ("shutting down", LedgerUnreachable, "the server is going down: try again later"),
    (
        "said nothing for",
        LedgerUnreachable,
        "the server stopped answering: try again, an append that was kept is found again",
    ),
    (
        "closed the connection|connection is lost|could not (receive|send) data|connection is closed",
        LedgerUnreachable,
        "the link to the server broke: try again, an append that was kept is found again",
    ),
)
"""What is said of a connection that a server does not take, or that breaks; the driver gives only words, no code."""


def _of_sqlite(error: sqlite3.Error) -> StorageError | None:
    words = str(error)
    if getattr(error, "sqlite_errorname", "") in SQLITE_NO_ROOM:
        words = f"database or disk is full, {words}"
    for part, kind, cure in SQLITE_WORDS:
        if part in words:
            return kind(f"{cure} ({words})")
    return None


def _of_postgres(error: psycopg.Error) -> StorageError | None:
    words = str(error).strip().split("\n")[0]
    state = error.sqlstate or ""
    for prefix, kind, cure in POSTGRES_STATES:
        if state.startswith(prefix):
            return kind(f"{cure} ({words})")
    for part, kind, cure in POSTGRES_WORDS if not state else ():
        if re.search(part, words):
            return kind(f"{cure} ({words})")
    if isinstance(error, psycopg.OperationalError):
        return LedgerUnreachable(f"the server does not answer: check the address and that it runs ({words})")
    return None


def storage_error(error: BaseException) -> StorageError | None:
    """Return the ledger's error for a driver's or SQLAlchemy's one; None where it is no storage trouble."""
    if isinstance(error, DBAPIError):
        error = error.orig or error
    if isinstance(error, PoolTimeout):
        return LedgerBusy("all connections are in use: try again, or open the ledger with a larger pool")
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    if isinstance(error, psycopg.Error):
        return _of_postgres(error)
    return None


@contextmanager
def typed_errors() -> Iterator[None]:
    """Turn every storage error raised inside into the ledger's own."""
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error, psycopg.Error) as error:
        typed = storage_error(error)
        if typed is None:
            raise
        raise typed from error
