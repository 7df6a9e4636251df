"""What stages and cycles use up: touchpoints, minutes, and cost per currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ledger.metrics.amounts import amount_figures
from ledger.metrics.definitions.cycles import CYCLE_RESOURCES, STAGE_RESOURCES
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.value import MONEY


class Used(NamedTuple):
    """What one visit or cycle used up; all in 1/10,000, cost by currency."""

    touchpoints: int
    minutes: int
    cost: Mapping[str, int]

    def plus(self, other: Used) -> Used:
        """Return both together."""
        cost = {currency: self.cost.get(currency, 0) + amount for currency, amount in other.cost.items()}
        return Used(self.touchpoints + other.touchpoints, self.minutes + other.minutes, {**self.cost, **cost})


NOTHING = Used(0, 0, {})


def used(touchpoints: int, minutes: float, cost: Mapping[str, int]) -> Used:
    """Return what a visit used up, from its columns; `cost` by currency, '' where none is told."""
    named = {currency or "unknown": amount for currency, amount in cost.items()}
    return Used(touchpoints * MONEY, round(minutes * MONEY), named)


def stage_resources(
    visits: Iterable[Used], customers: int, scope: Scope = EVERYTHING, *, currency: str | None = None
) -> list[Figure]:
    """Return the sum of each resource, and its mean per visit and per customer; `currency` is the only one to tell."""
    known = list(visits)
    total = NOTHING
    for visit in known:
        total = total.plus(visit)
    told = [("touchpoints", "touchpoints", total.touchpoints), ("minutes", "minutes", total.minutes)]
    told += [("cost", code, total.cost.get(code, 0)) for code in _currencies(known, currency)]
    figures = []
    for resource, unit, amount in told:
        at = scope.split(resource=resource, **({"currency": unit} if resource == "cost" else {}))
        figures.append(STAGE_RESOURCES.figure("sum", amount / MONEY, len(known), at, unit=unit))
        for per, n in (("visit", len(known)), ("customer", customers)):
            value = amount / (MONEY * n) if n else None
            figures.append(STAGE_RESOURCES.figure("mean", value, n, at.split(per=per), unit=unit))
    return figures


def cycle_resources(cycles: Sequence[Used], scope: Scope = EVERYTHING, *, currency: str | None = None) -> list[Figure]:
    """Return how each resource lies over cycles; a cost over the cycles that have one in its currency."""
    figures = []
    for resource in ("touchpoints", "minutes"):
        amounts = [getattr(cycle, resource) for cycle in cycles]
        figures += amount_figures(CYCLE_RESOURCES, amounts, resource, scope.split(resource=resource))
    of_cost = scope.split(resource="cost")
    for code in _currencies(cycles, currency):
        amounts = [cycle.cost[code] for cycle in cycles if code in cycle.cost]
        figures += amount_figures(CYCLE_RESOURCES, amounts, code, of_cost.split(currency=code))
    return figures


def _currencies(known: Iterable[Used], wanted: str | None) -> list[str]:
    return sorted({currency for one in known for currency in one.cost}) if wanted is None else [wanted]
