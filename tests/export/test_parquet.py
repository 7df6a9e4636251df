"""Rows as Parquet: each column takes the type that its values need."""

from __future__ import annotations

import io
from typing import Any

import pyarrow.parquet as pq

from ledger.export.parquet import write_parquet


def test_a_column_takes_the_type_its_values_need() -> None:
    rows: list[dict[str, Any]] = [
        {"whole": 1, "number": 1, "flag": True, "text": "a", "mixed": 1, "nothing": None},
        {"whole": None, "number": 0.5, "flag": None, "text": None, "mixed": "b", "nothing": None},
    ]
    sink = io.BytesIO()
    write_parquet(sink, rows, list(rows[0]))
    table = pq.read_table(sink)
    types = {field.name: str(field.type) for field in table.schema}
    assert types == {
        "whole": "int64", "number": "double", "flag": "bool", "text": "string", "mixed": "string", "nothing": "string"
    }  # fmt: skip
    assert table.to_pylist()[1] == {**rows[1], "mixed": "b"}
    assert table.to_pylist()[0]["mixed"] == "1"


def test_no_rows_are_a_table_with_its_columns() -> None:
    sink = io.BytesIO()
    write_parquet(sink, [], ["a", "b"])
    assert pq.read_table(sink).column_names == ["a", "b"]
