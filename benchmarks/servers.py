"""A PostgreSQL whose commits are durable, for as long as a benchmark runs.

Run as a program it keeps the server until its standard input closes, so that the server cannot outlive who asked
for it. Its data lie on the disk to be measured: LEDGER_BENCH_DIR where its path is short and open to the server's
account, else the temporary folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import psycopg

from tests.postgres_server import cluster

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
    keeper = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.servers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,  # Ctrl-C is for the benchmark; the keeper ends when it does
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        directory = keeper.stdout.readline().strip()
        if not directory:
            raise RuntimeError("PostgreSQL did not start; what it said stands above")
        url = f"postgresql://postgres@/postgres?host={quote(directory, safe='/')}"
        _require_durable(url)
        yield url
    finally:
        keeper.stdin.close()
        keeper.wait(60)
        keeper.stdout.close()


def _require_durable(url: str) -> None:
    with psycopg.connect(url) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes", "wal_sync_method"):
            [found] = connection.execute(f"SHOW {name}".encode()).fetchone() or (None,)
            if found != SETTINGS[name]:
                raise RuntimeError(f"the server keeps {name}={found}, not {SETTINGS[name]}")


def keep() -> None:
    """Keep one server until standard input ends."""
    with cluster(SETTINGS) as (directory, _):
        sys.stdout.write(f"{directory}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    keep()
