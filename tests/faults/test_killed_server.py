"""A durable PostgreSQL is killed whole, its writers are killed, or both at once; those who live send again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from ledger import Ledger
from tests.databases import administer, text
from tests.faults.crew import crew
from tests.faults.extent import many
from tests.faults.oracle import expect_sound
from tests.faults.siege import Siege, figures
from tests.faults.writing import write
from tests.postgres_server import KillableServer, killable_server

CYCLES = many(4, 20)
"""Cycles a ledger: its log grows, and is judged whole after each."""

SEEDS = range(many(1, 10))
"""One for each ledger; a failure names its own."""


@pytest.fixture(scope="module")
def server() -> Iterator[KillableServer]:
    """Give a durable server of this file's own."""
    with killable_server() as running:
        yield running


class Strikes:
    """What is killed in a cycle, in turn: the server, the server and writers, writers."""

    def __init__(self, server: KillableServer) -> None:
        self.servers = 0
        self._server = server

    def against(self, siege: Siege) -> Callable[[list[int]], list[int]]:
        """Return what strikes a siege's writers, or the server under them."""

        def strike(pids: list[int]) -> list[int]:
            server, writers = ((True, False), (True, True), (False, True))[siege.cycles % 3]
            struck = siege.some(pids) if writers else []
            if server:
                self._server.kill()
                self._server.start()
                self.servers += 1
            return struck

        return strike


def test_a_server_and_writers_killed_at_any_moment_lose_and_double_nothing(
    server: KillableServer, tmp_path: Path, tell: Callable[..., None]
) -> None:
    sieges: list[Siege] = []
    found: list[str] = []
    strikes = Strikes(server)
    with crew(write) as forker:
        for seed in SEEDS:
            url = made(server, f"ledger{seed}")
            siege = Siege(forker, url, tmp_path / str(seed), seed=str(seed))
            sieges.append(siege)
            found += [f"seed {seed}: {words}" for words in besieged(siege, strikes.against(siege))]
            if found:
                break
            expect_sound(url, siege.books.kept, sent=siege.books.sent.values())
    tell(servers_killed=strikes.servers, **figures(sieges, found))
    assert found == []
    assert strikes.servers * 2 >= CYCLES * len(SEEDS)


def made(server: KillableServer, name: str) -> str:
    """Make a ledger in a database of its own."""
    address = make_url(server.url)
    administer(address, f'CREATE DATABASE "{name}" TEMPLATE template0')
    url = text(address.set(database=name))
    Ledger.open(url).close()
    return url


def besieged(siege: Siege, strike: Callable[[list[int]], list[int]]) -> list[str]:
    """Return what is wrong after the first cycle that left anything wrong."""
    for _ in range(CYCLES):
        siege.cycle(strike)
        wait_until_alone(siege.url)
        found = siege.found()
        if found:
            return found
    return []


def wait_until_alone(url: str) -> None:
    """Wait until the server has done what dead clients asked for: one may be in the middle of a commit."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"
    )
    with psycopg.connect(text(make_url(url).set(drivername="postgresql")), autocommit=True) as connection:
        deadline = time.monotonic() + 30
        while connection.execute(others).fetchone() != (0,):
            assert time.monotonic() < deadline, "a dead client's connection is still open"
            time.sleep(0.005)
