"""The folds, run by the executors of a Spark cluster over the archive: one pass for all projections.

The driver ships the definitions as text and, beside the events of merged customers, the stream each lives on in. A
group is the customers who live on in one bucket, whole; an executor reads nothing else, the ledger's database least.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ledger.archive.archive import Archive, open_archive
from ledger.archive.manifest import streams_of
from ledger.archive.place import place_of
from ledger.errors import ArchiveError, InvalidArgument
from ledger.projections import PROJECTIONS
from ledger.runners.cluster import session_on, telling
from ledger.runners.inline import Built, Range, ranges
from ledger.runners.spark_executor import SURVIVOR, Folded, Work, fold_bucket
from ledger.schemas.definitions import Definitions, compile_context
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

READ = "position long, stream long, version long, type string, type_version long, occurred_at long, "
READ += "received_at long, recorded_at long, header binary"
"""What is read of a segment; the rest stays on the disk."""

LOT = "lot"
"""The bucket of whoever an event belongs to: what is grouped by."""


_decode = msgspec.msgpack.Decoder(Folded).decode


class Written(Struct):
    """What was written to files: rows by projection, and the customers who are in none, with position and reason."""

    position: int
    events: int = 0
    customers: int = 0
    rows: dict[str, int] = {}
    parked: dict[int, tuple[int, str]] = {}


def fold_with_spark(
    archive_url: str,
    definitions: Definitions,
    units: Units,
    until_position: int,
    master: str,
    gaps: Sequence[Range] | None = None,
) -> Iterator[Built]:
    """Yield what the folds make of every customer in the archive up to a position, range by range, in any order.

    `units` are the merged customers at that position; `gaps` the ranges of streams whose customers are wanted, by
    default all. Raises ArchiveError, InvalidArgument or ProjectionError.
    """
    archive = _reaching(archive_url, until_position)
    work = _work(archive, definitions, gaps)
    missing = set(ranges(work.gaps, archive.width))
    for folded in _run(archive, work, units, master, whole=gaps is None):
        missing -= {(built.first, built.last) for built in folded.built}
        yield from folded.built
    # Where nobody has an event there is no group, and the range is done all the same.
    for first, last in sorted(missing):
        yield Built(first=first, last=last)


def spark_to_parquet(
    archive_url: str,
    definitions: Definitions,
    units: Units,
    until_position: int,
    master: str,
    to: str,
    progress: Callable[[int], None] = lambda events: None,
) -> Written:
    """Fold as `fold_with_spark` does, each executor writing its rows under `to`: an empty folder, or an address.

    `progress` is told the events folded so far. Broken off, the files that are there are whole, but not all.
    """
    archive = _reaching(archive_url, until_position)
    to = _empty(to)
    written = Written(until_position)
    for folded in _run(archive, replace(_work(archive, definitions, None), to=to), units, master, whole=True):
        for built in folded.built:
            written.events += built.events
            written.customers += built.customers
            written.parked |= built.parked
        for name, rows in folded.written.items():
            written.rows[name] = written.rows.get(name, 0) + rows
        progress(written.events)
    return written


def _reaching(url: str, position: int) -> Archive:
    archive = open_archive(url, upto=position)
    if archive.position < position:
        raise ArchiveError(
            f"the archive {url} reaches position {archive.position}, and the events up to {position} "
            f"are asked for: run `customer-ledger archive {url}` first"
        )
    return archive


def _empty(to: str) -> str:
    place = place_of(to)
    if any(place.names(projection.name) for projection in PROJECTIONS):
        raise InvalidArgument(f"{place.address} holds the files of another run: name an empty folder, or empty it")
    return place.address if "://" in place.address else str(Path(place.address).resolve())


def _work(archive: Archive, definitions: Definitions, gaps: Sequence[Range] | None) -> Work:
    last = max((streams_of(segment.bucket, archive.width)[1] for segment in archive.segments), default=0)
    return Work(
        definitions=definitions,
        made_by=made_by(compile_context(definitions)),
        position=archive.position,
        width=archive.width,
        gaps=[(1, last)] if gaps is None else list(gaps),
    )


def _run(archive: Archive, work: Work, units: Units, master: str, *, whole: bool) -> Iterator[Folded]:
    """Yield what the executors make of each bucket. Raises ArchiveError where not the `whole` was read."""
    read, manifest = 0, archive.manifest
    if archive.segments and work.gaps:
        with session_on(master) as session, telling(master):
            for folded in _in_turn(session, archive, work, units):
                read += folded.read
                yield folded
    if whole and archive.position == manifest.position and read != manifest.rows:
        raise ArchiveError(
            f"Spark read {read} events of the {manifest.rows} in the archive {archive.place.address}: "
            "check it with `customer-ledger verify --archive`"
        )


def _in_turn(session: SparkSession, archive: Archive, work: Work, units: Units) -> Iterator[Folded]:
    """Yield what some tasks make, and then some more; those after them run while these are taken in."""
    context = session.sparkContext
    events, cores = sum(segment.rows for segment in archive.segments), context.defaultParallelism
    buckets = len({segment.bucket for segment in archive.segments})
    tasks = min(buckets, max(TASKS_A_CORE * cores, events // EVENTS_A_TASK))
    at_once = tasks if work.to else min(2 * cores, tasks * EVENTS_AT_ONCE // events)
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
    """Return one row for each bucket that has customers: a Folded, encoded."""
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
    lots = events.where(wanted).withColumn(LOT, sql.expr(f"({owner} - 1) div {int(archive.width)}"))
    return lots.repartition(tasks, LOT).groupBy(LOT).applyInArrow(_folder(work), "folded binary")


def _path(archive: Archive, path: str) -> str:
    """Return where Spark finds a file; what it would take for a pattern is escaped."""
    address = archive.place.address
    if "://" not in address:
        address = f"file://{Path(address).resolve()}"
    return re.sub(r"([\\\[\]{}*?])", r"\\\1", f"{address.rstrip('/')}/{path}")


def _folder(work: Work) -> Callable[[Any, Any], Any]:
    """Return what an executor calls with the number of a bucket and the events of its customers."""

    def fold(key, table):  # type: ignore[no-untyped-def]  # PySpark would look for Arrow's types here
        return type(table).from_pydict({"folded": [fold_bucket(work, key[0].as_py(), table)]})

    return fold
