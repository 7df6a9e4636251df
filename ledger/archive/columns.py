"""What a segment's columns are, and how rows of the log become them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ledger.store.mapper import RECORD_COLUMNS, Row

RECORD = tuple(RECORD_COLUMNS.split(", "))
"""The columns of a `Row`, in its order."""

SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("stream", pa.int64()),
        ("version", pa.int64()),
        ("source", pa.string()),
        ("event_key", pa.binary()),
        ("type", pa.string()),
        ("type_version", pa.int64()),
        ("occurred_at", pa.int64()),
        ("received_at", pa.int64()),
        ("recorded_at", pa.int64()),
        ("header", pa.binary()),
        ("sealed", pa.binary()),
        ("digest", pa.binary()),
    ]
)
"""The columns of a segment, in the order of the log's; times in microseconds since 1970 UTC, the source by name."""

REPEATED = ("source", "type")
"""Columns of few values: each value stands once in a row group."""

NUMBERS = tuple(field.name for field in SCHEMA if field.type == pa.int64())

SOURCE = SCHEMA.get_field_index("source")


class Names(dict[int | None, str | None]):
    """The name of each source by its number; one that the log has no name for is `#` and its number."""

    def __init__(self, sources: Mapping[int, str]) -> None:
        super().__init__([(None, None), *sources.items()])

    def __missing__(self, number: int | None) -> str:
        return f"#{number}"


def batch(rows: Sequence[Row], sources: Names) -> pa.RecordBatch:
    """Return rows of the log, the source by number, as columns. Raises pyarrow's errors where a value does not fit."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)
    columns[SOURCE] = list(map(sources.__getitem__, columns[SOURCE]))
    arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def tuples(table: pa.Table, names: dict[str, str]) -> zip[Row]:
    """Return the rows of a table of RECORD columns, as the log gives them.

    `names` keeps one text for each type, which all rows share. Whole columns become lists in one step: a value at a
    time would cost as much as the folds.
    """
    columns = [_texts(table[name], names) if name in REPEATED else _values(table[name]) for name in RECORD]
    return zip(*columns, strict=True)


def _values(column: pa.ChunkedArray) -> list[Any]:
    if column.null_count:
        plain: list[Any] = column.to_pylist()
        return plain
    if column.num_chunks == 1:
        return _list(column.chunk(0))
    return [value for chunk in column.chunks for value in _list(chunk)]


def _list(chunk: pa.Array) -> list[Any]:
    made: list[Any] = whole_numbers(chunk).tolist() if chunk.type == pa.int64() else chunk.to_pylist()
    return made


def spare_memory() -> None:
    """Let this process, which is one of our own, give back at once what Arrow no longer needs.

    Arrow's usual allocator keeps some 25 MiB, and is no quicker here.
    """
    pa.set_memory_pool(pa.system_memory_pool())


def integers(table: pa.Table, name: str) -> Any:
    """Return a column of integers as a numpy array."""
    parts = [whole_numbers(chunk) for chunk in table[name].chunks]
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, np.int64), *parts])


def indices(numbers: Any) -> pa.Array:
    """Return a numpy array of places in a table as Arrow has it; see `whole_numbers` for why not by `pa.array`."""
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(np.ascontiguousarray(numbers, "i8"))])


def whole_numbers(chunk: pa.Array) -> Any:
    """Return numpy's view of an array of integers, none of which is null.

    Arrow's own `to_numpy` imports pandas where there is one: 46 MiB in every process.
    """
    size = chunk.type.bit_width // 8
    return np.frombuffer(chunk.buffers()[1], f"i{size}")[chunk.offset : chunk.offset + len(chunk)]


def _texts(column: pa.ChunkedArray, names: dict[str, str]) -> list[str | None]:
    found: list[str | None] = []
    for chunk in column.chunks:
        if chunk.null_count:
            found += chunk.to_pylist()
            continue
        words = [names.setdefault(word, word) for word in chunk.dictionary.to_pylist()]
        found += map(words.__getitem__, whole_numbers(chunk.indices).tolist())
    return found
