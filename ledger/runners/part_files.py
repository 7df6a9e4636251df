"""A task's rows as Parquet: whole files at its end, or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
from pyarrow import parquet

from ledger.archive.place import Place
from ledger.projections import PROJECTIONS
from ledger.runners.inline import Built, park_too_large
from ledger.runners.parts import PARKED, part_name, schema_of

GROUP = 32_768
"""Rows of a row group: each one costs as much as thousands of rows."""


class PartFiles:
    """The files of one task, by number: one for each projection, and one for the parked where there are any.

    `position` is the one that the events end at.
    """

    def __init__(self, place: Place, number: int, position: int) -> None:
        self._place = place
        self._number = number
        self._position = position
        self._drafts: dict[str, Any] = {}
        self._writers: dict[str, Any] = {}
        self._waiting: dict[str, list[Any]] = defaultdict(list)

    def __enter__(self) -> Self:
        for projection in PROJECTIONS:
            self._open(projection.name, schema_of(projection))
        return self

    def add(self, built: Built) -> None:
        """Write the rows of a range; what stays of them there is how many they were. Raises StorageError.

        Customers whose numbers no column holds are set aside.
        """
        try:
            made = _tables(built)
        except OverflowError:
            built.customers -= park_too_large(built.rows, built.parked, self._position)
            made = _tables(built)
        for name, table in made.items():
            self._waiting[name].append(table)
            if sum(part.num_rows for part in self._waiting[name]) >= GROUP:
                self._flush(name)
        built.written = {name: len(rows) for name, rows in built.rows.items()}
        built.rows = {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for name in list(self._waiting) if error is None else ():
                self._flush(name)
            for name, writer in self._writers.items():
                writer.close()
                if error is None:
                    self._place.keep(self._drafts[name], part_name(name, self._number))
        finally:
            for draft in self._drafts.values():
                draft.unlink(missing_ok=True)

    def _flush(self, name: str) -> None:
        table = pa.concat_tables(self._waiting.pop(name))
        if name not in self._writers:
            self._open(name, table.schema)
        self._writers[name].write_table(table)

    def _open(self, name: str, schema: pa.Schema) -> None:
        self._drafts[name] = self._place.draft()
        self._writers[name] = parquet.ParquetWriter(self._drafts[name], schema, compression="zstd")


def _tables(built: Built) -> dict[str, Any]:
    made = {
        projection.name: _table(schema_of(projection), built.rows[projection.name])
        for projection in PROJECTIONS
        if built.rows.get(projection.name)
    }
    if built.parked:
        made["parked"] = _table(PARKED, [(customer, *why) for customer, why in sorted(built.parked.items())])
    return made


def _table(schema: Any, rows: Sequence[tuple[Any, ...]]) -> Any:
    columns = zip(*rows, strict=True)
    return pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
    )
