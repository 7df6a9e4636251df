"""What the fields of one event must be to each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ledger.errors import Problem
from ledger.events.event import Data
from ledger.schemas.kinds import Field

Rule = Callable[[Data], Problem | None]
"""Returns what is wrong with the own fields of an event, or None."""


def rules_of(fields: Sequence[Field]) -> tuple[Rule, ...]:
    """Return the rules that hold for an event class with these own fields."""
    amounts = [field for field in fields if field.kind.name == "money"]
    attributes = {field.attribute for field in fields}
    rules: list[Rule] = []
    if amounts and "currency" in attributes:
        rules.append(_money_has_a_currency(amounts))
    if {"score", "scale_min", "scale_max"} <= attributes:
        rules.append(_score_lies_on_its_scale)
    return tuple(rules)


def _money_has_a_currency(amounts: Sequence[Field]) -> Rule:
    def check(data: Any) -> Problem | None:
        if data.currency is not None:
            return None
        given = [field.name for field in amounts if getattr(data, field.attribute) is not None]
        if not given:
            return None
        return Problem("data.currency", f'is required where {given[0]} is given: add its ISO 4217 code like "EUR"')

    return check


def _score_lies_on_its_scale(data: Any) -> Problem | None:
    low, high, score = data.scale_min, data.scale_max, data.score
    if low is not None and high is not None and low >= high:
        return Problem("data.scale_max", f"must be greater than scale_min, which is {low:g}: check which is which")
    if score is not None and ((low is not None and score < low) or (high is not None and score > high)):
        return Problem("data.score", f"{score:g} lies outside its scale: check the score, scale_min and scale_max")
    return None
