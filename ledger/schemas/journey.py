"""The contract of a journey file, and a journey as tables and as canonical JSON."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, get_args

import msgspec
from marshmallow import Schema, ValidationError, fields, pre_load, validate, validates_schema

from ledger.errors import InvalidDefinition, Problem
from ledger.events import VOCABULARY
from ledger.events.compiling import compiled
from ledger.events.fields import MAX_KEY
from ledger.events.vocabulary import Vocabulary
from ledger.journey.checks import breaches
from ledger.journey.definition import Condition, HeldBy, Journey, Predicate, Rule, Stage, Track
from ledger.schemas import limits
from ledger.schemas.duration import duration
from ledger.schemas.tables import checked, labelled, toml_document

_LENGTH = validate.Length(min=1, max=MAX_KEY, error=f"is empty or longer than {MAX_KEY} characters: shorten it")
_POSITIVE = validate.Range(min=1, error="is less than 1: use a whole number from 1")


def _one_of(words: tuple[str, ...]) -> validate.OneOf:
    return validate.OneOf(words, error="is none of {choices}: use one of them")


def _is_flag(value: Any) -> None:
    if not isinstance(value, bool):
        raise ValidationError("is neither true nor false: write one of them without quotes")


def _name() -> fields.String:
    return fields.String(required=True, validate=_LENGTH)


def _flag() -> fields.Raw:
    return fields.Raw(validate=_is_flag)


class _Within(fields.String):
    """A window, as microseconds."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return duration(super()._deserialize(value, attr, data, **kwargs))
        except ValueError as error:
            raise ValidationError(str(error)) from error


class _Where(fields.Dict):
    """Predicates by field: a value, a list of values, or a table of `min` and `max`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        asked = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]  # theirs has none
        predicates = {field: _predicate(field, what) for field, what in asked.items()}
        if unread := [field for field, predicate in predicates.items() if predicate is None]:
            cure = "is no predicate: give a value, a list of values, or a table of min and max numbers"
            raise ValidationError({field: [cure] for field in unread})
        return tuple(predicates.values())


def _predicate(field: str, asked: Any) -> Predicate | None:
    if isinstance(asked, dict):
        bounds = asked.keys() <= {"min", "max"} and all(_is_number(bound) for bound in asked.values())
        return Predicate(field=field, **asked) if bounds and asked else None
    if isinstance(asked, list):
        return Predicate(field=field, one_of=tuple(asked)) if asked and all(map(_is_scalar, asked)) else None
    return Predicate(field=field, equals=asked) if _is_scalar(asked) else None


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class _File(Schema):
    name = _name()
    version = fields.Integer(required=True, strict=True, validate=_POSITIVE)
    zone = _name()
    stages = fields.List(fields.Raw(), required=True)
    rules = fields.List(fields.Raw())


class _Stage(Schema):
    name = _name()
    track = fields.String(validate=_one_of(get_args(Track)))
    terminal = _flag()
    win_back = _flag()
    held_by = fields.String(validate=_one_of(get_args(HeldBy)))


class _Condition(Schema):
    type = _name()
    where = _Where(keys=fields.String(validate=_LENGTH))
    count = fields.Integer(strict=True, validate=_POSITIVE)

    @pre_load
    def _from_a_bare_type(self, data: Any, **_: Any) -> Any:
        return {"type": data} if isinstance(data, str) else data


def _conditions() -> fields.List[Any]:
    empty = validate.Length(min=1, error="is empty: give at least one type")
    return fields.List(fields.Nested(_Condition), validate=empty)


_SETS = ("any", "all", "of")


class _RuleShape(Schema):
    name = _name()
    stage = _name()
    at_least = fields.Integer(strict=True, validate=_POSITIVE)
    within = _Within()
    leaves = _flag()
    regress = _flag()
    restarts = _flag()

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _has_one_set(self, _data: Any, original: Any, **_: Any) -> None:
        given = [name for name in _SETS if name in original]
        if len(given) != 1:
            raise ValidationError('needs its types under exactly one of "any", "all" and "of" (with at_least)')
        if ("of" in given) != ("at_least" in original):
            raise ValidationError('needs "of" and "at_least" together: how many, and of what')


# `any` and `all` are functions of Python, so these fields come from a dictionary.
_Rule = type("_Rule", (_RuleShape,), {name: _conditions() for name in _SETS})


def default_journey() -> Journey:
    """Return the journey that ships with the ledger."""
    text = files("ledger.journey").joinpath("default.toml").read_text(encoding="utf-8")
    return journey_from_toml(text, VOCABULARY, "the default journey")


def journey_from_toml(text: str, vocabulary: Vocabulary, name: str = "journey.toml") -> Journey:
    """Return the journey that a TOML text describes; raise InvalidDefinition with every problem."""
    return journey_from_dict(toml_document(text, name), vocabulary, name)


def journey_from_dict(document: Any, vocabulary: Vocabulary, name: str = "journey") -> Journey:
    """Return the journey that tables describe; raise InvalidDefinition with every problem.

    `vocabulary` holds the types that rules may name, a company's own included.
    """
    file, problems = checked(_File(), document)
    problems += limits.breaches(document)
    problems_told: set[str] = set()
    stages, rules = [], []
    for where, table in labelled("stages", file.get("stages", [])):
        stage, wrong = checked(_Stage(), table, where)
        problems += wrong
        if "name" in stage:
            stages.append(Stage(**stage))
    for where, table in labelled("rules", file.get("rules", [])):
        rule, wrong = checked(_Rule(), table, where)
        problems += wrong
        if not wrong:
            rules.append(_rule(rule))
        elif {"name", "stage"} <= rule.keys():
            rules.append(_sound_part(rule))
            problems_told.add(f"{where}.conditions")
    journey = Journey(
        name=file.get("name", ""),
        version=file.get("version", 1),
        zone=file.get("zone", "UTC"),
        stages=tuple(stages),
        rules=tuple(rules),
    )
    # What has the wrong shape is told already; all that is sound is checked against each other.
    told = problems_told | {problem.field for problem in problems}
    problems += [problem for problem in breaches(journey, vocabulary) if problem.field not in told]
    if problems:
        raise InvalidDefinition(name, problems)
    return journey


def _rule(table: dict[str, Any]) -> Rule:
    (kind,) = (name for name in _SETS if name in table)
    conditions = tuple(Condition(**condition) for condition in table.pop(kind))
    at_least = 1 if kind == "any" else table.pop("at_least", None)
    return Rule(conditions=conditions, at_least=at_least, **table)


def _sound_part(table: dict[str, Any]) -> Rule:
    """Return what can be checked of a rule that has problems: its stage, and the types and fields it asks for."""
    listed = [condition for name in _SETS for condition in table.get(name, ()) if "type" in condition]
    conditions = tuple(Condition(type=found["type"], where=found.get("where", ())) for found in listed)
    return Rule(name=table["name"], stage=table["stage"], conditions=conditions, leaves=table.get("leaves", False))


def journey_to_json(journey: Journey) -> str:
    """Return the journey as canonical JSON, whose sha256 is its hash."""
    return journey.canonical.decode()


def journey_from_json(text: str) -> Journey:
    """Return the journey that `journey_to_json` wrote; raise InvalidDefinition when it is not one.

    Whether the types in force can run it is checked where it is run, by the Context.
    """
    try:
        return msgspec.json.decode(text, type=compiled(Journey))
    except msgspec.DecodeError as error:
        raise InvalidDefinition("journey", [Problem("", f"the stored journey cannot be read: {error}")]) from error
