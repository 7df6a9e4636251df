"""A PostgreSQL whose disk is full: told by name, nothing acknowledged lost, and all goes on once there is room.

The database lies in a tablespace on a small disk; the server's own log of writes lies elsewhere and has room.
"""

from __future__ import annotations

import os
import pwd
import random
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy.engine import URL, make_url

from ledger import Ledger
from ledger.commands import Outcome
from ledger.errors import StorageFull
from ledger.store.plan import Recorded
from tests.databases import administer, drop, text
from tests.faults.disks import fill, give_room, mounted
from tests.faults.extent import many
from tests.faults.oracle import expect_sound, places, violations
from tests.postgres_server import fresh_directory, kept_server
from tests.store.events import Wire, order

WORDS = "the server's disk is full: free some room"
THREADS = 3


class Cramped(NamedTuple):
    """A ledger on a server, and the disk that it alone lies on."""

    url: str
    disk: Path


@pytest.fixture
def own_server(request: pytest.FixtureRequest) -> Iterator[URL]:
    """Give a server that runs on this machine, so that it can be given a disk."""
    if os.environ.get("LEDGER_TEST_PG_URL"):
        with kept_server() as url:
            yield make_url(url)
    else:
        yield request.getfixturevalue("postgres_server")


@pytest.fixture
def cramped(own_server: URL) -> Iterator[Cramped]:
    """Give a new ledger on a disk of 96 MiB."""
    folder = fresh_directory()
    name = folder.name.replace("-", "_")
    try:
        with mounted(folder, "size=96m", "mode=0700", f"uid={pwd.getpwnam('nobody').pw_uid}") as disk:
            administer(own_server, f"CREATE TABLESPACE \"{name}\" LOCATION '{disk}'")
            try:
                administer(own_server, f'CREATE DATABASE "{name}" TEMPLATE template0 TABLESPACE "{name}"')
                yield Cramped(text(own_server.set(database=name)), disk)
            finally:
                drop(own_server, name)
                administer(own_server, f'DROP TABLESPACE "{name}"')
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wires(name: str, count: int) -> list[Wire]:
    return [order(f"{name}-{number}", f"c{number % 500}") for number in range(count)]


def until_full(ledger: Ledger, sent: Iterable[Wire]) -> tuple[list[Recorded], int]:
    """Append one by one until the disk is full; return what was kept, and how often it was full."""
    kept: list[Recorded] = []
    for wire in sent:
        try:
            kept += ledger.append(wire)
        except StorageFull:
            return kept, 1
    return kept, 0


def recorded(outcomes: Iterable[Outcome]) -> Iterator[Recorded]:
    for outcome in outcomes:
        assert isinstance(outcome, Recorded)
        yield outcome


def test_a_server_whose_disk_is_full_loses_nothing_and_goes_on_once_there_is_room(
    cramped: Cramped, tell: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.commands.BATCH", 200)
    points = 0
    kept: list[Recorded] = []
    with Ledger.open(cramped.url) as ledger, ThreadPoolExecutor(THREADS) as pool:
        for level in range(many(1, 8)):
            bulk = wires(f"bulk{level}", many(1_500, 3_000))
            parts = [wires(f"t{thread}-{level}", many(150, 400)) for thread in range(THREADS)]
            fill(cramped.disk, random.Random(level).randrange(20_000, 600_000))
            with pytest.raises(StorageFull, match=WORDS):
                kept += recorded(ledger.append_many(bulk))
            told = list(pool.map(lambda part: until_full(ledger, part), parts))
            kept += [place for kept_by, _ in told for place in kept_by]
            points += 1 + sum(full for _, full in told)
            # The oracle sorts, for which the server needs room too.
            give_room(cramped.disk)
            assert violations(cramped.url, places(kept)) == [], f"level {level}"
            now = places(recorded(ledger.append_many([*bulk, *(wire for part in parts for wire in part)])))
            assert {key: place for key, place in places(kept).items() if key in now}.items() <= now.items()
        expect_sound(cramped.url, places(kept))
    tell(points=points, acknowledged=len(kept), lost=0)
