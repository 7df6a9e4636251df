"""The contract of a plan file: the steps of a planned journey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, validate

from ledger.errors import InvalidDefinition, Problem
from ledger.events.fields import MAX_KEY
from ledger.journey.context import Context
from ledger.journey.plan import Per, Plan, PlannedStep, Sort
from ledger.schemas import limits
from ledger.schemas.duration import duration
from ledger.schemas.tables import checked, toml_document

_LENGTH = validate.Length(min=1, max=MAX_KEY, error=f"is empty or longer than {MAX_KEY} characters: shorten it")
_SORTS: tuple[Sort, ...] = get_args(Sort)


def _is_flag(value: Any) -> None:
    if not isinstance(value, bool):
        raise ValidationError("is neither true nor false: write one of them without quotes")


class _Within(fields.String):
    """A length of time, as microseconds."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return duration(super()._deserialize(value, attr, data, **kwargs))
        except ValueError as error:
            raise ValidationError(str(error)) from error


class _File(Schema):
    per = fields.String(
        required=True, validate=validate.OneOf(get_args(Per), error="is none of {choices}: use one of them")
    )
    closed = fields.Raw(validate=_is_flag)
    within = _Within()
    steps = fields.List(
        fields.Raw(), required=True, validate=validate.Length(min=1, error="is empty: list at least one step")
    )


class _Step(Schema):
    stage = fields.String(validate=_LENGTH)
    touchpoint = fields.String(validate=_LENGTH)
    type = fields.String(validate=_LENGTH)
    optional = fields.Raw(validate=_is_flag)
    repeatable = fields.Raw(validate=_is_flag)
    within = _Within()


def plan_from_toml(text: str, context: Context, name: str = "plan.toml") -> Plan:
    """Return the plan that a TOML text describes, under a journey and a vocabulary.

    Raises InvalidDefinition with every problem.
    """
    document = toml_document(text, name)
    file, problems = checked(_File(), document)
    problems += limits.breaches(document)
    steps: list[PlannedStep] = []
    sorts: list[Sort] = []
    for place, table in enumerate(file.get("steps", []), start=1):
        where = _place(place, table)
        valid, wrong = checked(_Step(), table, where)
        wrong += _wrong(where, valid, context)
        problems += wrong
        if not wrong:
            sort = _sorts(valid)[0]
            sorts.append(sort)
            steps.append(PlannedStep(name=valid.pop(sort), **valid))
    problems += _of_all(file, steps, sorts)
    if problems:
        raise InvalidDefinition(name, problems)
    sort = sorts[0]
    closed = file.get("closed", sort == "stage")
    return Plan(sort=sort, per=file["per"], closed=closed, steps=tuple(steps), within=file.get("within"))


def _place(place: int, table: Any) -> str:
    """Return what to call a step: `steps[purchase]`, by its place where it names nothing."""
    named = [table[sort] for sort in _SORTS if isinstance(table.get(sort), str)] if isinstance(table, dict) else []
    return f"steps[{named[0] if len(named) == 1 and named[0] else place}]"


def _sorts(table: Mapping[str, Any]) -> list[Sort]:
    return [sort for sort in _SORTS if sort in table]


def _wrong(where: str, table: dict[str, Any], context: Context) -> list[Problem]:
    if len(_sorts(table)) != 1:
        return [Problem(where, "needs exactly one of stage, touchpoint and type: say what the step is")]
    if table.get("stage", context.journey.primary[0]) not in context.journey.primary:
        cure = f"use one of {', '.join(context.journey.primary)}"
        return [Problem(f"{where}.stage", f"{table['stage']!r} is no primary stage of the journey: {cure}")]
    if table.get("type", "page.viewed") not in context.vocabulary:
        return [Problem(f"{where}.type", f"there is no type of event {table['type']!r}: check its spelling")]
    return []


def _of_all(file: dict[str, Any], steps: list[PlannedStep], sorts: list[Sort]) -> Iterator[Problem]:
    """Yield what is wrong with the steps together."""
    if len(set(sorts)) > 1:
        yield Problem("steps", "are of several sorts: name all of them by stage, all by touchpoint or all by type")
    if file.get("per") == "case" and "stage" in sorts:
        yield Problem("per", "a case goes through no stages: use customer or cycle, or steps of another sort")
    names = [step.name for step in steps]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield Problem(f"steps[{name}]", "is planned twice: keep one of them, and let it be repeatable")
    if steps and all(step.optional for step in steps):
        yield Problem("steps", "are all optional: at least one must be taken")
    if steps and steps[0].within is not None:
        yield Problem(f"steps[{names[0]}].within", "has no step before it: leave it out")
