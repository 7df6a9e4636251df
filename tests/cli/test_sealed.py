"""A ledger that may not be written, as on a medium that an auditor is handed, can be read."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger import Ledger
from ledger.errors import LedgerBusy
from ledger.store.engine import reading
from tests.cli.bound import bound
from tests.cli.running import Shell, wire

READS = (
    "history c-42",
    "replay c-42",
    "journey c-42",
    "explain c-42",
    "customers",
    "funnel",
    "metrics nps",
    "metrics nps --as-of 2024-06-01",
    "touchpoints",
    "conformance",
    "quality",
    "verify",
    "health",
    "projections",
    "export",
)


@contextmanager
def sealed(folder: Path, *, file: int = 0o444, above: int = 0o555) -> Iterator[None]:
    """Let nobody write the ledger of a folder until the end of the block."""
    files = [path for path in folder.iterdir() if path.name.startswith("ledger.db")]
    for path in files:
        path.chmod(file)
    folder.chmod(above)
    try:
        yield
    finally:
        folder.chmod(0o755)
        for path in folder.iterdir():
            path.chmod(0o644)


@pytest.mark.parametrize(("file", "above"), [(0o444, 0o555), (0o444, 0o755), (0o644, 0o555)])
def test_a_ledger_that_may_not_be_written_answers_and_stays_as_it_is(told: Shell, file: int, above: int) -> None:
    (told.folder / "event.ndjson").write_text(json.dumps(wire("x", "page.viewed", "2024-05-01T10:00:00Z")))
    before = (told.folder / "ledger.db").read_bytes()
    reads = READS if above == 0o555 and file == 0o444 else READS[:1]
    with sealed(told.folder, file=file, above=above):
        *read, appended, rebuilt = bound(told.folder, *reads, "append event.ndjson", "rebuild --workers 1")
        assert sorted(path.name for path in told.folder.iterdir()) == ["event.ndjson", "ledger.db"]
    assert [(ran.code, ran.err) for ran in read if ran.code or "Error" in ran.err] == []
    assert [row["event_id"] for row in read[0].rows] == ["view-1", "order-1", "case-1", "case-2", "nps-1"]
    for refused in (appended, rebuilt):
        assert refused.code == 5
        assert "the ledger is read-only here, its file or folder may not be written: check" in refused.err
    assert (told.folder / "ledger.db").read_bytes() == before
    told("append", "event.ndjson")


def copied(told: Shell, *endings: str) -> Path:
    """Copy the files of a ledger while somebody writes it, so that its last event is in the file ending in -wal."""
    folder = told.folder / "copy"
    folder.mkdir()
    with Ledger.open(told.url) as ledger:
        ledger.append(wire("late", "page.viewed", "2024-07-01T10:00:00Z"))
        for ending in ("", *endings):
            shutil.copyfile(told.folder / f"ledger.db{ending}", folder / f"ledger.db{ending}")
    return folder


def test_the_last_events_beside_the_file_are_read_with_it(told: Shell) -> None:
    folder = copied(told, "-wal", "-shm")
    with sealed(folder):
        [read] = bound(folder, "history c-42")
    assert read.rows[-1]["event_id"] == "late"


def test_last_events_that_cannot_be_read_where_they_are_say_what_to_copy(told: Shell) -> None:
    folder = copied(told, "-wal")
    with sealed(folder):
        [read] = bound(folder, "history c-42")
    assert read.code == 5
    assert "the last events of ledger.db are in ledger.db-wal" in read.err
    assert "copy both files into a folder of your own" in read.err
    assert told("history", "c-42", "--url", f"sqlite:///{folder}/ledger.db").rows[-1]["event_id"] == "late"


def test_a_copy_by_another_tool_that_keeps_no_log_of_writes_is_read(told: Shell) -> None:
    folder = told.folder / "copy"
    folder.mkdir()
    with sqlite3.connect(told.folder / "ledger.db") as log:
        log.execute("VACUUM INTO ?", (str(folder / "ledger.db"),))
    log.close()
    with sealed(folder):
        read, verified = bound(folder, "history c-42", "verify")
    assert len(read.rows) == 5
    assert verified.code == 0


def write_beside(folder: Path) -> None:
    with sqlite3.connect(folder / "ledger.db") as other:
        other.execute("PRAGMA user_version = 1")
    other.close()


def test_a_file_written_by_somebody_else_while_it_is_read_as_sealed_is_not_believed(
    told: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.sealed._writable", lambda path: False)
    with Ledger.open(told.url, create=False) as ledger:
        with pytest.raises(LedgerBusy, match="written by somebody else"), reading(ledger.store.engine):
            write_beside(told.folder)
        assert len(ledger.history("c-42")) == 5


def test_a_file_changed_while_nobody_read_it_is_opened_anew(told: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.store.sealed._writable", lambda path: False)
    with Ledger.open(told.url, create=False) as ledger:
        with reading(ledger.store.engine), reading(ledger.store.engine), reading(ledger.store.engine):
            pass
        write_beside(told.folder)
        assert [len(ledger.history("c-42")) for _ in range(4)] == [5, 5, 5, 5]


def test_an_index_that_was_left_behind_alone_is_no_hindrance(told: Shell) -> None:
    folder = copied(told, "-shm")
    with sealed(folder):
        [read] = bound(folder, "history c-42")
    assert len(read.rows) == 5


def test_a_file_in_a_folder_that_may_not_be_written_is_refused_before_anything_is_done(told: Shell) -> None:
    with sealed(told.folder):
        [written] = bound(told.folder, "append nothing.ndjson -o log.csv")
    assert (written.code, written.out) == (5, "")
    assert "Error: cannot write log.csv (Permission denied): nothing may be written into its folder" in written.err
