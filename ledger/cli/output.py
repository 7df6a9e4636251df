"""Where data goes and in which format: one way for all commands."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from ledger.cli.exits import Exit
from ledger.cli.failures import Failure

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Row = Mapping[str, Any]

RowsView = Callable[[list[Any], Any], Iterable[Any]]
OneView = Callable[[Any, Any], Iterable[Any]]
"""Make what a person sees, given the data and the zone to show times in (None: their own offset)."""

ENDINGS = {
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""


class Output:
    """The data of one command: rows, or one object. Nothing is opened before there is something to write."""

    def __init__(self, format: str, path: str | None, *, insists: bool = False) -> None:
        self._path = None if path in (None, "-") else place(Path(path or ""))
        self.chosen = format if path in (None, "-") else "file"
        self.format = self._settled(format, insists)
        self.zone: ZoneInfo | None = None

    def _settled(self, format: str, insists: bool) -> str:
        ending = ENDINGS.get(self._path.suffix.lower()) if self._path is not None else None
        if ending is not None and (format == "auto" or not insists):
            return ending
        if format != "auto":
            return format
        if self._path is not None and not _is_device(self._path):
            raise click.UsageError(
                f"no {self._path.suffix or 'file without an ending'} can be written: name a .csv file (or .json, "
                ".ndjson, .parquet), or say which -f it is to be"
            )
        return "table" if self._path is None and sys.stdout.isatty() else "ndjson"

    @property
    def drawn(self) -> bool:
        """Whether a person is shown a table."""
        return self.format == "table"

    def rows(self, rows: Iterable[Row], view: RowsView, columns: Sequence[str] | None = None) -> None:
        """Write rows as they come; `columns` names those of CSV and Parquet, else they are those of all rows."""
        self.pages([rows], view, columns)

    def pages(self, pages: Iterable[Iterable[Row]], view: RowsView, columns: Sequence[str] | None = None) -> None:
        """Write rows page by page; whoever reads the other end has a page as soon as it is written."""
        if self.format == "table":
            self._draw(view(list(chain.from_iterable(pages)), self.zone))
        elif self.format in ("json", "ndjson"):
            with self._sink() as sink:
                (_json_list if self.format == "json" else _ndjson)(sink, pages)
        else:
            self._flat(chain.from_iterable(pages), columns)

    def one(
        self,
        made: Row,
        view: OneView,
        flat: Iterable[Row] | None = None,
    ) -> None:
        """Write one object; CSV and Parquet hold its `flat` rows, where it has them."""
        if self.format == "table":
            self._draw(view(made, self.zone))
        elif self.format == "json":
            with self._sink() as sink:
                sink.write(_pretty(made) + b"\n")
        elif self.format == "ndjson":
            with self._sink() as sink:
                sink.write(encoded(made) + b"\n")
        else:
            self._flat([made] if flat is None else flat, None)

    def text(self, text: str) -> None:
        """Write text that has one form only."""
        with self._sink() as sink:
            sink.write(text.encode())

    def _flat(self, rows: Iterable[Row], columns: Sequence[str] | None) -> None:
        if columns is None:
            rows = list(rows)
            columns = list(dict.fromkeys(name for row in rows for name in row))
        if self.format == "csv":
            with self._sink() as sink:
                _csv(sink, rows, columns)
            return
        import tempfile
        from shutil import copyfileobj

        from ledger.export.parquet import write_parquet

        if self._path is None and sys.stdout.isatty():
            raise click.UsageError("Parquet is no text for a terminal: write it to a file with -o FILE.parquet")
        with tempfile.TemporaryFile() as spool:
            write_parquet(spool, ({name: _flattened(row.get(name)) for name in columns} for row in rows), columns)
            spool.seek(0)
            with self._sink() as sink:
                copyfileobj(spool, sink)

    def _draw(self, parts: Iterable[Any]) -> None:
        from ledger.cli.drawing import drawn

        with self._sink() as sink:
            terminal = self._path is None and sys.stdout.isatty()
            for part in parts:
                sink.write(drawn(part, terminal=terminal).encode(_encoding(), "backslashreplace"))
                sink.flush()

    @contextmanager
    def _sink(self) -> Iterator[IO[bytes]]:
        """Open stdout, or a file that is only put in its place once it is whole."""
        if self._path is None:
            sys.stdout.flush()
            with _whole(sys.stdout.buffer) as stream:
                yield stream
                stream.flush()
        elif _is_device(self._path):
            with self._path.open("wb") as sink:
                yield sink
        else:
            part = self._path.with_name(f".{self._path.name}.part")
            try:
                with part.open("wb") as sink:
                    yield sink
                part.replace(self._path)
            finally:
                part.unlink(missing_ok=True)


def _is_device(path: Path) -> bool:
    """Say whether a path is a pipe or a device, as /dev/null is: what is written there is read or gone at once."""
    return path.exists() and not path.is_file()


def place(path: Path) -> Path:
    """Return a path that a file may be made at, before anything is done whose result it is to hold."""
    if path.is_dir():
        raise Failure(f"cannot write {path} (Is a directory): name a file in it", Exit.STORAGE)
    if not path.parent.is_dir():
        raise Failure(f"cannot write {path} (No such file or directory): make its folder first", Exit.STORAGE)
    if not _is_device(path) and not os.access(
        path.parent, os.W_OK, effective_ids=os.access in os.supports_effective_ids
    ):
        raise Failure(f"cannot write {path} (Permission denied): nothing may be written into its folder", Exit.STORAGE)
    return path


@contextmanager
def _whole(stream: Any) -> Iterator[IO[bytes]]:
    """Open a stream so that a write writes all; under PYTHONUNBUFFERED stdout may take a part and say no more."""
    if not isinstance(stream, io.RawIOBase):
        yield stream
        return
    buffered = io.BufferedWriter(stream)
    try:
        yield buffered
    finally:
        with suppress(OSError):  # what could not be written was told already
            buffered.detach()


def encoded(value: Any) -> bytes:
    """Return JSON on one line."""
    import msgspec

    return msgspec.json.encode(value)


def _pretty(value: Any) -> bytes:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value), indent=2)


def _ndjson(sink: IO[bytes], pages: Iterable[Iterable[Row]]) -> None:
    for page in pages:
        for row in page:
            sink.write(encoded(row) + b"\n")
        sink.flush()


def _json_list(sink: IO[bytes], pages: Iterable[Iterable[Row]]) -> None:
    before = b"[\n "
    for page in pages:
        for row in page:
            sink.write(before + encoded(row))
            before = b",\n "
        sink.flush()
    sink.write(b"[]\n" if before == b"[\n " else b"\n]\n")


def _csv(sink: IO[bytes], rows: Iterable[Row], columns: Sequence[str]) -> None:
    import csv

    text = io.TextIOWrapper(sink, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_cell(row.get(name)) for name in columns])
    finally:
        text.detach()


def _cell(value: Any) -> Any:
    flat = _flattened(value)
    if isinstance(flat, bool):
        return "true" if flat else "false"
    # Text that a spreadsheet would run as a formula is marked as text; a negative number is none.
    return f"'{flat}" if isinstance(flat, str) and flat.startswith(FORMULA) else flat


def _flattened(value: Any) -> Any:
    """Return a value that fits a cell: what is nested becomes JSON text."""
    if not isinstance(value, dict | list | tuple):
        return value
    import json

    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"
