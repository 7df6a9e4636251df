"""A company's own event types: read from its configuration, and written back as they were declared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from keyword import iskeyword
from typing import Annotated, Any, Literal

import msgspec
from marshmallow import Schema, ValidationError, fields, validate

from ledger.errors import InvalidDefinition, Problem
from ledger.events import VOCABULARY
from ledger.events.event import Data
from ledger.events.fields import MAX_KEY, MAX_TEXT
from ledger.events.vocabulary import EventType
from ledger.schemas import limits
from ledger.schemas.kinds import KINDS, UNITS, Field, fields_of
from ledger.schemas.tables import checked, labelled, toml_document
from ledger.schemas.upcasts import Upcasting

_WORD = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
_TYPE = re.compile(rf"{_WORD}(\.{_WORD})+\Z")
_FIELD = re.compile(rf"{_WORD}\Z")
_OURS = ("type", "required")
"""Names that a class of events has uses of its own for."""

_LENGTH = validate.Length(min=1, max=MAX_KEY, error=f"is empty or longer than {MAX_KEY} characters: shorten it")
_FIELD_NAME = validate.Regexp(_FIELD, error='is no field name: use lower-case words like "points_left"')


def _is_flag(value: Any) -> None:
    if not isinstance(value, bool):
        raise ValidationError("is neither true nor false: write one of them without quotes")


class _File(Schema):
    types = fields.List(fields.Raw(), required=True)


class _Type(Schema):
    name = fields.String(
        required=True,
        validate=[
            _LENGTH,
            validate.Regexp(_TYPE, error='is no type name: write a noun and a past verb like "loyalty.points_earned"'),
        ],
    )
    family = fields.String(required=True)
    summary = fields.String(required=True, validate=validate.Length(min=1, max=MAX_TEXT, error="is empty: say it"))
    stage = fields.String(validate=_LENGTH)
    own = fields.Dict(data_key="fields")
    upcasts = fields.List(fields.Raw())


class _Field(Schema):
    kind = fields.String(
        required=True, validate=validate.OneOf([*KINDS, "choice"], error="is none of {choices}: use one of them")
    )
    required = fields.Raw(validate=_is_flag)
    personal = fields.Raw(validate=_is_flag)
    unit = fields.String(validate=_LENGTH)
    choices = fields.List(fields.String(validate=_LENGTH), validate=validate.Length(min=1, error="is empty: list them"))


class _Upcast(Schema):
    version = fields.Integer(required=True, strict=True, data_key="from")
    rename = fields.Dict(keys=fields.String(), values=fields.String(validate=_FIELD_NAME))
    set = fields.Dict(keys=fields.String(validate=_FIELD_NAME))
    drop = fields.List(fields.String())


def types_from_toml(text: str, name: str = "types.toml") -> list[EventType]:
    """Return the event types that a TOML text declares; raise InvalidDefinition with every problem."""
    return types_from_dict(toml_document(text, name), name)


def types_from_dict(document: Any, name: str = "types") -> list[EventType]:
    """Return the event types that tables (`{"types": [...]}`) declare; raise InvalidDefinition with every problem."""
    file, problems = checked(_File(), document)
    problems += limits.breaches(document)
    families = sorted({event_type.family for event_type in VOCABULARY.values()})
    types: dict[str, EventType] = {}
    for where, table in labelled("types", file.get("types", [])):
        event_type, wrong = _type(where, table, families)
        problems += wrong
        declared = str(table.get("name")) if isinstance(table, dict) else ""
        if declared in VOCABULARY:
            problems.append(Problem(where, "has the name of a type of the ledger's own: choose another"))
        elif declared in types:
            problems.append(Problem(where, "is declared twice: keep one of them"))
        if event_type is not None:
            types[event_type.name] = event_type
    if problems:
        raise InvalidDefinition(name, problems)
    return list(types.values())


def types_to_dict(types: Iterable[EventType]) -> dict[str, Any]:
    """Return company types as the tables that `types_from_dict` reads."""
    return {"types": [_table(event_type) for event_type in types if event_type.company]}


def types_to_json(types: Iterable[EventType]) -> str:
    """Return company types as canonical JSON: sorted keys, no spaces, defaults left out."""
    return msgspec.json.encode(types_to_dict(types), order="sorted").decode()


def types_from_json(text: str) -> list[EventType]:
    """Return the types that `types_to_json` wrote; raise InvalidDefinition when it is not such a text."""
    try:
        return types_from_dict(msgspec.json.decode(text))
    except msgspec.DecodeError as error:
        raise InvalidDefinition("types", [Problem("", f"the stored types cannot be read: {error}")]) from error


def _type(where: str, table: Any, families: Sequence[str]) -> tuple[EventType | None, list[Problem]]:
    valid, problems = checked(_Type(), table, where)
    if "family" in valid and valid["family"] not in families:
        problems.append(Problem(f"{where}.family", f"is none of {', '.join(families)}: use one of them"))
    own: dict[str, dict[str, Any]] = {}
    for name, declared in valid.get("own", {}).items():
        own[name], wrong = checked(_Field(), declared, f"{where}.fields.{name}")
        problems += wrong or _field_problems(f"{where}.fields.{name}", name, own[name])
    problems += _money_problems(where, own)
    upcasts, wrong = _upcasts(where, valid.get("upcasts", []), own)
    problems += wrong
    if problems:
        return None, problems
    return EventType(
        name=valid["name"],
        family=valid["family"],
        data=_class(valid["name"], valid["summary"], own),
        summary=valid["summary"],
        upcasts=upcasts,
        company=True,
        stage=valid.get("stage"),
    ), []


def _field_problems(where: str, name: str, declared: Mapping[str, Any]) -> Iterator[Problem]:
    if not _FIELD.match(name) or len(name) > MAX_KEY:
        yield Problem(where, 'is no field name: use lower-case words like "points_left"')
    if (declared["kind"] == "choice") != ("choices" in declared):
        yield Problem(where, 'needs kind "choice" and choices together: give both or neither')
    if "unit" in declared and declared["kind"] in UNITS:
        yield Problem(f"{where}.unit", f"is settled by the kind {declared['kind']}: leave it out")


def _money_problems(where: str, own: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    money = [name for name, declared in own.items() if declared.get("kind") == "money"]
    if money and own.get("currency", {}).get("kind") != "currency":
        yield Problem(f"{where}.fields.{money[0]}", 'is money without a currency: add currency = { kind = "currency" }')


def _upcasts(where: str, tables: Sequence[Any], own: Mapping[str, Any]) -> tuple[tuple[Upcasting, ...], list[Problem]]:
    steps: list[Upcasting] = []
    problems: list[Problem] = []
    for place, table in enumerate(tables, start=1):
        here = f"{where}.upcasts[{place}]"
        valid, wrong = checked(_Upcast(), table, here)
        problems += wrong
        if valid.get("version", place) != place:
            problems.append(
                Problem(f"{here}.from", f"is not {place}: list the upcasts in order, from 1, none left out")
            )
        step = {key: value for key, value in valid.items() if key != "version"}
        steps.append(Upcasting(**step))
    if steps and not problems:
        # What the last step names must be there now; an earlier one may feed a later one.
        gone = sorted({*steps[-1].rename.values(), *steps[-1].set} - own.keys())
        problems += [
            Problem(f"{where}.upcasts[{len(steps)}]", f"makes {name!r}, which is no field: declare it, or drop it")
            for name in gone
        ]
    return tuple(steps), problems


def _class(name: str, summary: str, own: Mapping[str, Mapping[str, Any]]) -> type[Data]:
    demanded = tuple(field for field, spec in own.items() if spec.get("personal") and spec.get("required"))
    made: type[Any] = msgspec.defstruct(
        "".join(word.capitalize() for word in re.split(r"[._]", name)),
        [_member(field, spec) for field, spec in own.items()],
        bases=(Data,),
        namespace={"type": name, "required": demanded, "__doc__": summary},
        module=__name__,
        frozen=True,
        kw_only=True,
    )
    return made


def _member(name: str, spec: Mapping[str, Any]) -> tuple[str, Any, Any]:
    annotation: Any = Literal[tuple(spec["choices"])] if "choices" in spec else KINDS[spec["kind"]].annotation
    extra = {key: spec[key] for key in ("personal", "unit") if spec.get(key)}
    if extra:
        annotation = Annotated[annotation, msgspec.Meta(extra=extra)]
    attribute = f"{name}_" if iskeyword(name) or name in _OURS else name
    if spec.get("required") and not spec.get("personal"):
        return attribute, annotation, msgspec.field(name=name)
    return attribute, annotation | None, msgspec.field(default=None, name=name)


def _table(event_type: EventType) -> dict[str, Any]:
    table: dict[str, Any] = {"name": event_type.name, "family": event_type.family, "summary": event_type.summary}
    if own := {field.name: _declared(field) for field in fields_of(event_type.data)}:
        table["fields"] = own
    if event_type.stage is not None:
        table["stage"] = event_type.stage
    upcasts = [step for step in event_type.upcasts if isinstance(step, Upcasting)]
    if upcasts:
        table["upcasts"] = [
            {"from": version, **{key: value for key, value in msgspec.to_builtins(step).items() if value}}
            for version, step in enumerate(upcasts, start=1)
        ]
    return table


def _declared(field: Field) -> dict[str, Any]:
    declared: dict[str, Any] = {"kind": field.kind.name}
    if field.choices:
        declared["choices"] = list(field.choices)
    if field.unit is not None and field.kind.name not in UNITS:
        declared["unit"] = field.unit
    return {**declared, **{flag: True for flag in ("required", "personal") if getattr(field, flag)}}
