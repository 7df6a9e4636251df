"""The files a mapping names, found in the data folder and opened far enough to know their columns."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import msgspec

from ledger.errors import InvalidInput
from ledger.ingest.grammar import Quoting
from ledger.ingest.mapping import WHITESPACE, DataFile, Mapping
from ledger.ingest.records import LONGEST, first_record

OWN_COLUMNS = ("_file", "_line")
"""The columns that every staged table has: where a row came from."""

SAMPLED_LINES = 1_000
"""How many JSON lines are looked at to learn the keys, where the mapping names no columns."""


class Source(NamedTuple):
    """One physical file: its name as messages show it, and its columns in the file's own order."""

    file: DataFile
    shown: str
    path: Path
    columns: tuple[str, ...]

    @property
    def quoting(self) -> Quoting | None:
        """How its records are quoted, None where nothing is."""
        return _quoting(self.file)


def find(mapping: Mapping, folder: Path) -> dict[str, list[Source]]:
    """Return the files behind each name of the mapping; InvalidInput lists all that are missing or headless."""
    found: dict[str, list[Source]] = {}
    problems: list[str] = []
    for file in mapping.files.values():
        try:
            found[file.name] = _sources(file, folder)
        except InvalidInput as error:
            problems.append(str(error))
    if problems:
        raise InvalidInput("; ".join(problems))
    return found


def _sources(file: DataFile, folder: Path) -> list[Source]:
    root = folder.resolve()
    paths = sorted(root.glob(file.path)) if "*" in file.path else [root / file.path]
    if not paths or not all(path.is_file() for path in paths):
        raise InvalidInput(
            f"files.{file.name}: there is no file {file.path} in {folder}: say with --data where the files are"
        )
    for path in paths:
        if not path.resolve().is_relative_to(root):
            raise InvalidInput(f"files.{file.name}: {path.name} leads out of {folder}: put the file itself there")
    sources = [Source(file, path.relative_to(root).as_posix(), path, _columns(file, path)) for path in paths]
    for source in sources[1:]:
        if set(source.columns) != set(sources[0].columns):
            raise InvalidInput(
                f"files.{file.name}: {source.shown} has other columns than {sources[0].shown}: "
                "give files of another shape a name of their own"
            )
    return sources


def _columns(file: DataFile, path: Path) -> tuple[str, ...]:
    try:
        names = _parquet_columns(path) if file.format == "parquet" else _text_columns(file, path)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"files.{file.name}: {path.name} is not UTF-8: say its encoding in the mapping") from error
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(f"files.{file.name}: {path.name} cannot be read: {error}") from error
    lowered = [name.lower() for name in names]
    for name in names:
        if not name or "\0" in name or lowered.count(name.lower()) > 1 or name.lower() in OWN_COLUMNS:
            raise InvalidInput(
                f"files.{file.name}: {path.name} has a column named {name!r} that is empty, there twice or ours: "
                "say header = false and name the columns"
            )
    return names


def _parquet_columns(path: Path) -> tuple[str, ...]:
    from pyarrow import ArrowInvalid, parquet

    try:
        return tuple(parquet.read_schema(path).names)
    except ArrowInvalid as error:
        raise InvalidInput(f"{path.name} is no Parquet file: {str(error).splitlines()[0]}") from error


def _text_columns(file: DataFile, path: Path) -> tuple[str, ...]:
    if file.columns and (file.format == "ndjson" or not file.header):
        return file.columns
    with open_text(file, path) as stream:
        if file.format == "ndjson":
            return _keys(stream)
        record, _ = first_record(stream, _quoting(file))
    names = tuple(_fields(file, record.decode()))
    if not names:
        raise InvalidInput(f"files.{file.name}: {path.name} is empty: it lacks even a header line")
    if file.columns and file.columns != names:
        raise InvalidInput(
            f"files.{file.name}: {path.name} has the columns {', '.join(names)}, not those the mapping lists: "
            "say which is right, or header = false if its first line is data"
        )
    return names


def _fields(file: DataFile, record: str) -> list[str]:
    if file.delimiter == WHITESPACE:
        return record.split()
    if len(file.delimiter) > 1 or not file.quote:
        return [name.strip(file.quote or None) for name in record.split(file.delimiter)] if record else []
    rows: list[list[str]] = list(
        csv.reader(io.StringIO(record, newline=""), delimiter=file.delimiter, quotechar=file.quote)
    )
    return [name.strip() for name in rows[0]] if rows else []


def _keys(stream: BinaryIO) -> tuple[str, ...]:
    keys: dict[str, None] = {}
    decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
    for _ in range(SAMPLED_LINES):
        line = stream.readline(LONGEST + 1)
        if not line:
            break
        try:
            keys.update(dict.fromkeys(decode(line)))
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            continue  # it is rejected, with its line, when the file is read whole
    return tuple(keys)


def _quoting(file: DataFile) -> Quoting | None:
    if file.format != "csv" or file.delimiter == WHITESPACE or not file.quote:
        return None
    return Quoting(file.delimiter, file.quote, file.escape)


def open_text(file: DataFile, path: Path) -> BinaryIO:
    """Open a text file as a stream of UTF-8 bytes without a byte-order mark; what cannot be decoded stays as it is."""
    raw: Any = gzip.GzipFile(path) if path.suffix == ".gz" else path.open("rb")
    if codecs.lookup(file.encoding).name != "utf-8":
        raw = _Recoded(raw, file.encoding)
    stream = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw)
    if stream.peek(3)[:3] == codecs.BOM_UTF8:
        stream.read(3)
    return cast(BinaryIO, stream)


class _Recoded(io.RawIOBase):
    """Another encoding's bytes as UTF-8; a byte that means nothing comes through, so that its line is rejected."""

    def __init__(self, raw: BinaryIO, encoding: str) -> None:
        self._raw = raw
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="surrogateescape")
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            block = self._raw.read(1 << 16)
            self._ready = self._decoder.decode(block, final=not block).encode("utf-8", "surrogateescape")
            if not block:
                break
        taken = self._ready[: len(buffer)]
        self._ready = self._ready[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def close(self) -> None:
        self._raw.close()
        super().close()
