"""The contract of a mapping file: which tables and keys it may have, and what each must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, get_args
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from ledger.errors import InvalidDefinition, Problem
from ledger.events.event import Actor, Event
from ledger.events.fields import Precision
from ledger.schemas.tables import checked, toml_document

_LITERAL = {"type", "type_version", "time_precision"}
_NESTED = {"actor", "data"}

ENVELOPE = tuple(name for name in Event.__struct_fields__ if name not in _LITERAL | _NESTED)
"""The envelope's fields that a mapping gives by an SQL expression."""

REQUIRED = ("event_id", "customer_id", "occurred_at")
"""The fields without which a row cannot become an event."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
_FORMATS = ("csv", "ndjson", "parquet")
_TEXT_ONLY = ("delimiter", "quote", "escape", "null", "header")


def _text(*checks: Any, **options: Any) -> fields.String:
    return fields.String(validate=[validate.Length(min=1, error="is empty: give it a value"), *checks], **options)


def _is_zone(name: str) -> None:
    # A zone is a key of the zone database, never a path or an abbreviation the machine happens to know.
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValidationError(f"{name!r} is no time zone: write one like America/Sao_Paulo or UTC") from error


def _is_encoding(name: str) -> None:
    try:
        "".encode(name)
    except LookupError as error:
        raise ValidationError(f"{name!r} is no text encoding: write one like utf-8, cp1252 or latin-1") from error


def _is_relative(path: str) -> None:
    if path.startswith(("/", "~")) or "\\" in path or ":" in path or ".." in path.split("/"):
        raise ValidationError(
            f"{path!r} leads out of the data folder: write it relative to that folder, with / between folders"
        )


def _is_delimiter(text: str) -> None:
    if text != "whitespace" and (len(text) > 4 or any(letter in '"\n\r\0' or letter.isalnum() for letter in text)):
        raise ValidationError('is no delimiter: write "whitespace", or 1 to 4 signs such as "," or ";" or "\\t"')


def _is_value(value: Any) -> None:
    """Accept an SQL expression, alone or in a table with the time zone of the local time it gives."""
    if isinstance(value, dict) and "column" in value and set(value) <= {"column", "zone"}:
        if "zone" in value:
            _is_zone(str(value["zone"]))
        value = value["column"]
    if not isinstance(value, str):
        raise ValidationError(
            "is no SQL expression: write a column's name, an expression, 'text' in single quotes, "
            'or { column = "…", zone = "America/Sao_Paulo" }'
        )
    if not value.strip():
        raise ValidationError("is empty: write a column's name or an SQL expression")


def _value() -> fields.Raw:
    return fields.Raw(validate=_is_value)


def _table() -> fields.Dict:
    return fields.Dict(keys=fields.String())


class _About(Schema):
    name = _text(validate.Length(max=255), required=True)
    source = _text(validate.Length(max=255), required=True)
    zone = fields.String(validate=_is_zone)
    description = fields.String()


class _File(Schema):
    path = _text(_is_relative, required=True)
    format = fields.String(validate=validate.OneOf(_FORMATS, error="is none of {choices}"))
    delimiter = _text(_is_delimiter)
    quote = fields.String(validate=validate.OneOf(["", '"', "'"], error="is no quote: write '\"', \"'\" or nothing"))
    escape = fields.String(validate=validate.OneOf(['"', "'", "\\"], error="is no escape: write '\"', \"'\" or '\\'"))
    encoding = _text(_is_encoding)
    header = fields.Boolean(truthy={True}, falsy={False})
    columns = fields.List(_text(), validate=validate.Length(min=1, error="names no column"))
    null = fields.List(fields.String())
    types = _table()

    @validates_schema(skip_on_field_errors=False)
    def _says_what_its_format_knows(self, data: dict[str, Any], **_: Any) -> None:
        form = data.get("format")
        if form in {"ndjson", "parquet"} and (extra := [key for key in _TEXT_ONLY if key in data]):
            raise ValidationError({key: [f"has no meaning for {form}: leave it out"] for key in extra})
        if data.get("header") is False and not data.get("columns"):
            raise ValidationError({"columns": ["is missing: a file without a header line needs its columns named"]})
        if data.get("delimiter") == "whitespace" and data.get("quote"):
            raise ValidationError({"quote": ["has no meaning where whitespace separates: leave it out"]})


class _Query(Schema):
    rows = _text(required=True)
    sql = _text(required=True)


_FIELDS: dict[str, fields.Field[Any]] = {
    "from": _text(),
    **{name: _value() for name in ENVELOPE},
    "actor": fields.Nested(Schema.from_dict({name: _value() for name in Actor.__struct_fields__})),
    "data": _table(),
    "when": _text(),
    "time_precision": fields.String(validate=validate.OneOf(get_args(Precision), error="is none of {choices}")),
}

# `from` is a keyword of Python, so these two are made from dictionaries.
_Defaults = Schema.from_dict(_FIELDS, name="_Defaults")
_Event = Schema.from_dict(
    {
        **_FIELDS,
        "type": _text(validate.Length(max=255), required=True),
        "type_version": fields.Integer(strict=True, validate=validate.Range(min=1, error="is less than 1")),
    },
    name="_Event",
)


class _Mapping(Schema):
    mapping = _table()
    files = _table()
    queries = _table()
    defaults = _table()
    events = fields.List(
        fields.Raw(),
        required=True,
        validate=validate.Length(min=1, error="is empty: a mapping makes one event at least"),
    )


def mapping_from_toml(text: str, name: str) -> dict[str, Any]:
    """Return the checked tables of a mapping file; raise InvalidDefinition with every problem."""
    return mapping_from_dict(toml_document(text, name), name)


def mapping_from_dict(document: Any, name: str = "mapping") -> dict[str, Any]:
    """Return the tables with the defaults given to every event; raise InvalidDefinition with every problem."""
    top, problems = checked(_Mapping(), document)
    about = _one(problems, _About(), top.get("mapping", {}), "mapping")
    files = {key: _one(problems, _File(), table, f"files.{key}") for key, table in top.get("files", {}).items()}
    for key, file in files.items():
        _named(problems, file, "types", _text, f"files.{key}")
    queries = {key: _one(problems, _Query(), table, f"queries.{key}") for key, table in top.get("queries", {}).items()}
    defaults = _one(problems, _Defaults(), top.get("defaults", {}), "defaults")
    _named(problems, defaults, "data", _value, "defaults")
    events = []
    for number, table in enumerate(top.get("events", []), start=1):
        event = _one(problems, _Event(), table, f"events[{number}]")
        _named(problems, event, "data", _value, f"events[{number}]")
        events.append(_merged(defaults, event))
    broken = {problem.field for problem in problems}
    problems += [problem for problem in _references(files, queries, events) if problem.field not in broken]
    if problems:
        raise InvalidDefinition(name, problems)
    return {"mapping": about, "files": files, "queries": queries, "events": events}


def _one(problems: list[Problem], schema: Schema, table: Any, where: str) -> dict[str, Any]:
    valid, wrong = checked(schema, table, where)
    problems += wrong
    return valid


def _named(
    problems: list[Problem], table: dict[str, Any], key: str, make: Callable[[], fields.Field[Any]], where: str
) -> None:
    """Check a table inside another whose keys are the author's own."""
    if key in table:
        own = Schema.from_dict({name: make() for name in table[key]})
        table[key] = _one(problems, own(), table[key], f"{where}.{key}")


