"""Rows of the projections as Parquet: a folder for each projection, in it a file for each bucket of customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from ledger.archive.place import Place
from ledger.projections import PROJECTIONS
from ledger.projections.shape import Kind, Projection
from ledger.runners.inline import Built

TYPES: dict[Kind, Any] = {
    "integer": pa.int64(),
    "real": pa.float64(),
    "text": pa.string(),
    "json": pa.string(),
    "instant": pa.int64(),
    "date": pa.int32(),
}

PARKED = pa.schema([("customer", pa.int64()), ("position", pa.int64()), ("reason", pa.string())])
"""Who is in no other folder, because of which event, and why."""


def part_name(folder: str, bucket: int) -> str:
    """Return the name of the file that has a bucket's rows."""
    return f"{folder}/part-{bucket:08}.parquet"


def schema_of(projection: Projection[Any]) -> pa.Schema:
    """Return the columns of a projection's files: the customer's number, then its own."""
    own = [pa.field(column.name, TYPES[column.kind], column.nullable) for column in projection.columns]
    return pa.schema([pa.field("customer", pa.int64(), nullable=False), *own])


def write_parts(place: Place, bucket: int, built: Built) -> None:
    """Write a bucket's rows, a file for each projection; done twice it leaves the same files. Raises StorageError."""
    for projection in PROJECTIONS:
        rows = built.rows.get(projection.name, ())
        _write(place, part_name(projection.name, bucket), schema_of(projection), rows)
    parked = [(customer, position, why) for customer, (position, why) in sorted(built.parked.items())]
    if parked:
        _write(place, part_name("parked", bucket), PARKED, parked)


def _write(place: Place, name: str, schema: pa.Schema, rows: Sequence[tuple[Any, ...]]) -> None:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    draft = place.draft()
    try:
        parquet.write_table(pa.table(arrays, schema=schema), draft, compression="zstd")
        place.keep(draft, name)
    finally:
        draft.unlink(missing_ok=True)
