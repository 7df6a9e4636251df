"""A PostgreSQL whose commits are durable, for as long as a benchmark runs.

Run as a program it keeps the server until its standard input closes, so that the server cannot outlive who asked
for it. Its data lie on the disk to be measured: LEDGER_BENCH_DIR where its path is short and open to the server's
account, else the temporary folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.postgres_server import address, cluster, keeper, say

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    # The defaults, named because every figure rests on them.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_sync_method": "fdatasync",
    "wal_level": "replica",
}


@contextmanager
def durable_server() -> Iterator[str]:
    """Run a server; yields its address. What is preloaded into this process is preloaded into the server."""
    environment = dict(os.environ)
    if "LEDGER_BENCH_DIR" in environment:
        environment["TMPDIR"] = environment["LEDGER_BENCH_DIR"]
    with keeper("-m", "benchmarks.servers", environment=environment) as (directory, _, _):
        url = f"postgresql{address(directory)}"
        _require_durable(url)
        yield url


def _require_durable(url: str) -> None:
    with psycopg.connect(url) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes", "wal_sync_method"):
            [found] = connection.execute(f"SHOW {name}".encode()).fetchone() or (None,)
            if found != SETTINGS[name]:
                raise RuntimeError(f"the server keeps {name}={found}, not {SETTINGS[name]}")


def keep() -> None:
    """Keep one server until standard input ends or says stop."""
    with cluster(SETTINGS) as (directory, _):
        say(directory)
        sys.stdin.readline()


if __name__ == "__main__":
    keep()
