"""What an executor of a Spark cluster does: it folds the customers of one group, given as a table."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import msgspec
from msgspec import Struct

from ledger.archive.columns import RECORD, tuples
from ledger.archive.manifest import streams_of
from ledger.archive.place import place_of
from ledger.errors import ProjectionError
from ledger.projections.driver import Folds
from ledger.runners.inline import Built, Range, fold_range, park_too_large
from ledger.runners.memory import no_search_for_cycles
from ledger.runners.part_files import PartFiles
from ledger.runners.source import Source
from ledger.schemas.definitions import Definitions, compile_context
from ledger.store.links import Units
from ledger.store.mapper import Row, RowMapper
from ledger.store.serving import made_by

SURVIVOR = "survivor"
"""A column beside those of the archive: the stream that a merged customer lives on in, else null."""


class Work(Struct, frozen=True, kw_only=True):
    """What an executor is told: the source, without the ledger's address, and the ranges of streams wanted (`gaps`).

    `made_by` is the digest of the driver's folds, which must be its own too; group k (from 0) is who lives on in the
    streams k * `width` + 1 to (k + 1) * `width`.
    """

    source: Source
    made_by: str
    width: int
    gaps: Sequence[Range]


class Folded(Struct):
    """What an executor made of a group, and how many events it read for that."""

    built: list[Built]
    read: int


def fold_group(work: Work, number: int, table: Any) -> bytes:
    """Fold the customers of a group, in an executor; return a Folded, encoded. Raises ProjectionError, StorageError.

    With `to` the rows are written to files there, and what is returned is how many they are.
    """
    folds, mapper = _compiled(work.source.definitions, work.made_by)
    first, last = streams_of(number, work.width)
    wanted = [(max(first, lo), min(last, hi)) for lo, hi in work.gaps if lo <= last and hi >= first]
    units, reader = _units(table), _TableReader(table)
    with no_search_for_cycles():
        made = [fold_range(reader, folds, mapper, units, *one) for one in wanted]
    if work.source.to is not None:
        _write(work.source, made)
    elif not work.source.rows:
        for built in made:
            built.rows = {}
    return _encoded(Folded(made, table.num_rows), work.source)


def _write(source: Source, made: list[Built]) -> None:
    with PartFiles(place_of(source.to or ""), made[0].first, source.until.position or 0) as files:
        for built in made:
            files.add(built)


def _encoded(folded: Folded, source: Source) -> bytes:
    try:
        return msgspec.msgpack.encode(folded)
    except OverflowError:
        for built in folded.built:
            built.customers -= park_too_large(built.rows, built.parked, source.until.position or 0)
        return msgspec.msgpack.encode(folded)


@cache
def _compiled(definitions: Definitions, wanted: str) -> tuple[Folds, RowMapper]:
    """Return the folds of some definitions, compiled once in a process."""
    context = compile_context(definitions)
    if made_by(context) != wanted:
        raise ProjectionError(
            "the executors have another version of customer-ledger, or of Python, than the driver: "
            "give both the same environment"
        )
    return Folds(context), RowMapper(context.vocabulary)


def _units(table: Any) -> Units:
    """Return the merged customers of a group: those whose events came with a survivor."""
    found: dict[int, set[int]] = defaultdict(set)
    merged = table.filter(table[SURVIVOR].is_valid()).select(["stream", SURVIVOR])
    for stream, survivor in zip(*(column.to_pylist() for column in merged.columns), strict=True):
        found[survivor].add(stream)
    return Units({survivor: tuple(sorted(streams)) for survivor, streams in found.items()})


class _TableReader:
    """Reads the events of a group."""

    def __init__(self, table: Any) -> None:
        ordered = table.select(list(RECORD)).sort_by([("stream", "ascending"), ("version", "ascending")])
        types = ordered["type"].combine_chunks().dictionary_encode()
        ordered = ordered.set_column(RECORD.index("type"), "type", types)
        self._rows = list(tuples(ordered, {}))

    def rows(self, first: int, last: int) -> list[Row]:
        rows = self._rows
        return rows[bisect_left(rows, first, key=_stream) : bisect_right(rows, last, key=_stream)]

    def stream_rows(self, streams: Sequence[int]) -> list[Row]:
        return [row for stream in streams for row in self.rows(stream, stream)]


_stream = itemgetter(1)
