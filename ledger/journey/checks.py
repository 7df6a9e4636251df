"""What a journey must fulfil beyond its shape to be run: every breach of one definition, at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import inspect

from ledger.errors import Problem
from ledger.events.vocabulary import EventType, Vocabulary
from ledger.journey.definition import Condition, Journey, Predicate, Rule, Stage

ENVELOPE = (
    "source", "time_precision", "channel", "direction", "actor.type", "actor.role", "department", "touchpoint_id",
    "interaction_id", "case_id", "reason", "outcome",
)  # fmt: skip
"""The envelope fields a predicate may ask for: those that name neither the event nor a person."""

Found = Iterator[Problem]


def breaches(journey: Journey, vocabulary: Vocabulary) -> list[Problem]:
    """Return everything that keeps the journey from being run with that vocabulary; empty when nothing does."""
    stages = {stage.name: stage for stage in journey.stages}
    found = [*_of_zone(journey.zone), *_of_stages(journey.stages), *_twice("rules", (r.name for r in journey.rules))]
    for rule in journey.rules:
        at = f"rules[{rule.name}]"
        found += _of_rule(at, rule, stages)
        for condition in rule.conditions:
            found += _of_condition(f"{at}.{condition.type}", condition, vocabulary)
    return [*found, *_of_types(journey, stages, vocabulary)]


def _of_zone(zone: str) -> Found:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        yield Problem("zone", f'{zone!r} is no time zone: use a name such as "Europe/Amsterdam", or "UTC"')


def _of_stages(stages: tuple[Stage, ...]) -> Found:
    yield from _twice("stages", (stage.name for stage in stages))
    if not any(stage.track == "primary" for stage in stages):
        yield Problem("stages", "there is no primary stage: declare at least one")
    for stage in stages:
        at = f"stages[{stage.name}]"
        if stage.terminal and stage.win_back:
            yield Problem(at, f"{stage.name!r} is both terminal and win_back: a stage ends a cycle or begins one")
        if stage.track == "overlay" and (stage.terminal or stage.win_back):
            yield Problem(at, f"the overlay {stage.name!r} is terminal or win_back: only primary stages can be")
        if stage.track == "primary" and stage.held_by:
            yield Problem(f"{at}.held_by", f"the primary stage {stage.name!r} is held: only overlays can be")


def _of_rule(at: str, rule: Rule, stages: dict[str, Stage]) -> Found:
    stage = stages.get(rule.stage)
    if stage is None:
        yield Problem(f"{at}.stage", f"{rule.stage!r} is no stage of this journey: use one of {', '.join(stages)}")
    elif rule.leaves and stage.track == "primary":
        yield Problem(f"{at}.leaves", "only an overlay is left by a rule: let a rule enter the next stage instead")
    elif stage.track == "overlay" and (rule.regress or rule.restarts):
        yield Problem(at, "an overlay can neither regress nor restart: leave both out")
    if not rule.conditions:
        yield Problem(f"{at}.conditions", "there is none: give at least one type")
    if rule.at_least is not None and not 1 <= rule.at_least <= max(1, len(rule.conditions)):
        yield Problem(
            f"{at}.at_least",
            f"{rule.at_least} is not from 1 to {len(rule.conditions)}, the number of conditions: "
            "for several events of one condition give it a count",
        )
    if rule.within is not None and rule.within <= 0:
        yield Problem(f"{at}.within", "the window is not longer than nothing: write one such as 14d")


def _of_condition(at: str, condition: Condition, vocabulary: Vocabulary) -> Found:
    if condition.count < 1:
        yield Problem(f"{at}.count", f"{condition.count} is less than 1: use a whole number from 1")
    event_type = vocabulary.get(condition.type)
    if event_type is None:
        yield Problem(at, "is no type of event: use one of the vocabulary, or declare it in the types file")
        return
    for predicate in condition.where:
        yield from _of_predicate(f"{at}.where.{predicate.field}", predicate, event_type)


def _of_predicate(at: str, predicate: Predicate, event_type: EventType) -> Found:
    if predicate.equals is None and not predicate.one_of and predicate.min is None and predicate.max is None:
        yield Problem(at, "the predicate asks for nothing: give a value, or in, min or max")
    place, _, name = predicate.field.partition(".")
    if place != "data":
        if predicate.field not in ENVELOPE:
            yield Problem(at, f"no envelope field to ask for: use data.FIELD or one of {', '.join(ENVELOPE)}")
        return
    info = inspect.type_info(event_type.data)
    own = {field.encode_name: field for field in info.fields} if isinstance(info, inspect.StructType) else {}
    if name not in own:
        known = ", ".join(own) or "none"
        yield Problem(at, f"{event_type.name} has no field {name!r}: its own fields are {known}")
    elif _personal(own[name].type):
        yield Problem(at, f"{predicate.field} is personal and may be unreadable or erased: ask for another field")


def _personal(kind: Any) -> bool:
    if isinstance(kind, inspect.UnionType):
        return any(_personal(arm) for arm in kind.types)
    return isinstance(kind, inspect.Metadata) and bool((kind.extra or {}).get("personal"))


def _of_types(journey: Journey, stages: dict[str, Stage], vocabulary: Vocabulary) -> Found:
    for event_type in vocabulary.values():
        if event_type.stage is not None and event_type.stage not in stages:
            yield Problem(
                f"types.{event_type.name}.stage",
                f"the journey {journey.name!r} has no stage {event_type.stage!r}: use one of {', '.join(stages)}",
            )


def _twice(where: str, names: Iterable[str]) -> Found:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield Problem(f"{where}[{name}].name", f"{name!r} is used twice: give each its own")
        seen.add(name)
