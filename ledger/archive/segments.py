"""Writing one segment: rows in order become a sealed file, and what the manifest says of it."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import IO, Any, Self

import pyarrow as pa
from pyarrow import parquet

from ledger.archive.columns import NUMBERS, REPEATED, SCHEMA
from ledger.archive.digest import RowDigest
from ledger.archive.folder import told
from ledger.archive.manifest import Segment
from ledger.archive.place import Place

SEGMENTS = "segments"

GROUP_ROWS = 16_384
GROUP_BYTES = 16 * 2**20
"""Rows, and bytes of their columns, of a row group: what a reader holds at once."""

WRITING: dict[str, Any] = {
    "compression": "zstd",
    # Higher levels take two and three times as long for one part in a hundred.
    "compression_level": 1,
    "use_dictionary": list(REPEATED),
    "column_encoding": dict.fromkeys(NUMBERS, "DELTA_BINARY_PACKED"),
    # Bytes that were altered may decode to other numbers; nothing but this tells a rebuild so.
    "write_page_checksum": True,
}


class SegmentWriter:
    """Takes the rows of a bucket between two positions, by stream and version, as columns; `keep` makes them a segment.

    Used as a context manager: what was not kept by its end leaves nothing behind. Raises StorageError.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._draft = place.draft()
        with told(place.address):
            self._sink = _Hashing(self._draft.open("wb"))
        self._parquet = parquet.ParquetWriter(self._sink, SCHEMA, **WRITING)
        self._digest = RowDigest()
        self._waiting: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next rows."""
        for start in range(0, batch.num_rows, GROUP_ROWS):
            self._take(batch.slice(start, GROUP_ROWS))

    def keep(self, *, bucket: int, after: int, upto: int) -> Segment:
        """Write the end of the file, put it in its place, and return what it is."""
        self._flush()
        with told(self._place.address):
            self._parquet.close()
            self._sink.file.close()  # what is not handed to the system cannot be made safe
        sha256 = self._sink.sha256.hexdigest()
        segment = Segment(
            path=f"{SEGMENTS}/{bucket:08}-{after + 1:012}-{upto:012}-{sha256[:16]}.parquet",
            bucket=bucket,
            after=after,
            upto=upto,
            rows=self._digest.rows,
            bytes=self._sink.bytes,
            sha256=sha256,
            digest=self._digest.hexdigest(),
        )
        self._place.keep(self._draft, segment.path)
        return segment

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sink.deaf = True  # Arrow writes the end of a file even when it is given up
        with suppress(OSError, pa.ArrowException):
            self._parquet.close()
        with suppress(OSError):
            self._sink.file.close()
        self._draft.unlink(missing_ok=True)

    def _take(self, batch: pa.RecordBatch) -> None:
        self._digest.add(batch)
        self._waiting.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            table = pa.Table.from_batches(self._waiting)
            with told(self._place.address):
                self._parquet.write_table(table, row_group_size=table.num_rows)
            self._waiting, self._rows, self._bytes = [], 0, 0


class _Hashing:
    """A file to write to that knows the digest and the size of what was written."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.deaf = False
        self.sha256 = hashlib.sha256()
        self.bytes = 0

    def write(self, content: Any) -> int:
        if self.deaf:
            return len(content)
        self.sha256.update(content)
        size = self.file.write(content)
        self.bytes += size
        return size

    def tell(self) -> int:
        return self.bytes

    def flush(self) -> None:
        return

    def close(self) -> None:
        return

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True
