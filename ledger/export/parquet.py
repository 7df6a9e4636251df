"""Rows as a Parquet file, each column of one type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import IO, Any

GROUP = 50_000
"""Rows in a row group."""


def write_parquet(sink: IO[bytes], rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows of flat values (text, numbers, booleans, None) to a seekable stream.

    A column takes the type that its values in the first GROUP rows need: boolean, integer, double, else text;
    one without any value there is text. Later values that do not fit a text column are written as text.
    """
    import pyarrow as pa
    from pyarrow import parquet

    remaining = iter(rows)
    group = list(islice(remaining, GROUP))
    schema = pa.schema([(name, _type(pa, [row[name] for row in group])) for name in columns])
    with parquet.ParquetWriter(sink, schema) as writer:
        while group:
            arrays = [
                pa.array([_as(row[field.name], field.type == pa.string()) for row in group], type=field.type)
                for field in schema
            ]
            writer.write_table(pa.table(arrays, schema=schema))
            group = list(islice(remaining, GROUP))


def _type(pa: Any, values: Sequence[Any]) -> Any:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    if kinds and kinds <= {int, float}:
        return pa.float64()
    return pa.string()


def _as(value: Any, text: bool) -> Any:
    return str(value) if text and value is not None and not isinstance(value, str) else value
