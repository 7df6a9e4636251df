"""The folds, run by the executors of a Spark cluster over the archive: one pass for all projections.

The driver ships the definitions as text and, beside the events of merged customers, the stream each lives on in. A
group is the customers who live on in a range of streams, whole. An executor is given that and reads nothing, the
ledger's database least.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from ledger.archive.archive import Archive, open_archive
from ledger.archive.manifest import streams_of
from ledger.errors import ArchiveError, InvalidArgument
from ledger.runners.cluster import session_on, telling
from ledger.runners.inline import Built, Range, ranges
from ledger.runners.source import Source
from ledger.runners.spark_executor import SURVIVOR, Folded, Work, fold_group
from ledger.schemas.definitions import compile_context
from ledger.store.links import Units
from ledger.store.serving import made_by

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

TASKS_A_CORE = 8
"""Tasks that the folding is cut into for each core of the cluster: enough that all end at about the same time."""

EVENTS_A_TASK = 500_000
"""About how many events a task has at most; what does not fit into an executor's memory goes through its disk."""

EVENTS_AT_ONCE = 2_000_000
"""Events whose rows come to the driver together: it holds those of twice as many."""

WIDEST = 4_096
"""Streams of a group at most, however wide the archive's buckets are: an executor holds one group at a time."""

READ = "position long, stream long, version long, type string, type_version long, occurred_at long, "
READ += "received_at long, recorded_at long, header binary"
"""What is read of a segment; the rest stays on the disk."""

LOT = "lot"
"""The number of the group that whoever an event belongs to is in."""

_decode = msgspec.msgpack.Decoder(Folded).decode


def fold_with_spark(source: Source, units: Units, master: str, gaps: Sequence[Range] | None = None) -> Iterator[Built]:
    """Yield what the folds make of every customer in the source's archive up to its position, in any order.

    `units` are the merged customers at that position; `gaps` the ranges of streams whose customers are wanted, by
    default all. Raises ArchiveError, InvalidArgument, or ProjectionError where the cluster fails.
    """
    archive = _reaching(source)
    work = _work(archive, source, gaps)
    missing, read = set(ranges(work.gaps, work.width)), 0
    if archive.segments and work.gaps:
        with session_on(master) as session, telling(master):
            for folded in _in_turn(session, archive, work, units):
                read += folded.read
                missing -= {(built.first, built.last) for built in folded.built}
                yield from folded.built
    if gaps is None:
        _require_all(archive, read)
    # Where nobody has an event there is no group, and the range is done all the same.
    for first, last in sorted(missing):
        yield Built(first=first, last=last)


def _reaching(source: Source) -> Archive:
    if source.archive is None:
        raise InvalidArgument("Spark reads an archive: make one with `customer-ledger archive DIR` and name it")
    position = source.until.position or 0
    archive = open_archive(source.archive, upto=position)
    if archive.position < position:
        raise ArchiveError(
            f"the archive {source.archive} reaches position {archive.position}, and the events up to {position} "
            f"are asked for: run `customer-ledger archive {source.archive}` first"
        )
    return archive


def _work(archive: Archive, source: Source, gaps: Sequence[Range] | None) -> Work:
    last = max((streams_of(segment.bucket, archive.width)[1] for segment in archive.segments), default=0)
    return Work(
        source=replace(source, url=""),
        made_by=made_by(compile_context(source.definitions)),
        width=min(archive.width, WIDEST),
        gaps=[(1, last)] if gaps is None else list(gaps),
    )


def _require_all(archive: Archive, read: int) -> None:
    """Check that every event was read that the manifest counts, where the archive is read to its end."""
    manifest = archive.manifest
    if archive.position == manifest.position and read != manifest.rows:
        raise ArchiveError(
            f"Spark read {read} events of the {manifest.rows} in the archive {archive.place.address}: "
            "check it with `customer-ledger verify --archive`"
        )


def _in_turn(session: SparkSession, archive: Archive, work: Work, units: Units) -> Iterator[Folded]:
    """Yield what some tasks make, and then some more; those after them run while these are taken in."""
    context = session.sparkContext
    events, cores = sum(segment.rows for segment in archive.segments), context.defaultParallelism
    lots = len({segment.bucket for segment in archive.segments}) * -(-archive.width // work.width)
    tasks = min(lots, max(TASKS_A_CORE * cores, events // EVENTS_A_TASK))
    at_once = tasks if work.source.to else min(2 * cores, tasks * EVENTS_AT_ONCE // events)
    at_once = max(1, min(at_once, TASKS_A_CORE * cores))
    made = _groups(session, archive, work, units, tasks).rdd
    group = f"ledger-{id(made)}"

    def some(first: int) -> list[bytes]:
        context.setJobGroup(group, "folding", interruptOnCancel=True)
        return list(context.runJob(made, _payloads, range(first, min(first + at_once, tasks))))

    with ThreadPoolExecutor(1) as ahead:
        try:
            waiting = ahead.submit(some, 0)
            for first in range(at_once, tasks + at_once, at_once):
                payloads = waiting.result()
                if first < tasks:
                    waiting = ahead.submit(some, first)
                yield from map(_decode, payloads)
        finally:
            context.cancelJobGroup(group)


def _payloads(rows: Iterable[Any]) -> list[bytes]:
    return [bytes(row[0]) for row in rows]


def _groups(session: SparkSession, archive: Archive, work: Work, units: Units, tasks: int) -> DataFrame:
    """Return one row for each group that has customers: a Folded, encoded."""
    from pyspark.sql import functions as sql

    paths = [_path(archive, segment.path) for segment in archive.segments]
    pairs = [(stream, survivor) for survivor, streams in units.items() for stream in streams]
    events = session.read.schema(READ).parquet(*paths).where(sql.col("position") <= archive.position)
    if pairs:
        moved = session.createDataFrame(pairs, f"stream long, {SURVIVOR} long")
        events = events.join(sql.broadcast(moved), "stream", "left")
    else:
        events = events.withColumn(SURVIVOR, sql.lit(None).cast("long"))
    owner = f"coalesce({SURVIVOR}, stream)"
    wanted = " OR ".join(f"{owner} BETWEEN {int(first)} AND {int(last)}" for first, last in work.gaps)
    lots = events.where(wanted).withColumn(LOT, sql.expr(f"({owner} - 1) div {int(work.width)}"))
    return lots.repartition(tasks, LOT).groupBy(LOT).applyInArrow(_folder(work), "folded binary")


def _path(archive: Archive, path: str) -> str:
    """Return where Spark finds a file; what it would take for a pattern is escaped."""
    address = archive.place.address
    if "://" not in address:
        address = f"file://{Path(address).resolve()}"
    return re.sub(r"([\\\[\]{}*?])", r"\\\1", f"{address.rstrip('/')}/{path}")


def _folder(work: Work) -> Callable[[Any, Any], Any]:
    """Return what an executor calls with the number of a group and the events of its customers."""

    def fold(key, table):  # type: ignore[no-untyped-def]  # PySpark would look for Arrow's types here
        return type(table).from_pydict({"folded": [fold_group(work, key[0].as_py(), table)]})

    return fold
