"""Writing an archive: what a run adds, what it goes on with, and what it refuses."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow import parquet

from ledger import Ledger
from ledger.archive.archive import open_archive
from ledger.archive.columns import RECORD
from ledger.archive.manifest import Manifest
from ledger.archive.writing import write_archive
from ledger.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveError,
    ArchiveForeign,
    ArchiveIncompatible,
    ArchiveMissing,
    InvalidArgument,
    PermissionRefused,
    StorageFull,
)
from tests.archive.logs import archived, files, held, logged, small, story, tell
from tests.faults.disks import fill, give_room, mounted
from tests.ledgers import SetClock, sqlite_copy

DAY = 24 * 3600 * 1_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def manifest_of(folder: Path) -> Manifest:
    return open_archive(folder).manifest


def rewrite(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def stop_at_60(done: int, _total: int) -> None:
    if done >= 60:
        raise KeyboardInterrupt


def test_a_run_adds_what_is_new_and_leaves_what_was_written_alone(ledger: Ledger, folder: Path) -> None:
    story(ledger)
    archived(ledger, folder)
    before = {name: (folder / "segments" / name).read_bytes() for name in files(folder)}
    tell(ledger, [3, 3, 25])
    made = archived(ledger, folder, width=None)
    assert (made.new_events, made.new_segments, made.position, made.events) == (3, 2, 135, 135)
    after = {name: (folder / "segments" / name).read_bytes() for name in files(folder)}
    assert len(after) == len(before) + 2
    assert before.items() <= after.items()


def test_a_run_with_nothing_new_changes_no_file(ledger: Ledger, folder: Path) -> None:
    story(ledger)
    archived(ledger, folder)
    before = (folder / "manifest.json").stat().st_mtime_ns
    assert archived(ledger, folder).new_events == 0
    assert (folder / "manifest.json").stat().st_mtime_ns == before


def test_both_ways_of_reading_the_log_write_the_same_rows(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story(ledger)
    whole = archived(ledger, tmp_path / "sorted in memory")
    with small(monkeypatch):
        told: list[tuple[int, int]] = []
        by_bucket = write_archive(ledger.store, tmp_path / "by bucket", width=4, progress=lambda *at: told.append(at))
    assert held(tmp_path / "by bucket") == held(tmp_path / "sorted in memory") == logged(ledger)
    one, other = (manifest_of(tmp_path / name).segments for name in ("sorted in memory", "by bucket"))
    assert [segment.digest for segment in one] == [segment.digest for segment in other]
    assert whole.segments == by_bucket.segments
    assert told[-1] == (132, 132)
    assert told == sorted(told)


def test_the_digest_of_rows_does_not_depend_on_the_database(tmp_path: Path, postgres_url: str) -> None:
    """Two ledgers cannot be equal, so one is written into both databases past the ledger."""
    from sqlalchemy import text

    from ledger.store.engine import reading
    from ledger.store.engine import writing as write
    from ledger.store.rows import EVENT_COLUMNS

    with Ledger.open(sqlite_copy(tmp_path)) as one, Ledger.open(postgres_url) as other:
        story(one)
        with reading(one.store.engine) as source, write(other.store.engine) as target:
            for table, columns in (("sources", "id, name"), ("streams", "stream, id"), ("events", EVENT_COLUMNS)):
                rows = [dict(row) for row in source.execute(text(f"SELECT {columns} FROM {table}")).mappings()]
                names = ", ".join(f":{name}" for name in columns.split(", "))
                target.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({names})"), rows)
            target.execute(text("UPDATE log_head SET position = 132"))
        archived(one, tmp_path / "one")
        archived(other, tmp_path / "other")
    first, second = manifest_of(tmp_path / "one"), manifest_of(tmp_path / "other")
    assert [segment.digest for segment in first.segments] == [segment.digest for segment in second.segments]
    assert (first.ledger, first.seal) == (second.ledger, second.seal)


def test_a_run_broken_off_between_buckets_goes_on_with_the_next_one(
    ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story(ledger)

    with small(monkeypatch, OFTEN=0):
        with pytest.raises(KeyboardInterrupt):
            write_archive(ledger.store, folder, width=4, progress=stop_at_60)
        begun = manifest_of(folder).begun
        assert begun is not None
        assert 0 < len(begun.segments) < 8
        assert open_archive(folder).position == 0
        assert held(folder) == []
        kept = {segment.path for segment in begun.segments}
        tell(ledger, [1, 2])
        made = archived(ledger, folder)
    assert made.position == 134
    assert kept <= {segment.path for segment in manifest_of(folder).segments}
    assert held(folder) == logged(ledger)


def test_what_was_begun_on_a_past_that_is_gone_is_begun_anew(
    ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story(ledger)
    with small(monkeypatch, OFTEN=0):
        with pytest.raises(KeyboardInterrupt):
            write_archive(ledger.store, folder, width=4, progress=stop_at_60)
        begun = json.loads((folder / "manifest.json").read_text())["begun"]
        rewrite(folder, begun=begun | {"seal": "another past"})
        archived(ledger, folder)
    assert held(folder) == logged(ledger)


def test_files_that_no_manifest_names_are_not_read_and_the_next_run_removes_them(ledger: Ledger, folder: Path) -> None:
    story(ledger)
    archived(ledger, folder)
    [name, *_] = named = files(folder)
    (folder / "segments" / f"left-{name}").write_bytes(b"half a segm")
    (folder / "drafts" / "draft").write_bytes(b"half")
    assert held(folder) == logged(ledger)
    archived(ledger, folder)
    assert files(folder) == named
    assert list((folder / "drafts").iterdir()) == []


def test_of_two_archivers_at_once_the_second_is_refused(ledger: Ledger, folder: Path) -> None:
    story(ledger)
    refused: list[str] = []

    def second(_done: int, _total: int) -> None:
        with pytest.raises(ArchiveBusy) as raised:
            archived(ledger, folder)
        refused.append(str(raised.value))

    write_archive(ledger.store, folder, width=4, progress=second)
    assert f"another process is writing the archive {folder}: wait" in refused[0]
    assert held(folder) == logged(ledger)


def test_a_manifest_that_somebody_replaced_meanwhile_is_not_overwritten(ledger: Ledger, folder: Path) -> None:
    story(ledger)
    archived(ledger, folder)
    tell(ledger, [1])

    def meanwhile(_done: int, _total: int) -> None:
        rewrite(folder, generation=77)

    with pytest.raises(ArchiveBusy, match="wrote the archive"):
        write_archive(ledger.store, folder, progress=meanwhile)
    assert manifest_of(folder).generation == 77
    assert manifest_of(folder).position == 132


def test_an_empty_log_makes_no_archive(ledger: Ledger, folder: Path) -> None:
    with pytest.raises(ArchiveMissing, match="no events"):
        archived(ledger, folder)
    with pytest.raises(ArchiveMissing, match=f"no archive at {folder}: make one with `customer-ledger archive"):
        open_archive(folder)


def test_the_archive_of_another_ledger_is_refused(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    story(ledger)
    archived(ledger, folder)
    with Ledger.open(sqlite_copy(tmp_path, "other.db")) as other:
        story(other)
        with pytest.raises(ArchiveForeign, match="another ledger"):
            archived(other, folder)
    assert held(folder) == logged(ledger)


@pytest.fixture
def restored(tmp_path: Path, folder: Path) -> Iterator[Ledger]:
    """Give a ledger of 132 events, restored from a backup, whose archive holds 134."""
    with Ledger.open(sqlite_copy(tmp_path)) as ledger:
        story(ledger)
        with sqlite3.connect(tmp_path / "ledger.db") as live, sqlite3.connect(tmp_path / "backup.db") as backup:
            live.backup(backup)
        live.close()
        backup.close()
        tell(ledger, [1, 2])
        archived(ledger, folder)
    with Ledger.open(f"sqlite:///{tmp_path}/backup.db") as ledger:
        yield ledger


def test_an_archive_ahead_of_a_restored_log_is_refused(restored: Ledger, folder: Path) -> None:
    with pytest.raises(ArchiveForeign, match="holds events to position 134, and the ledger ends at 132"):
        archived(restored, folder)


def test_an_archive_of_what_a_restored_log_recorded_otherwise_is_refused(restored: Ledger, folder: Path) -> None:
    tell(restored, [3, 4, 5])
    with pytest.raises(ArchiveForeign, match="another event at position 134"):
        archived(restored, folder)


def test_an_archive_of_a_newer_format_is_refused(ledger: Ledger, folder: Path) -> None:
    story(ledger)
    archived(ledger, folder)
    rewrite(folder, format=2, news="of another kind")
    with pytest.raises(ArchiveIncompatible, match="has format 2, this code reads up to 1: update"):
        archived(ledger, folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 1}', b"\xff\xfe", b'{"format": "1"}'])
def test_a_manifest_that_is_none_is_told(ledger: Ledger, folder: Path, content: bytes) -> None:
    story(ledger)
    archived(ledger, folder)
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(ArchiveIncompatible, match="is no manifest of an archive"):
        open_archive(folder)


def test_the_width_of_an_archive_is_settled_when_it_is_made(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    story(ledger)
    archived(ledger, tmp_path / "of the usual width", width=None)
    assert open_archive(tmp_path / "of the usual width").width == 4_096
    archived(ledger, folder, width=4)
    with pytest.raises(InvalidArgument, match="has 4 customers a bucket"):
        archived(ledger, folder, width=5)
    assert archived(ledger, folder, width=None).segments == 8


def test_a_log_that_lost_an_event_is_not_archived_as_whole(tmp_path: Path, folder: Path) -> None:
    with Ledger.open(sqlite_copy(tmp_path)) as ledger:
        story(ledger)
        archived(ledger, folder)
        tell(ledger, [1, 2, 3])
        with sqlite3.connect(tmp_path / "ledger.db") as damaged:
            for (name,) in damaged.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                damaged.execute(f"DROP TRIGGER {name}")
            damaged.execute("DELETE FROM events WHERE position = 134")
        damaged.close()
        with pytest.raises(ArchiveError, match="has 134 events up to position 135"):
            archived(ledger, folder)
    assert open_archive(folder).position == 132


@pytest.mark.parametrize("damage", ["gone", "cut off", "not Parquet", "empty", "a page is other bytes"])
def test_a_damaged_segment_is_told_by_name_when_it_is_read(ledger: Ledger, folder: Path, damage: str) -> None:
    story(ledger)
    archived(ledger, folder)
    segment = folder / manifest_of(folder).segments[1].path
    content = segment.read_bytes()
    if damage == "gone":
        segment.unlink()
    else:
        broken = {
            "cut off": content[:-50],
            "not Parquet": b"\0" * len(content),
            "empty": b"",
            "a page is other bytes": content[:4] + b"\xaa" * 1_500 + content[1_504:],
        }
        segment.write_bytes(broken[damage])
    with pytest.raises(ArchiveDamaged) as raised:
        held(folder)
    assert raised.value.path == f"segments/{segment.name}"
    assert "run `verify --archive`" in str(raised.value)


def test_one_altered_bit_in_the_values_of_any_column_is_found_when_they_are_read(
    quick_ledger: Ledger, folder: Path
) -> None:
    story(quick_ledger)
    archived(quick_ledger, folder, width=None)
    [segment] = (folder / "segments").iterdir()
    content = segment.read_bytes()
    group = parquet.ParquetFile(segment).metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    for column in [column for column in columns if column.path_in_schema in RECORD]:
        last = (column.dictionary_page_offset or column.data_page_offset) + column.total_compressed_size - 1
        segment.write_bytes(content[:last] + bytes([content[last] ^ 1]) + content[last + 1 :])
        with pytest.raises(ArchiveDamaged):
            held(folder)


@pytest.mark.parametrize("other", ["a column less", "a row less", "another kind of number"])
def test_a_segment_of_other_columns_or_rows_is_told_when_it_is_read(
    quick_ledger: Ledger, folder: Path, other: str
) -> None:
    story(quick_ledger)
    archived(quick_ledger, folder, width=None)
    [segment] = (folder / "segments").iterdir()
    table = parquet.read_table(segment)
    number = table.schema.get_field_index("occurred_at")
    changed = {
        "a column less": table.drop_columns(["occurred_at"]),
        "a row less": table.slice(1),
        "another kind of number": table.set_column(number, "occurred_at", table["occurred_at"].cast("duration[us]")),
    }
    parquet.write_table(changed[other], segment)
    with pytest.raises(ArchiveDamaged, match="not those that were written"):
        held(folder)


def test_a_full_disk_is_told_and_leaves_the_archive_as_it_was(quick_ledger: Ledger, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "size=2m"):
        folder = disk / "archive"
        story(quick_ledger)
        archived(quick_ledger, folder)
        for left in (0, 4_096, 20_000, 40_000):
            tell(quick_ledger, range(30))
            before = [row for row in logged(quick_ledger) if row[0] <= open_archive(folder).position]
            fill(disk, left)
            with pytest.raises(StorageFull, match="free some and run the same command again"):
                archived(quick_ledger, folder)
            assert held(folder) == before
            give_room(disk)
        archived(quick_ledger, folder)
        assert held(folder) == logged(quick_ledger)


def test_a_folder_that_may_not_be_written_is_told(quick_ledger: Ledger) -> None:
    story(quick_ledger)
    with pytest.raises((PermissionRefused, ArchiveError), match="check"):
        archived(quick_ledger, "/proc/archive")


def test_what_was_merged_stays_a_day_for_who_reads_it(clocked: Ledger, clock: SetClock, folder: Path) -> None:
    for _ in range(3):
        tell(clocked, [1, 2, 3, 4, 5])
        archived(clocked, folder)
    reader = open_archive(folder)
    before = files(folder)
    made = archived(clocked, folder, compact=True)
    assert (made.merged_segments, made.segments) == (6, 2)
    assert held(reader) == held(folder) == logged(clocked)
    clock.now += DAY - 1
    archived(clocked, folder)
    assert set(before) < set(files(folder))
    assert held(reader) == logged(clocked)
    clock.now += 1
    archived(clocked, folder)
    assert len(files(folder)) == 2
    assert held(folder) == logged(clocked)
    with pytest.raises(ArchiveDamaged, match="open the archive again"):
        held(reader)


def test_many_small_segments_are_merged_unasked_and_large_ones_left_alone(ledger: Ledger, folder: Path) -> None:
    tell(ledger, [1] * 200)
    archived(ledger, folder)
    [large] = manifest_of(folder).segments
    for _ in range(20):
        tell(ledger, [1, 2])
        archived(ledger, folder)
    segments = manifest_of(folder).segments
    assert large in segments
    assert 2 <= len(segments) < 16
    assert held(folder) == logged(ledger)


def test_the_lock_ends_with_the_process_that_held_it(ledger: Ledger, folder: Path) -> None:
    tell(ledger, [1])
    archived(ledger, folder)
    child = os.fork()
    if not child:
        lock = (folder / ".lock").open("ab")
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    assert archived(ledger, folder).position == 1


def test_a_copy_of_an_archive_is_an_archive(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    story(ledger)
    archived(ledger, folder)
    shutil.copytree(folder, tmp_path / "copy")
    shutil.rmtree(folder)
    tell(ledger, [1])
    assert write_archive(ledger.store, f"file://{tmp_path}/copy").new_events == 1
    assert held(tmp_path / "copy") == logged(ledger)
