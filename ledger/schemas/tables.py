"""How a configuration file is read: its tables one by one, so that every problem of all of them is told at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from marshmallow import Schema, ValidationError

from ledger.errors import InvalidArgument, InvalidDefinition, Problem

_CURES = {
    "Unknown field.": "is unknown: check its spelling, or leave it out",
    "Missing data for required field.": "is missing: add it",
    "Field may not be null.": "has no value: give it one, or leave it out",
    "Invalid input type.": "is no table: write it as one",
    "Not a valid list.": "is no list: put it in square brackets",
    "Not a valid string.": "is no text: put it in quotes",
    "Not a valid integer.": "is no whole number: write it without quotes or point",
    "Not a valid mapping type.": "is no table: write it as one",
}


def toml_document(text: str, name: str) -> dict[str, Any]:
    """Return the tables of a TOML text; raise InvalidDefinition, with the line, when it is not TOML.

    Raises InvalidArgument for what is no text.
    """
    if not isinstance(text, str):
        raise InvalidArgument(f"{text!r} is no text of {name}: give what such a file holds")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidDefinition(name, [Problem("", f"is no valid TOML ({error}): correct it there")]) from error


def checked(schema: Schema, table: Any, where: str = "") -> tuple[dict[str, Any], list[Problem]]:
    """Return what is valid of one table, by its schema, and everything that is wrong with it."""
    try:
        valid: dict[str, Any] = schema.load(table)
    except ValidationError as error:
        partial = error.valid_data if isinstance(error.valid_data, dict) else {}
        return partial, list(_problems(error.messages, where))
    return valid, []


def labelled(name: str, tables: list[Any]) -> Iterator[tuple[str, Any]]:
    """Yield each table of a list with what to call it: `rules[in use]`, by its place where it has no name."""
    for place, table in enumerate(tables, start=1):
        own = table.get("name") if isinstance(table, dict) else None
        yield f"{name}[{own if isinstance(own, str) and own else place}]", table


def _problems(messages: Any, where: str) -> Iterator[Problem]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _problems(inner, _below(where, key))
        return
    for message in messages if isinstance(messages, list) else [messages]:
        yield Problem(where, _CURES.get(str(message), str(message)))


def _below(where: str, key: Any) -> str:
    if key == "_schema":
        return where
    if isinstance(key, int):
        return f"{where}[{key + 1}]"  # as a reader counts
    return f"{where}.{key}" if where else str(key)