def _merged(defaults: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    both = {**defaults, **event}
    for part in ("actor", "data"):
        if part in defaults and part in event:
            both[part] = {**defaults[part], **event[part]}
    return both


def _references(files: dict[str, Any], queries: dict[str, Any], events: list[dict[str, Any]]) -> Iterator[Problem]:
    yield from _names(files, queries)
    for name, query in queries.items():
        if "rows" in query and query["rows"] not in files:
            yield Problem(f"queries.{name}.rows", f"names no file: write one of {_listed(files)}")
    for number, event in enumerate(events, start=1):
        yield from _event_references(f"events[{number}]", event, [*files, *queries])


def _names(files: dict[str, Any], queries: dict[str, Any]) -> Iterator[Problem]:
    if not files:
        yield Problem("files", "is missing: name one file at least, as [files.orders]")
    for table, names in (("files", files), ("queries", queries)):
        for name in names:
            if not _NAME.match(name):
                yield Problem(f"{table}.{name}", "is no name: use lower-case letters, digits and _, a letter first")
    for name in set(files) & set(queries):
        yield Problem(f"queries.{name}", "has the name of a file: choose another")


def _event_references(where: str, event: dict[str, Any], origins: list[str]) -> Iterator[Problem]:
    if "from" not in event:
        yield Problem(f"{where}.from", f"is missing: write one of {_listed(origins)}")
    elif event["from"] not in origins:
        yield Problem(f"{where}.from", f"{event['from']!r} is no file or query: write one of {_listed(origins)}")
    for field in REQUIRED:
        if field not in event:
            yield Problem(f"{where}.{field}", "is missing: give it here or in [defaults]")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "those you declare under [files]"
