"""Puts its line number before every record, so that DuckDB may read in any order and no row loses its place."""

from __future__ import annotations

import msgspec

from ledger.errors import InvalidEvent
from ledger.ingest.mapping import WHITESPACE, DataFile
from ledger.ingest.records import Number
from ledger.schemas.parsing import parse

UNIT = "\x1f"
"""Parts the line number from a JSON line: a sign that JSON never holds bare."""


def numbering(file: DataFile) -> Number:
    """Return what puts the line's number before a record, so that DuckDB may read in any order and lose nothing."""
    if file.format == "ndjson":
        return _number_json()
    if file.delimiter == WHITESPACE:
        return _number_words
    delimiter, quoted = file.delimiter.encode(), bool(file.quote)

    def number_record(number: int, record: bytes) -> bytes | str | None:
        if not quoted and b"\r" in record:
            return "has a carriage return inside the line"
        return b"%d%b%b\n" % (number, delimiter, record) if record else None

    return number_record


def _number_words(number: int, record: bytes) -> bytes | str | None:
    words = record.split()
    return b"%d\t%b\n" % (number, b"\t".join(words)) if words else None


def _number_json() -> Number:
    decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

    def number_json(number: int, record: bytes) -> bytes | str | None:
        record = record.strip().replace(b"\r", b" ")  # a carriage return stands in JSON only as white space
        if not record:
            return None
        try:
            decode(record)
            _, twice = parse(record)  # which name stands twice, as `append` asks
        except msgspec.MsgspecError as error:
            return f"is no JSON object: {error}"
        except (RecursionError, InvalidEvent):
            return "is JSON nested too deeply"
        if twice:
            return "; ".join(map(str, twice))
        return b"%d\x1f%b\n" % (number, record)

    return number_json
