"""A disk that fills up: nothing acknowledged is lost, nothing is half-written, and the next run goes on."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import event, inspect

from ledger import Ledger
from ledger.cli.exits import Exit
from ledger.errors import StorageFull
from ledger.projecting.rebuild import rebuild
from ledger.store.engine import reading
from ledger.store.plan import Recorded
from tests.ledgers import sqlite_copy
from tests.store.asking import ask, column, contents
from tests.store.events import Wire, order


@contextmanager
def room_for(ledger: Ledger, pages: int) -> Iterator[Ledger]:
    """Give the ledger opened anew, whose file may grow by so many pages: SQLite says the same as of a full disk."""
    [(now,)] = ask(ledger, "PRAGMA page_count")

    def limit(connection: object, _record: object, _proxy: object = None) -> None:
        connection.execute(f"PRAGMA max_page_count = {now + pages}")  # type: ignore[attr-defined]  # of the driver

    with Ledger.open(ledger.store.url) as cramped:
        event.listen(cramped.store.engine, "checkout", limit)
        yield cramped


def orders(first: int, count: int) -> Iterator[Wire]:
    return (order(f"o{number}", f"c{number % 500}") for number in range(first, first + count))


@pytest.fixture
def told(quick_ledger: Ledger) -> Ledger:
    """Give a ledger of some hundred events with its projections built."""
    assert all(isinstance(outcome, Recorded) for outcome in quick_ledger.append_many(orders(0, 400)))
    quick_ledger.rebuild()
    return quick_ledger


def test_an_append_that_finds_the_disk_full_is_not_half_written_and_goes_on_later(told: Ledger) -> None:
    before = contents(told)
    together = list(orders(1_000, 2_000))
    words = "free some room and run the same command again"
    with room_for(told, 20) as cramped, pytest.raises(StorageFull, match=words):
        cramped.append(together)
    assert contents(told) == before
    places = told.append(together)
    assert [place.position for place in places] == list(range(401, 2_401))
    told.catch_up()
    assert told.verify(whole=True).ok


def test_what_was_acknowledged_before_the_disk_was_full_stays(told: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.commands.BATCH", 100)
    acknowledged: list[Recorded] = []

    def append_all(cramped: Ledger) -> None:
        for outcome in cramped.append_many(orders(1_000, 5_000)):
            assert isinstance(outcome, Recorded)
            acknowledged.append(outcome)

    with room_for(told, 150) as cramped, pytest.raises(StorageFull):
        append_all(cramped)
    assert 0 < len(acknowledged) < 5_000
    assert column(told, "SELECT position FROM log_head") == [400 + len(acknowledged)]
    assert column(told, "SELECT count(*) FROM events") == [400 + len(acknowledged)]
    again = list(told.append_many(orders(1_000, 5_000)))
    assert again[: len(acknowledged)] == [recorded_before(place) for place in acknowledged]
    assert all(isinstance(outcome, Recorded) and outcome.recorded for outcome in again[len(acknowledged) :])


def recorded_before(place: Recorded) -> Recorded:
    return structs.replace(place, recorded=False)


@pytest.mark.parametrize("pages", [3, 30, 60])
def test_a_rebuild_that_finds_the_disk_full_keeps_the_old_tables_and_gives_its_room_back(
    told: Ledger, pages: int
) -> None:
    position = ask(told, "SELECT * FROM journey_position ORDER BY customer")
    assert all(isinstance(outcome, Recorded) for outcome in told.append_many(orders(1_000, 400)))
    with room_for(told, pages) as cramped, pytest.raises(StorageFull):
        rebuild(cramped.store)
    assert ask(told, "SELECT * FROM journey_position ORDER BY customer") == position
    assert column(told, "SELECT DISTINCT position FROM checkpoints") == [400]
    with reading(told.store.engine) as connection:
        tables = inspect(connection).get_table_names()
    assert {name.partition("__v")[2] for name in tables if "__v" in name} == {"1"}
    # What the rebuild had taken is free again: events have room where there was none.
    with room_for(told, 3) as cramped:
        cramped.append(list(orders(2_000, 20)))
    told.rebuild()
    assert told.verify(whole=True).ok


def test_a_catch_up_that_finds_the_disk_full_applies_nothing_and_goes_on_later(told: Ledger) -> None:
    assert all(isinstance(outcome, Recorded) for outcome in told.append_many(orders(1_000, 1_000)))
    with room_for(told, 10) as cramped, pytest.raises(StorageFull):
        cramped.catch_up()
    assert column(told, "SELECT DISTINCT position FROM checkpoints") == [400]
    assert told.verify(whole=True).ok
    assert told.catch_up().events == 1_000
    assert told.verify(whole=True).ok


# A file that may not grow, in a process of its own


def limited(arguments: list[str], folder: Path, url: str, size: int) -> subprocess.CompletedProcess[str]:
    """Run a command that may write no file beyond `size` bytes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    return subprocess.run(
        [sys.executable, "-m", "ledger", *arguments],
        cwd=folder,
        env=kept | {"LEDGER_URL": url, "PYTHONPATH": str(Path.cwd()), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )


MAPPING = """
[mapping]
name = "shop"
source = "shop"

[files.orders]
path = "orders.csv"
format = "csv"

[[events]]
from = "orders"
type = "page.viewed"
event_id = "id"
customer_id = "who"
occurred_at = "'2024-05-01T10:00:00Z'"
"""


def importing(folder: Path) -> list[str]:
    """Write what an import of 12,000 rows needs, and return the command."""
    rows = "".join(f"v{number},c{number % 500}\n" for number in range(EVENTS))
    (folder / "orders.csv").write_text("id,who\n" + rows)
    (folder / "mapping.toml").write_text(MAPPING)
    return ["import", "mapping.toml", "--data", "."]


def appending(folder: Path) -> list[str]:
    """Write 12,000 events, and return the command that appends them."""
    (folder / "log.ndjson").write_text("".join(json.dumps(wire) + "\n" for wire in orders(0, EVENTS)))
    return ["append", "log.ndjson"]


EVENTS = 12_000


@pytest.mark.parametrize("prepare", [appending, importing])
def test_a_command_that_cannot_write_ends_in_a_sentence_and_the_next_run_goes_on(
    tmp_path: Path, prepare: Callable[[Path], list[str]]
) -> None:
    url = sqlite_copy(tmp_path)
    command = prepare(tmp_path)
    done = limited(command, tmp_path, url, 2_500_000)
    assert done.returncode == Exit.STORAGE, done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in done.stderr
    with Ledger.open(url) as ledger:
        [kept] = column(ledger, "SELECT count(*) FROM events")
        assert kept in {5_000, 10_000}
        assert column(ledger, "SELECT position FROM log_head") == [kept]
    assert limited(command, tmp_path, url, resource.RLIM_INFINITY).returncode == Exit.DONE
    with Ledger.open(url) as ledger:
        assert column(ledger, "SELECT position FROM log_head") == [EVENTS]
        ledger.rebuild(workers=1)
        assert ledger.verify().ok
