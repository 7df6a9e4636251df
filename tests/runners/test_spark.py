"""Spark's executors make the rows that the caller makes, from the archive alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from ledger import Ledger
from ledger.archive.archive import open_archive
from ledger.archive.writing import write_archive
from ledger.errors import ArchiveError, InvalidArgument, ProjectionError
from ledger.projections import PROJECTIONS
from ledger.projections.driver import Folds
from ledger.runners import spark
from ledger.runners.cluster import session_on
from ledger.runners.inline import Built, fold_range, ranges
from ledger.runners.source import LogReader, Source
from ledger.runners.spark import fold_with_spark
from ledger.sample import simulate_lines
from ledger.store.engine import reading
from ledger.store.links import Units, all_units
from ledger.store.log import Until, last_position, last_stream
from tests.cli.running import Shell
from tests.ledgers import sqlite_copy
from tests.projecting.test_parking import header, record
from tests.real.figures import LOGS, Log
from tests.store.events import fact, merge, order

ROOT = Path(__file__).parents[2]

# Two executors, which are processes of their own: a core and a GiB each.
MASTER = "local-cluster[2,1,1024]"

WIDTH = 16

pytestmark = [pytest.mark.alone, pytest.mark.needs("java")]

Rows = dict[str, dict[int, list[tuple[Any, ...]]]]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Give the master of a session that all tests here share: it takes some ten seconds to start."""
    with session_on(MASTER):
        yield MASTER


class Kept:
    """A ledger, the archive of it, and what the caller's own folds make of it."""

    def __init__(self, ledger: Ledger, folder: Path, width: int = WIDTH, upto: int | None = None) -> None:
        # A name that Spark would take for a pattern.
        self.archive = str(folder / "archive [1] {a,b}")
        write_archive(ledger.store, self.archive, width=width)
        self.definitions = ledger.store.definitions
        with reading(ledger.store.engine) as connection:
            self.position = last_position(connection) if upto is None else upto
            until = Until(position=self.position)
            self.units: Units = all_units(connection, until)
            folds, mapper = Folds(ledger.store.context), ledger.store.mapper
            reader = LogReader(connection, until)
            self.built = fold_range(reader, folds, mapper, self.units, 1, last_stream(connection))

    def by_spark(self, master: str, gaps: list[tuple[int, int]] | None = None, to: Path | None = None) -> list[Built]:
        source = Source(
            url="nowhere",
            definitions=self.definitions,
            until=Until(position=self.position),
            archive=self.archive,
            to=None if to is None else str(to),
        )
        return list(fold_with_spark(source, self.units, master, gaps))


def rows_of(parts: Iterable[Built]) -> Rows:
    """Return each customer's rows of every projection, in the order they were made."""
    found: Rows = {projection.name: defaultdict(list) for projection in PROJECTIONS}
    for built in parts:
        for name, rows in built.rows.items():
            for row in rows:
                found[name][row[0]].append(row)
    return found


