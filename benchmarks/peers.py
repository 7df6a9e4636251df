"""The peers our rates are held against: eventsourcing's own recorders and projection runner, on the same disk."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec
from eventsourcing.persistence import ApplicationRecorder, StoredEvent
from eventsourcing.postgres import PostgresFactory
from eventsourcing.sqlite import SQLiteFactory
from eventsourcing.utils import Environment
from sqlalchemy.engine import make_url

from ledger.sample import simulate_lines

NAMESPACE = UUID(int=7)

PATIENCE = 60
"""Seconds that the peer's callers may wait for each other, so that none of them fails."""


@dataclass(frozen=True)
class Said:
    """The peer's domain event: the producer's fields as they came."""

    originator_id: UUID
    originator_version: int
    fields: dict[str, Any]


def said(raw: Iterable[bytes]) -> Iterator[Said]:
    """Yield the peer's events, on the same streams."""
    versions: Counter[str] = Counter()
    for line in raw:
        fields = msgspec.json.decode(line)
        customer = fields["customer_id"]
        versions[customer] += 1
        yield Said(uuid5(NAMESPACE, customer), versions[customer], fields)


def stored(raw: Iterable[bytes]) -> Iterator[StoredEvent]:
    """Yield the peer's events encoded already: the same text as state."""
    versions: Counter[str] = Counter()
    for line in raw:
        fields = msgspec.json.decode(line, type=_Envelope)
        versions[fields.customer_id] += 1
        yield StoredEvent(
            uuid5(NAMESPACE, fields.customer_id), versions[fields.customer_id], fields.type, line.rstrip(b"\n")
        )


class _Envelope(msgspec.Struct):
    customer_id: str
    type: str


@contextmanager
def recorder(url: str, connections: int = 1) -> Iterator[ApplicationRecorder]:
    """Give the peer's recorder on an empty database of its own, with a connection for each of its callers.

    POSTGRES_ENABLE_DB_FUNCTIONS stays off: with it a reader that follows the log misses events.
    """
    parsed = make_url(url)
    factory: SQLiteFactory | PostgresFactory
    if parsed.get_backend_name() == "sqlite":
        name = {"SQLITE_DBNAME": parsed.database or "", "SQLITE_LOCK_TIMEOUT": str(PATIENCE)}
        factory = SQLiteFactory(Environment("bench", name))
        factory.datastore.pool.pool_timeout = PATIENCE  # five seconds, and no variable says another
    else:
        factory = PostgresFactory(Environment("bench", postgres_environment(url, connections)))
    try:
        yield factory.application_recorder()
    finally:
        factory.close()


def postgres_environment(url: str, connections: int = 1) -> dict[str, str]:
    """Return the variables that tell the peer where its PostgreSQL is."""
    parsed = make_url(url)
    host = parsed.host or parsed.query.get("host", "")
    assert isinstance(host, str)
    return {
        "POSTGRES_DBNAME": parsed.database or "",
        "POSTGRES_HOST": host,
        "POSTGRES_PORT": str(parsed.port or 5432),
        "POSTGRES_USER": parsed.username or "",
        "POSTGRES_PASSWORD": str(parsed.password or ""),
        "POSTGRES_POOL_SIZE": str(connections),
        "POSTGRES_CONNECT_TIMEOUT": str(PATIENCE),
        "POSTGRES_IDLE_IN_TRANSACTION_SESSION_TIMEOUT": "0",
    }


def machine() -> str:
    """Return what the figures were taken on."""
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, {platform.system()} {platform.release()}"
    )


def lines(count: int, seed: int = 7) -> list[bytes]:
    """Return so many simulated events as JSON lines; one seed gives one log."""
    return list(islice(endless(seed, count // 30 + 1_000), count))


def endless(seed: int = 7, customers: int = 10_000_000) -> Iterator[bytes]:
    """Yield simulated events as JSON lines, made as they are taken; more customers give the same ones and more."""
    return (line.rstrip(b"\n") for line in simulate_lines(customers, seed))


@contextmanager
def folder(beside: Path | None = None) -> Iterator[Path]:
    """Give a folder on the disk to be measured: `beside`, else LEDGER_BENCH_DIR, else the temporary one."""
    with tempfile.TemporaryDirectory(dir=beside or os.environ.get("LEDGER_BENCH_DIR")) as made:
        yield Path(made)


def seconds(work: Callable[[], object]) -> float:
    """Return how long some work takes, by the wall clock."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def say(*words: object) -> None:
    """Print one line of results."""
    print(*words, file=sys.stdout, flush=True)
