"""The rules made ready to run: what each type of event tells, alone or together with others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ledger.events.event import Data, RecordedEvent
from ledger.events.vocabulary import Vocabulary
from ledger.journey.definition import Rule
from ledger.journey.moment import Evidence
from ledger.journey.predicates import Test, all_of

Event = RecordedEvent[Data]


class Part(NamedTuple):
    """An event that a combination keeps in mind: its instant, its number among the customer's events, its key."""

    at: int
    number: int
    source: str
    event_id: str


Memory = dict[str, list[list[Part]]]
"""The latest parts of each combination rule, by its name and the place of the condition."""


class Single:
    """A rule that one event of this type completes alone."""

    def __init__(self, rule: Rule, tests: list[Test | None]) -> None:
        self.rule = rule
        self._tests = None if None in tests else tuple(test for test in tests if test is not None)

    def evidence(self, _memory: Memory, _number: int, event: Event) -> Evidence | None:
        """Return the evidence when `event` completes the rule, else None."""
        if self._tests is None or any(test(event) for test in self._tests):
            return ((event.source, event.event_id),)
        return None

    def spend(self, _memory: Memory) -> None:
        """Forget the parts that moved the customer: there are none."""


class Combination:
    """A rule that an event of this type can complete together with others.

    Of every condition the last `count` events are kept, which is enough: no other choice lies closer together.
    """

    def __init__(self, rule: Rule, tests: Mapping[int, Test | None]) -> None:
        self.rule = rule
        self._tests = tuple(tests.items())
        self._counts = tuple(condition.count for condition in rule.conditions)
        self._needed = len(rule.conditions) if rule.at_least is None else rule.at_least

    def evidence(self, memory: Memory, number: int, event: Event) -> Evidence | None:
        """Keep `event` as a part; return the evidence when it completes the rule, else None."""
        met = [place for place, test in self._tests if test is None or test(event)]
        if not met:
            return None
        kept = memory.get(self.rule.name)
        if kept is None:
            kept = memory[self.rule.name] = [[] for _ in self._counts]
        part = Part(event.at, number, event.source, event.event_id)
        for place in met:
            kept[place].append(part)
            del kept[place][: -self._counts[place]]
        return self._completed(kept, event.at)

    def spend(self, memory: Memory) -> None:
        """Forget the parts that moved the customer, so that they cannot do so twice."""
        memory.pop(self.rule.name, None)

    def _completed(self, kept: list[list[Part]], now: int) -> Evidence | None:
        within = self.rule.within
        met = [
            parts
            for parts, count in zip(kept, self._counts, strict=True)
            if len(parts) == count and (within is None or now - parts[0].at <= within)
        ]
        if len(met) < self._needed:
            return None
        parts = sorted({part for parts in met for part in parts})
        return tuple((part.source, part.event_id) for part in parts)


Indicator = Single | Combination


class Completed(NamedTuple):
    """A rule that the event at hand completes."""

    indicator: Indicator
    rule: Rule
    evidence: Evidence


def indicators(rules: Iterable[Rule], vocabulary: Vocabulary) -> dict[str, tuple[Indicator, ...]]:
    """Return, for each type that has any, its indicators in the order of the rules."""
    kinds: dict[str, list[Indicator]] = {}
    for rule in rules:
        for name in dict.fromkeys(condition.type for condition in rule.conditions):
            tests = {
                place: all_of(condition.where, vocabulary[name])
                for place, condition in enumerate(rule.conditions)
                if condition.type == name
            }
            made = Single(rule, list(tests.values())) if _alone(rule) else Combination(rule, tests)
            kinds.setdefault(name, []).append(made)
    return {name: tuple(made) for name, made in kinds.items()}


def _alone(rule: Rule) -> bool:
    once = all(condition.count == 1 for condition in rule.conditions)
    return once and (rule.at_least == 1 or len(rule.conditions) == 1)
