"""A rebuild from the archive, into files, or as a rehearsal: the same customers, the same rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import text

from ledger import Ledger
from ledger.archive.writing import write_archive
from ledger.errors import ArchiveError, InvalidArgument
from ledger.projecting.files import write_files
from ledger.projecting.rebuild import rebuild
from ledger.projecting.rehearse import rehearse
from ledger.projections import PROJECTIONS
from ledger.runners import tasks, whole
from ledger.runners.run import Run
from ledger.sample.simulate import simulate
from ledger.store.engine import reading
from ledger.store.plan import Recorded
from ledger.store.read_model import table_of
from tests.projecting.test_parking import header, record
from tests.properties.ledgers import tables
from tests.store.events import order


@pytest.fixture(autouse=True)
def small_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut the customers into ranges of seven, and think workers worth it for any log."""
    monkeypatch.setattr(whole, "WORTH_WORKERS", 0)
    monkeypatch.setattr(tasks, "STREAMS_A_CUT", 7)


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    for outcome in ledger.append_many(simulate(40, 5)):
        assert isinstance(outcome, Recorded), outcome
    return ledger


def rows_of(ledger: Ledger) -> dict[str, list[tuple[Any, ...]]]:
    with reading(ledger.store.engine) as connection:
        return {
            projection.name: sorted(map(tuple, connection.execute(table_of(projection).select())), key=repr)
            for projection in PROJECTIONS
        }


@pytest.mark.parametrize("workers", [1, 2])
def test_a_rebuild_from_the_archive_is_the_one_from_the_log(told: Ledger, tmp_path: Path, workers: int) -> None:
    told.rebuild(workers=1)
    before = tables(told)
    write_archive(told.store, tmp_path / "archive")
    made = rebuild(told.store, run=Run(workers=workers, archive=str(tmp_path / "archive")))
    assert made.live
    assert made.version == 2
    assert tables(told) == before
    assert told.verify(whole=True).ok


def test_what_the_archive_lacks_comes_from_the_log(told: Ledger, tmp_path: Path) -> None:
    write_archive(told.store, tmp_path / "archive")
    archived = rebuild(told.store, run=Run(workers=1, archive=str(tmp_path / "archive"))).events
    told.append([order("late", "somebody new")])
    made = rebuild(told.store, run=Run(workers=1, archive=str(tmp_path / "archive")))
    assert (made.events, made.live) == (archived, True)
    assert told.verify(whole=True).ok
    assert told.position("somebody new")["stage"] == "purchase"


def test_the_archive_of_another_ledger_is_refused_before_anything_is_touched(
    told: Ledger, quick_ledger: Ledger, tmp_path: Path
) -> None:
    quick_ledger.append(order("o1"))
    write_archive(quick_ledger.store, tmp_path / "archive")
    with pytest.raises(ArchiveError, match="of another ledger"):
        rebuild(told.store, run=Run(archive=str(tmp_path / "archive")))
    with reading(told.store.engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM read_models")).scalar_one() == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_the_files_hold_the_rows_of_the_tables(told: Ledger, tmp_path: Path, workers: int) -> None:
    record(told, first_customer(told), "meter.read", header("meter.read"))
    told.rebuild(workers=1)
    made = write_files(told.store, str(tmp_path / "out"), run=Run(workers=workers))
    assert made.parked == 1
    for name, rows in rows_of(told).items():
        files = read(tmp_path / "out" / name)
        assert sorted(files, key=repr) == rows
        assert made.rows[name] == len(rows)
    [(_, position, reason)] = read(tmp_path / "out" / "parked")
    assert (position, "meter.read" in reason) == (made.position, True)


def read(folder: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT * FROM '{folder}/*.parquet'").fetchall()


def test_files_are_not_mixed_with_those_of_another_run(told: Ledger, tmp_path: Path) -> None:
    write_files(told.store, str(tmp_path / "out"), run=Run(workers=1))
    with pytest.raises(InvalidArgument, match="holds the files of another run"):
        write_files(told.store, str(tmp_path / "out"), run=Run(workers=1))


def first_customer(ledger: Ledger) -> str:
    with reading(ledger.store.engine) as connection:
        return str(connection.execute(text("SELECT customer_id FROM streams ORDER BY stream LIMIT 1")).scalar_one())


@pytest.mark.parametrize("workers", [1, 2])
def test_a_rehearsal_names_every_event_that_would_fail_and_writes_nothing(told: Ledger, workers: int) -> None:
    customer = first_customer(told)
    record(told, customer, "meter.read", header("meter.read"))
    told.append(order("after it", customer))
    found = rehearse(told.store, run=Run(workers=workers))
    assert [(one.customer_id, one.type) for one in found.failures] == [(customer, "meter.read")]
    assert [one.position for one in found.failures] == [found.position - 1]
    assert found.parked == 1
    with reading(told.store.engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM read_models")).scalar_one() == 0


def test_memory_decides_how_many_fold(told: Ledger) -> None:
    assert Run(memory=512).affordable() <= 2
    assert Run(memory=320, workers=1).affordable() == 1
    with pytest.raises(InvalidArgument, match="allow more, or ask for 1"):
        rebuild(told.store, run=Run(memory=320, workers=2))
    with pytest.raises(InvalidArgument, match="100 MiB are too little"):
        rebuild(told.store, run=Run(memory=100))
