"""An archive gives the rows of the log, whatever range is asked for and however it was written."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import Ledger
from ledger.archive.archive import open_archive
from ledger.store.engine import reading
from ledger.store.log import stream_rows
from tests.archive.logs import archived, held, logged, small, spread, story, tell
from tests.ledgers import MEMORY
from tests.properties.ledgers import fresh_ledger


def test_an_archive_gives_the_rows_of_the_log_for_every_range(ledger: Ledger, tmp_path: Path) -> None:
    story(ledger)
    made = archived(ledger, tmp_path / "archive")
    assert (made.position, made.events, made.new_events) == (132, 132, 132)
    assert open_archive(tmp_path / "archive").position == 132
    archive, rows = open_archive(tmp_path / "archive"), logged(ledger)
    for first in range(1, 34, 3):
        for last in range(first - 1, 34, 2):
            assert held(archive, first, last) == [row for row in rows if first <= row[1] <= last]


def test_many_small_segments_of_a_bucket_are_read_as_one(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(3)
    with small(monkeypatch):
        for part in spread([chance.choice([1, 2, 3, 4, 5, 5, 5, 9]) for _ in range(200)], 8):
            tell(ledger, part)
            archived(ledger, tmp_path)
        archive = open_archive(tmp_path)
        assert len(archive.segments) > 10
        assert held(archive) == logged(ledger)
        for first, last in ((1, 1), (2, 5), (5, 5), (4, 6)):
            assert held(archive, first, last) == logged(ledger, first, last)


@settings(max_examples=15)
@given(st.lists(st.lists(st.integers(1, 6), max_size=30), min_size=1, max_size=8), st.integers(1, 7), st.data())
def test_however_the_log_grows_between_two_runs_the_archive_gives_its_rows(
    parts: list[list[int]], width: int, data: st.DataObject
) -> None:
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as folder,
        fresh_ledger() as ledger,
        pytest.MonkeyPatch.context() as patch,
        small(patch),
    ):
        tell(ledger, [1])
        for part in parts:
            tell(ledger, part)
            archived(ledger, folder, width=width, compact=data.draw(st.booleans()))
        assert held(folder) == logged(ledger)
        upto = data.draw(st.integers(0, sum(map(len, parts)) + 1))
        bounded = open_archive(folder, upto=upto)
        assert bounded.position == upto
        before = [row for row in logged(ledger) if row[0] <= upto]
        assert held(bounded) == before
        assert bounded.stream_rows([1, 4, 5]) == [row for row in before if row[1] in (1, 4, 5)]


def test_scattered_streams_come_as_the_log_gives_them(ledger: Ledger, tmp_path: Path) -> None:
    story(ledger)
    archived(ledger, tmp_path)
    tell(ledger, [28, 1, 28])
    archived(ledger, tmp_path)
    archive = open_archive(tmp_path)
    for streams in ([], [2, 29], [1, 8, 30, 31, 999], [7]):
        with reading(ledger.store.engine) as connection:
            assert archive.stream_rows(streams) == stream_rows(connection, streams)


def test_an_event_of_the_framework_alone_is_archived_with_what_it_lacks(ledger: Ledger, tmp_path: Path) -> None:
    from sqlalchemy import text

    from ledger.store.engine import writing

    tell(ledger, [1, 2])
    with writing(ledger.store.engine) as connection:
        connection.execute(
            text(
                "INSERT INTO events (position, stream, version, type, type_version, recorded_at, header) "
                "VALUES (3, 2, 2, 'bare', 1, 1800000000000000, :header)"
            ),
            {"header": b"\x00\xff"},
        )
        connection.execute(text("UPDATE log_head SET position = 3"))
    archived(ledger, tmp_path)
    assert held(tmp_path) == logged(ledger)
    assert held(tmp_path)[-1][5:7] == (None, None)


def test_texts_of_types_are_shared_between_rows(quick_ledger: Ledger, tmp_path: Path) -> None:
    story(quick_ledger)
    archived(quick_ledger, tmp_path)
    assert len({id(row[3]) for row in held(tmp_path)}) == 3


def test_a_stranger_reads_the_segments(ledger: Ledger, tmp_path: Path) -> None:
    story(ledger)
    archived(ledger, tmp_path)
    rows = duckdb.execute(
        f"SELECT source, type, count(*), count(sealed), max(position) FROM '{tmp_path}/segments/*.parquet' "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert rows == [("crm", "note.added", 26, 26, 131), ("shop", "customer.merged", 2, 2, 92),
                    ("shop", "order.placed", 104, 0, 132)]  # fmt: skip
    [row] = duckdb.execute(f"SELECT * FROM '{tmp_path}/segments/*.parquet' WHERE position = 91").fetchall()
    with reading(ledger.store.engine) as connection:
        [log] = [found for found in stream_rows(connection, [row[1]]) if found[0] == 91]
    assert (*row[:3], *row[5:11]) == log
