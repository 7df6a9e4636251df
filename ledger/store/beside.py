"""A database of one's own beside a ledger: on the same disk or server, empty, and gone afterwards."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TypeAlias

import psycopg
from sqlalchemy import URL

from ledger.errors import LedgerMissing, LedgerUnreachable, PermissionRefused
from ledger.store.engine import parse_url, sqlite_path
from ledger.store.failures import typed_errors

PAGE = 4096
"""Bytes that a sync makes durable."""

PAGES = 1_000
"""Pages of the file that is synced: what SQLite's own log grows to before it begins anew."""

CONNECT_SECONDS = 10

Server: TypeAlias = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class Beside:
    """The address of the database; `sync` makes a page durable there and does nothing else: a commit costs no less."""

    url: str
    sync: Callable[[], object]


@contextmanager
def beside(url: str) -> Iterator[Beside]:
    """Make an empty database beside the one at `url`, which need not exist and is not touched; remove it at the end.

    Beside a SQLite file it is a file in a new folder, beside a PostgreSQL database another one of that server. Raises
    InvalidArgument, LedgerMissing, PermissionRefused, LedgerUnreachable or an OSError.
    """
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    with _in_folder(path.absolute().parent) if path is not None else _on_server(parsed) as made:
        yield made


@contextmanager
def _in_folder(folder: Path) -> Iterator[Beside]:
    if not folder.is_dir():
        raise LedgerMissing(f"the folder {folder} does not exist: make it first")
    try:
        own = tempfile.TemporaryDirectory(prefix="ledger-bench-", dir=folder)
    except PermissionError as error:
        raise PermissionRefused(f"nothing may be written into {folder}: check its permissions") from error
    with own as name, (Path(name) / "pages").open("wb", buffering=0) as pages:
        number, place = pages.fileno(), cycle(range(0, PAGES * PAGE, PAGE))
        durable = getattr(os, "fdatasync", os.fsync)

        def sync() -> None:
            os.pwrite(number, bytes(PAGE), next(place))
            durable(number)

        yield Beside(f"sqlite:///{name}/ledger.db", sync)


@contextmanager
def _on_server(url: URL) -> Iterator[Beside]:
    name = f"ledger_bench_{secrets.token_hex(8)}"
    with typed_errors(), closing(_connected(url)) as server:
        try:
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
        except psycopg.errors.InsufficientPrivilege as error:
            raise PermissionRefused(
                "this account may not make a database of its own to measure in: name one with the right CREATEDB"
            ) from error
        try:
            own = url.set(database=name)
            with closing(_connected(own)) as link:
                # A record of the write-ahead log that no table is behind.
                page = f"SELECT pg_logical_emit_message(true, 'ledger', repeat('x', {PAGE}))".encode()
                yield Beside(own.render_as_string(hide_password=False), lambda: link.execute(page))
        finally:
            _drop(server, name)


def _drop(server: Server, name: str) -> None:
    try:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
    except psycopg.OperationalError as error:
        raise LedgerUnreachable(f"the server went away: drop the database {name} once it is back ({error})") from error


def _connected(url: URL) -> Server:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True, connect_timeout=CONNECT_SECONDS)
