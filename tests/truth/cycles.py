"""Cycles of the journey, and what stages use up, counted over the visits and events of the lives."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from itertools import pairwise
from statistics import mean, median
from typing import Any

from ledger.events import VOCABULARY
from ledger.events.contacts import is_touchpoint
from tests.truth.known import Known, one, split
from tests.truth.lives import Life
from tests.truth.outcomes import observed_until

DAY = 86_400_000_000

TOUCHPOINTS = frozenset(name for name, type_ in VOCABULARY.items() if is_touchpoint(type_))


def _beginnings(life: Life) -> dict[int, int]:
    began: dict[int, int] = {}
    for visit in life.visits:
        began.setdefault(visit.cycle, visit.entered_at)
    return began


def _counts(lives: list[Life]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for life in lives:
        found[str(life.visits[-1].cycle)] += 1
    return found


def _followed(lives: list[Life]) -> list[int]:
    return [later - first for life in lives for first, later in pairwise(_beginnings(life).values())]


def _median_length(lives: list[Life]) -> float | None:
    """Return the first time by which half of the cycles were followed, by walking through the ends."""
    until = observed_until(lives)
    open_ = [until - list(_beginnings(life).values())[-1] for life in lives]
    ended = Counter(_followed(lives))
    lengths = sorted((*open_, *ended.elements()))
    lasting = 1.0
    for time, ends in sorted(ended.items()):
        at_risk = len(lengths) - bisect_left(lengths, time)
        lasting *= 1 - ends / at_risk
        if lasting <= 0.5 + 1e-12:
            return time / DAY
    return None


def _purchases(lives: list[Life]) -> list[int]:
    found = []
    for life in lives:
        first: dict[int, int] = {}
        for visit in life.visits:
            if visit.stage == "purchase":
                first.setdefault(visit.cycle, visit.entered_at)
        found += [first[cycle + 1] - at for cycle, at in first.items() if cycle + 1 in first]
    return found


def _pauses(lives: list[Life]) -> list[int]:
    found = []
    for life in lives:
        began = _beginnings(life)
        for cycle, later in began.items():
            used = [v.left_at for v in life.visits if v.cycle == cycle - 1 and v.stage in ("purchase", "use")]
            if cycle - 1 in began and used:
                assert used[-1] is not None
                found.append(later - used[-1])
    return found


def _by_stage(lives: list[Life], tell: Any) -> dict[str, float]:
    """Return what events add, by the primary stage in which they occurred."""
    found: dict[str, float] = {visit.stage: 0 for life in lives for visit in life.visits}
    for life in lives:
        for event in life.events:
            if event.stage:
                found[event.stage] += tell(event)
    return found


def _touchpoints_per_visit(lives: list[Life]) -> dict[str, float]:
    visits: dict[str, int] = defaultdict(int)
    for life in lives:
        for visit in life.visits:
            visits[visit.stage] += 1
    met = _by_stage(lives, lambda event: event.type in TOUCHPOINTS)
    return {stage: met[stage] / visits[stage] for stage in visits}


def _minutes_per_customer(lives: list[Life]) -> dict[str, float]:
    customers: dict[str, set[str]] = defaultdict(set)
    for life in lives:
        for visit in life.visits:
            customers[visit.stage].add(life.customer_id)
    spent = _by_stage(lives, lambda event: event.data["minutes"] if event.type == "work.completed" else 0)
    return {stage: spent[stage] / len(customers[stage]) for stage in customers}


def _touchpoints_of_completed(lives: list[Life]) -> float:
    """Return the mean touchpoints of the cycles that were followed by another."""
    found = []
    for life in lives:
        began = list(_beginnings(life).values())
        met = [0] * len(began)
        for event in life.events:
            place = bisect_right(began, event.at)
            if place and event.type in TOUCHPOINTS:
                met[place - 1] += 1
        found += met[:-1]
    return mean(found)


def _primary(rows: dict[str, Any]) -> dict[str, Any]:
    return {stage: value for stage, value in rows.items() if stage not in ("support", "advocacy")}


PER, LENGTH, BETWEEN, STAGES, CYCLES = (
    "metrics cycles_per_customer",
    "metrics cycle_length",
    "metrics time_between_cycles",
    "metrics stage_resources",
    "metrics cycle_resources",
)

FIGURES = (
    Known("Customers by the number of their cycles", PER, lambda rows: split(rows, "count", "cycles"), _counts),
    Known(
        "Customers with two cycles or more",
        PER,
        lambda rows: one(rows, "share"),
        lambda lives: mean(life.visits[-1].cycle >= 2 for life in lives),
    ),
    Known(
        "Cycles that were followed by another",
        LENGTH,
        lambda rows: one(rows, "median", "numerator", method="kaplan_meier"),
        lambda lives: len(_followed(lives)),
    ),
    Known(
        "Median length of a cycle by Kaplan–Meier",
        LENGTH,
        lambda rows: one(rows, "median", method="kaplan_meier"),
        _median_length,
    ),
    Known(
        "Median length of a completed cycle",
        LENGTH,
        lambda rows: one(rows, "median", method="completed"),
        lambda lives: median(_followed(lives)) / DAY,
    ),
    Known(
        "Mean time from a cycle's purchase to the next one's",
        BETWEEN,
        lambda rows: {name: one(rows, "mean", name, between="purchases") for name in ("n", "value")},
        lambda lives: {"n": len(_purchases(lives)), "value": mean(_purchases(lives)) / DAY},
    ),
    Known(
        "Mean pause between cycles",
        BETWEEN,
        lambda rows: {name: one(rows, "mean", name, between="pause") for name in ("n", "value")},
        lambda lives: {"n": len(_pauses(lives)), "value": mean(_pauses(lives)) / DAY},
    ),
    Known(
        "Touchpoints of a visit, by stage",
        STAGES,
        lambda rows: _primary(split(rows, "mean", "stage", resource="touchpoints", per="visit")),
        _touchpoints_per_visit,
    ),
    Known(
        "Minutes of work for a customer, by stage",
        STAGES,
        lambda rows: _primary(split(rows, "mean", "stage", resource="minutes", per="customer")),
        _minutes_per_customer,
    ),
    Known(
        "Mean touchpoints of a completed cycle",
        CYCLES,
        lambda rows: one(rows, "mean", resource="touchpoints", cycles="completed"),
        _touchpoints_of_completed,
    ),
)
