"""What files of the projections' rows are called, and what their columns are."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from ledger.projections.shape import Kind, Projection

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


def part_name(folder: str, number: int) -> str:
    """Return the name of a file of a projection's rows."""
    return f"{folder}/part-{number:08}.parquet"


def schema_of(projection: Projection[Any]) -> pa.Schema:
    """Return the columns of a projection's files: the customer's number, then its own."""
    own = [pa.field(column.name, TYPES[column.kind], column.nullable) for column in projection.columns]
    return pa.schema([pa.field("customer", pa.int64(), nullable=False), *own])
