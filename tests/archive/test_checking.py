"""What `verify --archive` finds: all well with a sound archive, and each damage where it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from sqlalchemy import text

from ledger import Ledger
from ledger.archive.archive import open_archive
from ledger.archive.checking import check_archive
from ledger.archive.manifest import Segment
from ledger.archive.segments import SegmentWriter
from ledger.queries.verify import verify
from ledger.store.engine import writing
from tests.archive.logs import archived, story, tell
from tests.ledgers import sqlite_copy

KIN = "the archive is of this ledger"
FILES = "the archive's files are what was written"
POSITIONS = "the archive's positions are gapless"
CONTENTS = "the archive holds what the log holds"


@pytest.fixture
def folder(ledger: Ledger, tmp_path: Path) -> Path:
    """Give an archive of 134 events in eight buckets, two of which have two segments."""
    story(ledger)
    archived(ledger, tmp_path / "archive")
    tell(ledger, [1, 29])
    archived(ledger, tmp_path / "archive")
    return tmp_path / "archive"


def wrong(ledger: Ledger, folder: Path) -> dict[str, str]:
    return {check.name: check.detail for check in check_archive(ledger.store, folder) if not check.ok}


def test_a_sound_archive_passes_every_check_and_says_what_was_looked_at(ledger: Ledger, folder: Path) -> None:
    told: list[tuple[int, int]] = []
    checks = check_archive(ledger.store, folder, lambda *at: told.append(at))
    assert [(check.name, check.ok) for check in checks] == [
        (KIN, True),
        (FILES, True),
        (POSITIONS, True),
        (CONTENTS, True),
    ]
    assert checks[2].detail == "134 events at positions 1 to 134"
    assert checks[3].detail == "134 events compared"
    assert told[-1] == (134, 134)


def test_an_archive_behind_its_log_is_sound(ledger: Ledger, folder: Path) -> None:
    tell(ledger, [1, 2, 3])
    assert wrong(ledger, folder) == {}


def test_verify_is_well_only_if_the_archive_is(ledger: Ledger, folder: Path) -> None:
    assert verify(ledger.store, archive=str(folder)).ok
    first(folder).write_bytes(b"")
    found = verify(ledger.store, archive=str(folder))
    assert not found.ok
    assert [check.name for check in found.checks if not check.ok] == [FILES, POSITIONS, CONTENTS]


def first(folder: Path) -> Path:
    return folder / open_archive(folder).segments[0].path


def test_a_segment_that_is_gone_is_named(ledger: Ledger, folder: Path) -> None:
    path = first(folder)
    path.unlink()
    found = wrong(ledger, folder)
    assert set(found) == {FILES, POSITIONS, CONTENTS}
    assert found[FILES] == f"segments/{path.name} is missing"
    assert "position 1 first" in found[POSITIONS]


@pytest.mark.parametrize("at", [0, 5, 400, 1_000, -3, -40, -200])
def test_one_byte_changed_anywhere_in_a_file_is_found(ledger: Ledger, folder: Path, at: int) -> None:
    path = first(folder)
    content = bytearray(path.read_bytes())
    content[at] ^= 0x10
    path.write_bytes(content)
    assert f"segments/{path.name} was altered" in wrong(ledger, folder)[FILES]


def rewritten(folder: Path, change: Callable[[pa.Table], pa.Table]) -> Segment:
    """Change the rows of the first segment as a forger would: file, digests and manifest agree again."""
    archive = open_archive(folder)
    old = archive.segments[0]
    table = change(parquet.read_table(folder / old.path))
    with SegmentWriter(archive.place) as writer:
        for batch in table.combine_chunks().to_batches():
            writer.add(batch)
        new = writer.keep(bucket=old.bucket, after=old.after, upto=old.upto)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["segments"] = [
        {field: getattr(new, field) for field in Segment.__struct_fields__} if one["path"] == old.path else one
        for one in manifest["segments"]
    ]
    path.write_text(json.dumps(manifest))
    return new


def replaced(table: pa.Table, column: str, row: int, value: object) -> pa.Table:
    values = table[column].to_pylist()
    values[row] = value
    number = table.schema.get_field_index(column)
    return table.set_column(number, table.schema.field(column), pa.array(values, table.schema.field(column).type))


@pytest.mark.parametrize(
    ("column", "value"),
    [("occurred_at", 5), ("header", b"{}"), ("type", "note.added"), ("sealed", b"x"), ("source", "till"),
     ("digest", None), ("recorded_at", 0)],
)  # fmt: skip
def test_a_forged_value_is_found_and_named_by_position_and_column(
    ledger: Ledger, folder: Path, column: str, value: object
) -> None:
    new = rewritten(folder, lambda table: replaced(table, column, 3, value))
    position = parquet.read_table(folder / new.path)["position"][3].as_py()
    assert wrong(ledger, folder) == {
        CONTENTS: f"{new.path} differs from the log: the event at position {position} has another {column}"
    }


def test_empty_fields_in_the_place_of_absent_ones_are_found(ledger: Ledger, folder: Path) -> None:
    new = rewritten(folder, lambda table: replaced(table, "sealed", table["sealed"].to_pylist().index(None), b""))
    assert f"{new.path} differs from the log" in wrong(ledger, folder)[CONTENTS]


def test_an_event_left_out_is_found(ledger: Ledger, folder: Path) -> None:
    rewritten(folder, lambda table: table.slice(1))
    found = wrong(ledger, folder)
    assert set(found) == {POSITIONS, CONTENTS}
    assert found[POSITIONS] == "1 are missing, position 1 first"


def test_an_event_that_stands_there_twice_is_found(ledger: Ledger, folder: Path) -> None:
    rewritten(folder, lambda table: pa.concat_tables([table, table.slice(table.num_rows - 1)]))
    found = wrong(ledger, folder)
    assert set(found) == {POSITIONS, CONTENTS}
    assert "1 stand there twice" in found[POSITIONS]


def test_a_log_that_was_changed_after_it_was_archived_is_found(tmp_path: Path) -> None:
    with Ledger.open(sqlite_copy(tmp_path)) as ledger:
        story(ledger)
        archived(ledger, tmp_path / "archive")
        with writing(ledger.store.engine) as connection:
            for name in (
                connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            ):
                connection.execute(text(f"DROP TRIGGER {name}"))
            connection.execute(text("UPDATE events SET header = 'text, no bytes' WHERE position = 40"))
            connection.execute(text("UPDATE events SET occurred_at = 7 WHERE position = 95"))
        found = wrong(ledger, tmp_path / "archive")
        assert set(found) == {CONTENTS}
        assert "the event at position 40 has another header" in found[CONTENTS]
        assert "the event at position 95 has another occurred_at" in found[CONTENTS]


def test_the_archive_of_another_ledger_is_named_and_not_compared(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    with Ledger.open(sqlite_copy(tmp_path, "other.db")) as other:
        story(other)
        checks = {check.name: check for check in check_archive(other.store, folder)}
    assert not checks[KIN].ok
    assert "another ledger" in checks[KIN].detail
    assert checks[FILES].ok
    assert checks[CONTENTS].detail == "not compared: the log is another one"
