"""A digest over rows, whatever file or database they come from and however they are cut into pieces."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa

from ledger.archive.columns import NUMBERS, SCHEMA

NOTHING = -(2**63)
"""Stands for a number that is absent; no column holds it."""

DOMAIN = b"customer-ledger rows 1\n"


class RowDigest:
    """Takes rows in, in order; SHA-256 over the SHA-256 of every column.

    A column of numbers is hashed as 64-bit little-endian integers; one of texts or bytes as its values' lengths
    (-1 for an absent one) and, apart, as the values one after the other.
    """

    def __init__(self) -> None:
        self._columns = {field.name: (hashlib.sha256(), hashlib.sha256()) for field in SCHEMA}
        self.rows = 0

    def add(self, batch: pa.RecordBatch | pa.Table) -> None:
        """Take in the next rows."""
        self.rows += batch.num_rows
        for name, (lengths, values) in self._columns.items():
            column = batch[name]
            for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else (column,):
                if name in NUMBERS:
                    lengths.update(_integers(chunk))
                else:
                    _add_texts(chunk, lengths, values)

    def hexdigest(self) -> str:
        """Return the digest of all rows so far."""
        whole = hashlib.sha256(DOMAIN)
        for parts in self._columns.values():
            for part in parts:
                whole.update(part.digest())
        return whole.hexdigest()


def _integers(chunk: pa.Array) -> Any:
    filled = chunk.fill_null(NOTHING) if chunk.null_count else chunk
    return np.ascontiguousarray(filled.to_numpy(), dtype="<i8")


def _add_texts(chunk: pa.Array, lengths: Any, values: Any) -> None:
    plain = chunk.dictionary_decode() if pa.types.is_dictionary(chunk.type) else chunk
    _, starts, content = plain.buffers()
    offsets = np.frombuffer(starts, np.int32)[plain.offset : plain.offset + len(plain) + 1]
    sizes = np.diff(offsets).astype("<i8")
    if plain.null_count:
        sizes[~plain.is_valid().to_numpy(zero_copy_only=False)] = -1
    lengths.update(sizes)
    if content is not None and len(offsets):
        # An absent value takes no bytes, in arrays made of rows as in those read from Parquet.
        values.update(memoryview(content)[offsets[0] : offsets[-1]])