def parked_of(parts: Iterable[Built]) -> dict[int, tuple[int, str]]:
    return {customer: why for built in parts for customer, why in built.parked.items()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def require_equal(parts: list[Built], kept: Kept) -> None:
    assert rows_of(parts) == rows_of([kept.built])
    assert parked_of(parts) == kept.built.parked
    assert sum(built.customers for built in parts) == kept.built.customers
    assert sum(built.events for built in parts) == kept.built.events


@pytest.mark.parametrize(("seed", "widest"), [(1, 4_096), (2, 4_096), (3, 12)])
def test_executors_make_the_rows_that_the_caller_makes(
    cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, widest: int
) -> None:
    monkeypatch.setattr(spark, "WIDEST", widest)
    width = min(WIDTH, widest)
    with Ledger.open(sqlite_copy(tmp_path)) as ledger:
        for _ in ledger.append_many(simulate_lines(120, seed)):
            pass
        kept = Kept(ledger, tmp_path)
    apart = [streams for streams in kept.units.values() if len({(stream - 1) // width for stream in streams}) > 1]
    assert apart, "no customer was merged across groups"
    parts = kept.by_spark(cluster)
    assert kept.built.events > 1_000
    require_equal(parts, kept)
    # Every range that the archive covers is accounted for, each once.
    made = sorted((built.first, built.last) for built in parts)
    assert made == list(ranges([(1, made[-1][1])], width))


@pytest.mark.real
@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.name)
def test_a_real_log_is_folded_alike(cluster: str, tmp_path: Path, real_data: Path, log: Log) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with pytest.MonkeyPatch.context() as patch:
        shell = Shell(tmp_path, url, patch)
        shell("init", "-q", *(str(ROOT / said) if "/" in said else said for said in log.definitions))
        mapping = ROOT / "examples" / log.name / "mapping.toml"
        shell("import", str(mapping), "--data", str(real_data / log.name), "-q", "-f", "json")
    with Ledger.open(url) as ledger:
        kept = Kept(ledger, tmp_path, width=1_024)
    require_equal(kept.by_spark(cluster), kept)


@pytest.fixture
def troubled(tmp_path: Path) -> Iterator[Ledger]:
    """Give a ledger with an event that cannot be read, a merge, and a sum that no column holds."""
    rating = {"metric": "csat", "score": 1e15, "scale_min": 1, "scale_max": 1e15}
    with Ledger.open(sqlite_copy(tmp_path)) as ledger:
        ledger.append([order(f"o{number}", f"customer-{number}") for number in range(8)])
        record(ledger, "customer-6", "meter.read", header("meter.read"))
        ledger.append([merge("m1", "customer-6", "customer-1"), merge("m2", "customer-5", "customer-0")])
        ledger.append([fact(name, "survey.responded", "customer-3", rating) for name in ("s1", "s2")])
        yield ledger


def test_who_cannot_be_read_or_held_is_parked_and_the_rest_go_on(
    cluster: str, tmp_path: Path, troubled: Ledger
) -> None:
    kept = Kept(troubled, tmp_path, width=2)
    parts = kept.by_spark(cluster)
    parked = parked_of(parts)
    # customer-1, in whom customer-6 lives on, and customer-3.
    assert {customer: position for customer, (position, _) in parked.items()} == {2: 9, 4: kept.position}
    assert "its type is unknown" in parked[2][1]
    assert "larger than the read model can hold" in parked[4][1]
    expected = rows_of([kept.built])
    for rows in expected.values():
        rows.pop(4, None)
    assert rows_of(parts) == expected
    assert set(expected["journey_position"]) == {1, 3, 5, 8}


def test_ranges_that_are_missing_are_made_and_no_other(cluster: str, tmp_path: Path, troubled: Ledger) -> None:
    kept = Kept(troubled, tmp_path, width=2)
    parts = kept.by_spark(cluster, [(2, 3), (8, 11)])
    assert sorted((built.first, built.last) for built in parts) == [(2, 2), (3, 3), (8, 8), (9, 10), (11, 11)]
    assert set(rows_of(parts)["journey_position"]) == {3, 8}
    assert set(parked_of(parts)) == {2}


def test_what_was_recorded_after_the_position_is_left_out(cluster: str, tmp_path: Path, troubled: Ledger) -> None:
    kept = Kept(troubled, tmp_path, width=2, upto=8)
    assert (kept.units, kept.built.parked) == ({}, {})
    require_equal(kept.by_spark(cluster), kept)


def test_files_hold_the_rows_in_columns_of_the_projections_kinds(
    cluster: str, tmp_path: Path, troubled: Ledger
) -> None:
    kept = Kept(troubled, tmp_path, width=2)
    parts = kept.by_spark(cluster, to=tmp_path / "out")
    assert not any(built.rows for built in parts)
    expected = rows_of([kept.built])
    types = {"integer": "int64", "real": "double", "text": "string", "json": "string", "instant": "int64"}
    for projection in PROJECTIONS:
        expected[projection.name].pop(4, None)
        table = parquet.read_table(tmp_path / "out" / projection.name)
        assert [(field.name, str(field.type)) for field in table.schema] == [
            ("customer", "int64"),
            *((column.name, types.get(column.kind, "int32")) for column in projection.columns),
        ]
        rows = [tuple(row.values()) for row in table.to_pylist()]
        assert rows == [row for _, rows in sorted(expected[projection.name].items()) for row in rows]
        assert sum(built.written[projection.name] for built in parts) == len(rows)
    assert names(tmp_path / "out" / "journey_position") == [f"part-{first:08}.parquet" for first in (1, 3, 5, 7)]
    aside = parquet.read_table(tmp_path / "out" / "parked").to_pylist()
    assert {row["customer"]: (row["position"], row["reason"]) for row in aside} == parked_of(parts)
    assert set(parked_of(parts)) == {2, 4}
    assert sum(built.events for built in parts) == kept.built.events
    assert sum(built.customers for built in parts) == kept.built.customers - 1 == 4


def test_a_segment_that_is_gone_ends_the_run_with_a_word(cluster: str, tmp_path: Path, troubled: Ledger) -> None:
    kept = Kept(troubled, tmp_path, width=2)
    (Path(kept.archive) / open_archive(kept.archive).segments[1].path).unlink()
    with pytest.raises(ProjectionError, match=r"failed: .*not exist") as raised:
        kept.by_spark(cluster)
    assert "\n" not in str(raised.value)


def test_executors_that_fold_otherwise_are_refused(
    cluster: str, tmp_path: Path, troubled: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(troubled, tmp_path, width=2)
    monkeypatch.setattr(spark, "made_by", lambda context: "another version")
    with pytest.raises(ProjectionError, match=r"failed: the executors have another version .* the same environment$"):
        kept.by_spark(cluster)


def test_an_archive_that_is_behind_or_missing_is_refused_before_a_cluster_is_asked(
    tmp_path: Path, troubled: Ledger
) -> None:
    kept = Kept(troubled, tmp_path, width=2)
    kept.position += 1
    with pytest.raises(ArchiveError, match=f"reaches position {kept.position - 1}.* run `customer-ledger archive"):
        kept.by_spark("spark://nowhere.invalid:7077")
    kept.archive = str(tmp_path / "elsewhere")
    with pytest.raises(ArchiveError, match="no archive"):
        kept.by_spark("spark://nowhere.invalid:7077")


@pytest.mark.parametrize(
    ("master", "error", "words"),
    [
        ("spark://127.0.0.1:1", ProjectionError, "does not answer: check its address"),
        ("spark://127.0.0.1", ProjectionError, "does not answer"),
        ("mesos://somewhere", InvalidArgument, "is no Spark master: write local"),
        ("local[many]", InvalidArgument, "is no Spark master: write local"),
    ],
)
def test_a_master_that_is_none_is_refused_at_once(master: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words), session_on(master):
        pass


def test_without_pyspark_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(InvalidArgument, match=r"pip install 'customer-ledger\[spark\]'"), session_on(MASTER):
        pass


SCRIPT = """
import sys
from ledger.errors import LedgerError
from ledger.runners.cluster import session_on
try:
    with session_on("local[1]") as session:
        print(session.range(3).count())
except LedgerError as error:
    print(error)
"""


def outside(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run SCRIPT in a process of its own, in an empty folder."""
    (tmp_path / "temporary").mkdir()
    (tmp_path / "here").mkdir()
    told = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "temporary")} | environment
    return subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path / "here", env=told, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_java_says_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    done = outside(tmp_path)
    assert (done.stdout, done.stderr) == ("3\n", "")
    assert [names(tmp_path / name) for name in ("here", "temporary")] == [[], []]


def test_without_java_the_cure_is_named(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for program in ("bash", "dirname", "ps", "sh", "env"):
        (tmp_path / "bin" / program).symlink_to(f"/bin/{program}")
    done = outside(tmp_path, PATH=str(tmp_path / "bin"), JAVA_HOME="")
    assert (done.stdout.split(":")[0], done.stderr) == ("Spark needs Java 17 or newer, and none runs here", "")
