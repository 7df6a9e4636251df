"""Figures of the touchpoint map: encounters by their month, associations by the visit or the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ledger.journey.catalogue import Catalogue
from ledger.journey.definition import Journey
from ledger.metrics import touchpoints as maps
from ledger.metrics.figure import Figure, Scope
from ledger.metrics.touchpoints import Map, Met
from ledger.queries.cut import Cut, Key
from ledger.queries.view import View
from ledger.queries.window import instants, months
from ledger.store.figures.touchpoints import (
    Going,
    customers_counted,
    customers_met,
    encounters,
    goings_on,
    ratings,
)

PLACE = {"stage": "stage", "channel": "channel", "department": "department", "segment": "segments"}

Tell = Callable[[Met, Map, Scope], list[Figure]]


def of_encounters(view: View, catalogue: Catalogue | None, tell: Tell) -> list[Figure]:
    """Return what `tell` makes of what the customers of each group met."""
    cut = Cut(view.asked, {**PLACE, "month": "period"}, view.context)
    return [
        figure
        for key, met in _met(view, cut, _also(catalogue)).items()
        for figure in tell(met, _map(view, key, catalogue), cut.scope(key))
    ]


def _met(view: View, cut: Cut, also: Mapping[str, str]) -> dict[Key, Met]:
    within = months(view.asked, view.context)
    counted: dict[Key, dict[str, dict[tuple[str, str], int]]] = {}
    for key, rows in cut.groups(encounters(view.tables, cut.raw, also, within)).items():
        ways = counted[key] = {}
        for touchpoint, trouble, cause, n in rows:
            of = ways.setdefault(touchpoint, {})
            of[trouble, cause] = of.get((trouble, cause), 0) + n
    if not cut.raw:
        customers, anyone = customers_counted(view.tables, also, within)
        return {key: Met(ways, customers, anyone) for key, ways in counted.items()}
    people = cut.groups(customers_met(view.tables, cut.raw, also, within))
    return {key: _with_people(ways, people.get(key, [])) for key, ways in counted.items()}


def _with_people(ways: dict[str, dict[tuple[str, str], int]], people: list[tuple[Any, ...]]) -> Met:
    """Return what a group met, with its people: rows of (touchpoint, customer), which may come twice."""
    met: dict[str, set[int]] = {}
    for touchpoint, customer in people:
        met.setdefault(touchpoint, set()).add(customer)
    anyone: set[int] = set().union(*met.values())
    return Met(ways, {touchpoint: len(those) for touchpoint, those in met.items()}, len(anyone))


def conversion_association(view: View, catalogue: Catalogue | None) -> list[Figure]:
    """Return how going on from each stage is associated with having met a touchpoint in it."""
    later = _later(view.context.journey)
    asked = view.asked.always_by("stage")
    cut = Cut(asked, {**PLACE, "month": "entered_at"}, view.context)
    going = Going(later, view.as_of, asked.within)
    everyone, those = goings_on(view.tables, cut.raw, _also(catalogue), instants(asked), going)
    met = cut.groups(those)
    reason = "open" if asked.within is None else "immature"
    figures = []
    for key, rows in cut.groups(everyone).items():
        if key[cut.by.index("stage")] in later:
            visits, mature, went = (sum(column) for column in zip(*rows, strict=True))
            counts: dict[str, tuple[int, int]] = {}
            for touchpoint, n, on in met.get(key, []):
                before = counts.get(touchpoint, (0, 0))
                counts[touchpoint] = (before[0] + n, before[1] + on)
            scope = cut.scope(key).leaving_out(**{reason: visits - mature})
            figures += maps.conversion((mature, went), counts, _map(view, (), catalogue), scope)
    return figures


def _later(journey: Journey) -> dict[str, list[str]]:
    """Return the stages that are on from each one that has any: no end is, nor a return but from an end."""
    found: dict[str, list[str]] = {}
    stages = [stage for stage in journey.stages if stage.track == "primary"]
    for place, stage in enumerate(stages):
        on = [s.name for s in stages[place + 1 :] if not s.terminal and (stage.terminal or not s.win_back)]
        if on:
            found[stage.name] = on
    return found


def rating_association(view: View, catalogue: Catalogue | None) -> list[Figure]:
    """Return how satisfaction in each stage is associated with having met a touchpoint in it."""
    asked = view.asked.always_by("stage")
    cut = Cut(asked, {**PLACE, "month": "at"}, view.context)
    everyone, those = ratings(view.tables, cut.raw, _also(catalogue), instants(asked))
    met = cut.groups(those)
    figures = []
    for key, rows in cut.groups(everyone).items():
        by_touchpoint: dict[str, list[tuple[Any, ...]]] = {}
        for touchpoint, *row in met.get(key, []):
            by_touchpoint.setdefault(touchpoint, []).append(tuple(row))
        groups = {touchpoint: maps.sums(found) for touchpoint, found in by_touchpoint.items()}
        figures += maps.rating(maps.sums(rows), groups, _map(view, (), catalogue), cut.scope(key))
    return figures


def _also(catalogue: Catalogue | None) -> Mapping[str, str]:
    return {} if catalogue is None else catalogue.also


def _map(view: View, key: Key, catalogue: Catalogue | None) -> Map:
    """Return what is catalogued for a group: what names its stage and channel, or names none."""
    if catalogue is None:
        return Map()
    place = {**dict(zip(view.asked.by, key, strict=False)), **dict(view.asked.where)}
    stage, channel = place.get("stage"), place.get("channel")
    return Map(catalogue, [name for name, entry in catalogue.items() if entry.belongs(stage, channel)])


Make = Callable[[View, Catalogue | None], list[Figure]]

FIGURES: dict[str, Make] = {
    "touchpoint_coverage": lambda view, catalogue: of_encounters(view, catalogue, maps.coverage),
    "touchpoint_gaps": lambda view, catalogue: of_encounters(view, catalogue, maps.gaps),
    "touchpoint_encounters": lambda view, catalogue: of_encounters(view, catalogue, maps.encounters),
    "touchpoint_trouble": lambda view, catalogue: of_encounters(view, catalogue, maps.trouble),
    "touchpoint_conversion_association": conversion_association,
    "touchpoint_rating_association": rating_association,
}

AGAINST_A_CATALOGUE = frozenset({"touchpoint_coverage", "touchpoint_gaps"})
"""What cannot be told without one."""
