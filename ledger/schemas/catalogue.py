"""The contract of a catalogue file: the touchpoints of a company, in layers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, get_args

from marshmallow import Schema, fields, validate

from ledger.errors import InvalidDefinition, Problem
from ledger.events.fields import MAX_KEY
from ledger.journey.catalogue import Catalogue, Layer, Touchpoint
from ledger.schemas import limits
from ledger.schemas.tables import checked, labelled, toml_document

_LENGTH = validate.Length(min=1, max=MAX_KEY, error=f"is empty or longer than {MAX_KEY} characters: shorten it")
_SOME = validate.Length(min=1, error="is empty: name at least one, or leave it out")
_LAYER = validate.OneOf(get_args(Layer), error="is none of {choices}: use one of them")


def _names() -> fields.List[Any]:
    return fields.List(fields.String(validate=_LENGTH), validate=_SOME)


class _File(Schema):
    touchpoints = fields.List(
        fields.Raw(), required=True, validate=validate.Length(min=1, error="is empty: list at least one touchpoint")
    )


class _Touchpoint(Schema):
    id = fields.String(required=True, validate=_LENGTH)
    name = fields.String(required=True, validate=_LENGTH)
    layers = fields.List(
        fields.String(validate=_LAYER),
        required=True,
        validate=validate.Length(min=1, error=f"is empty: name one or more of {', '.join(get_args(Layer))}"),
    )
    stages = _names()
    channels = _names()
    also = _names()
    department = fields.String(validate=_LENGTH)


def catalogue_from_toml(text: str, stages: Collection[str], name: str = "catalogue.toml") -> Catalogue:
    """Return the catalogue that a TOML text describes; `stages` are the journey's primary ones.

    Raises InvalidDefinition with every problem.
    """
    document = toml_document(text, name)
    file, problems = checked(_File(), document)
    problems += limits.breaches(document)
    touchpoints: list[Touchpoint] = []
    taken: dict[str, str] = {}
    for where, table in labelled("touchpoints", file.get("touchpoints", [])):
        valid, wrong = checked(_Touchpoint(), table, where)
        problems += [*wrong, *_strange(where, valid, stages), *_taken(where, valid, taken)]
        if not wrong:
            touchpoints.append(_touchpoint(valid))
    if problems:
        raise InvalidDefinition(name, problems)
    return Catalogue(touchpoints)


def _strange(where: str, table: dict[str, Any], stages: Collection[str]) -> Iterator[Problem]:
    for stage in table.get("stages", []):
        if stage not in stages:
            cure = f"use one of {', '.join(stages)}"
            yield Problem(f"{where}.stages", f"{stage!r} is no primary stage of the journey: {cure}")


def _taken(where: str, table: dict[str, Any], taken: dict[str, str]) -> Iterator[Problem]:
    """Yield what names an event's touchpoint that another entry, or the same one, has named already."""
    for field in ("id", "also"):
        named = table.get(field, [])
        for name in [named] if isinstance(named, str) else named:
            if name in taken:
                yield Problem(f"{where}.{field}", f"{name!r} stands in {taken[name]} already: keep one of them")
            taken.setdefault(name, where)


def _touchpoint(table: dict[str, Any]) -> Touchpoint:
    lists = {name: tuple(dict.fromkeys(table.get(name, ()))) for name in ("layers", "stages", "channels", "also")}
    return Touchpoint(**{**table, **lists})
