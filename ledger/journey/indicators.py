"""The rules made ready to run: what each type of event tells, alone or together with others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ledger.events.event import Data, RecordedEvent
from ledger.events.vocabulary import Vocabulary
from ledger.journey.definition import Rule
from ledger.journey.moment import Evidence
from ledger.journey.predicates import Test, all_of

Event = RecordedEvent[Data]


Part = tuple[int, int, str, str]
"""An event that a combination keeps in mind: its instant, its number among the customer's events, source and id."""

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
        self._counts = tuple(condition.count for condition in rule.conditions)
        self._tests = tuple((place, test, self._counts[place]) for place, test in tests.items())
        self._needed = len(rule.conditions) if rule.at_least is None else rule.at_least

    def evidence(self, memory: Memory, number: int, event: Event) -> Evidence | None:
        """Keep `event` as a part; return the evidence when it completes the rule, else None."""
        kept = memory.get(self.rule.name)
        if kept is None:
            kept = memory[self.rule.name] = [[] for _ in self._counts]
        part = (event.at, number, event.source, event.event_id)
        met = False
        for place, test, count in self._tests:
            if test is None or test(event):
                met = True
                parts = kept[place]
                parts.append(part)
                if len(parts) > count:
                    del parts[0]
        # Most events complete nothing, because of too many conditions no event is kept at all.
        return self._completed(kept, event.at) if met and len(kept) - kept.count([]) >= self._needed else None

    def spend(self, memory: Memory) -> None:
        """Forget the parts that moved the customer, so that they cannot do so twice."""
        memory.pop(self.rule.name, None)

    def _completed(self, kept: list[list[Part]], now: int) -> Evidence | None:
        earliest = None if self.rule.within is None else now - self.rule.within
        met = [
            parts
            for parts, count in zip(kept, self._counts, strict=True)
            if len(parts) == count and (earliest is None or parts[0][0] >= earliest)
        ]
        if len(met) < self._needed:
            return None
        return tuple((source, event_id) for _, _, source, event_id in sorted({part for parts in met for part in parts}))


Indicator = Single | Combination


Completed = tuple[Indicator, Evidence]
"""A rule that the event at hand completes, and by which events."""


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
