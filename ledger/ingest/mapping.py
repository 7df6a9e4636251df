"""What a mapping file says, as values: the files, the queries over them, and the events their rows become."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from ledger.errors import InvalidDefinition, InvalidInput, Problem
from ledger.events.fields import Precision
from ledger.schemas.mapping import ENVELOPE, mapping_from_dict, mapping_from_toml

Format = Literal["csv", "ndjson", "parquet"]

WHITESPACE = "whitespace"
"""The delimiter of a file whose values stand apart by any run of spaces or tabs."""


class DataFile(Struct, frozen=True, kw_only=True):
    """One table of input: a file of the data folder, or several of one shape when `path` has a `*`.

    `columns` names the columns where the file does not. `types` casts columns when they are read, and a value
    that cannot be cast rejects its row. `null` lists the texts that mean no value.
    """

    name: str
    path: str
    format: Format
    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    encoding: str = "utf-8"
    header: bool = True
    columns: tuple[str, ...] = ()
    null: tuple[str, ...] = ("",)
    types: dict[str, str] = {}


class Query(Struct, frozen=True, kw_only=True):
    """A SELECT over the files; each of its rows is traced to a line of the file named `rows`."""

    name: str
    rows: str
    sql: str


class Expression(Struct, frozen=True, kw_only=True):
    """The SQL that gives one field its value; `zone` names where a local time was read off the clock."""

    field: str
    sql: str
    zone: str | None = None
    time: bool = False


class EventRule(Struct, frozen=True, kw_only=True):
    """How a row becomes one event: `origin` names the file or query, `when` the rows it applies to.

    `expressions` hold one entry per field, nested ones by their dotted name (`actor.id`, `data.value`).
    """

    number: int
    origin: str
    type: str
    type_version: int | None = None
    precision: Precision = "instant"
    when: str | None = None
    expressions: tuple[Expression, ...]

    @property
    def label(self) -> str:
        """How messages name this rule."""
        return f"events[{self.number}] ({self.type})"


class Mapping(Struct, frozen=True, kw_only=True):
    """A whole mapping file."""

    name: str
    source: str
    zone: str | None
    files: dict[str, DataFile]
    queries: dict[str, Query]
    events: tuple[EventRule, ...]


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file; InvalidDefinition lists all its problems at once, InvalidInput says it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInput(
            f"cannot read the mapping {path}: {error.strerror}; check the path and its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidDefinition(str(path), [Problem("", f"is not UTF-8 ({error}): save it as UTF-8")]) from error
    return _mapping(mapping_from_toml(text, str(path)))


def parse_mapping(document: dict[str, Any]) -> Mapping:
    """Return the mapping that tables describe; InvalidDefinition lists all their problems at once."""
    return _mapping(mapping_from_dict(document))


def _mapping(document: dict[str, Any]) -> Mapping:
    about = document["mapping"]
    return Mapping(
        name=about["name"],
        source=about["source"],
        zone=about.get("zone"),
        files={name: _file(name, said) for name, said in document["files"].items()},
        queries={name: Query(name=name, **said) for name, said in document["queries"].items()},
        events=tuple(_rule(number, said, about.get("zone")) for number, said in enumerate(document["events"], start=1)),
    )


def _file(name: str, said: dict[str, Any]) -> DataFile:
    lists: dict[str, Any] = {key: tuple(said[key]) for key in ("columns", "null") if key in said}
    quote = said.get("quote", '"')
    settled: dict[str, Any] = {
        "name": name,
        "format": said.get("format") or format_of(said["path"]),
        "quote": quote,
        "escape": said.get("escape", quote),  # a quote inside quotes is doubled unless the file says otherwise
    }
    return DataFile(**{**said, **lists, **settled})


def format_of(path: str) -> Format:
    """Return the format that a file's name tells."""
    bare = path.lower().removesuffix(".gz")
    if bare.endswith((".ndjson", ".jsonl", ".json")):
        return "ndjson"
    return "parquet" if bare.endswith((".parquet", ".pq")) else "csv"


def _rule(number: int, said: dict[str, Any], zone: str | None) -> EventRule:
    expressions = [_expression(field, said[field], zone) for field in ENVELOPE if field in said]
    for part in ("actor", "data"):
        expressions += [_expression(f"{part}.{field}", value, zone) for field, value in said.get(part, {}).items()]
    return EventRule(
        number=number,
        origin=said["from"],
        type=said["type"],
        type_version=said.get("type_version"),
        precision=said.get("time_precision", "instant"),
        when=said.get("when"),
        expressions=tuple(expressions),
    )


def _expression(field: str, value: str | dict[str, str], zone: str | None) -> Expression:
    if isinstance(value, str):
        return Expression(field=field, sql=value, zone=zone, time=field in {"occurred_at", "received_at"})
    return Expression(field=field, sql=value["column"], zone=value.get("zone", zone), time=True)
