"""Figures of the touchpoint map: encounters by their month, associations by the visit or the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from ledger.journey.catalogue import Catalogue
from ledger.journey.definition import Journey
from ledger.metrics import touchpoints as maps
from ledger.metrics.figure import Figure, Scope
from ledger.metrics.touchpoints import Map, Met
from ledger.queries.cut import UNKNOWN, Cut, Key
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

Ways = dict[str, dict[tuple[str, str], int]]


class TouchpointMap:
    """What customers met, in the groups of one question; what several figures need is read once."""

    def __init__(self, view: View, catalogue: Catalogue | None) -> None:
        self._view = view
        self._catalogue = catalogue
        self._also: Mapping[str, str] = {} if catalogue is None else catalogue.also

    def of_encounters(self, tell: Callable[[Met, Map, Scope], list[Figure]]) -> list[Figure]:
        """Return what `tell` makes of what the customers of each group met."""
        return [figure for key, met in self._met.items() for figure in tell(met, self._map(key), self._cut.scope(key))]

    def conversion_association(self) -> list[Figure]:
        """Return how going on from each stage is associated with having met a touchpoint in it."""
        view = self._view
        later = _later(view.context.journey)
        asked = view.asked.always_by("stage")
        cut = Cut(asked, {**PLACE, "month": "entered_at"}, view.context)
        going = Going(later, view.as_of, asked.within)
        everyone, those = goings_on(view.tables, cut.raw, self._also, instants(asked), going)
        met = cut.groups(those)
        reason = "open" if asked.within is None else "immature"
        figures = []
        for key, rows in cut.groups(everyone).items():
            if key[cut.by.index("stage")] in later:
                visits, mature, went = (sum(column) for column in zip(*rows, strict=True))
                scope = cut.scope(key).leaving_out(**{reason: visits - mature})
                figures += maps.conversion((mature, went), _counted(met.get(key, [])), self._map(()), scope)
        return figures

    def rating_association(self) -> list[Figure]:
        """Return how satisfaction in each stage is associated with having met a touchpoint in it."""
        asked = self._view.asked.always_by("stage")
        cut = Cut(asked, {**PLACE, "month": "at"}, self._view.context)
        everyone, those = ratings(self._view.tables, cut.raw, self._also, instants(asked))
        met = cut.groups(those)
        figures = []
        for key, rows in cut.groups(everyone).items():
            by_touchpoint: dict[str, list[tuple[Any, ...]]] = {}
            for touchpoint, *row in met.get(key, []):
                by_touchpoint.setdefault(touchpoint, []).append(tuple(row))
            groups = {touchpoint: maps.sums(found) for touchpoint, found in by_touchpoint.items()}
            figures += maps.rating(maps.sums(rows), groups, self._map(()), cut.scope(key))
        return figures

    @cached_property
    def _cut(self) -> Cut:
        return Cut(self._view.asked, {**PLACE, "month": "period"}, self._view.context)

    @cached_property
    def _met(self) -> dict[Key, Met]:
        view, cut = self._view, self._cut
        within = months(view.asked, view.context)
        found = cut.groups(encounters(view.tables, cut.raw, self._also, within))
        counted = {key: _ways(rows) for key, rows in found.items()}
        if not cut.raw:
            customers, anyone = customers_counted(view.tables, self._also, within)
            return {key: Met(ways, customers, anyone) for key, ways in counted.items()}
        people = cut.groups(customers_met(view.tables, cut.raw, self._also, within))
        return {key: _with_people(ways, people.get(key, [])) for key, ways in counted.items()}

    def _map(self, key: Key) -> Map:
        """Return what is catalogued for a group: what names its stage and channel, or names none.

        Where the stage or the channel is not known, nothing is out of place.
        """
        if self._catalogue is None:
            return Map()
        asked = self._view.asked
        place = {**dict(zip(asked.by, key, strict=False)), **dict(asked.where)}
        stage, channel = (None if place.get(name) == UNKNOWN else place.get(name) for name in ("stage", "channel"))
        here = [name for name, entry in self._catalogue.items() if entry.belongs(stage, channel)]
        return Map(self._catalogue, here)


def _ways(rows: list[tuple[Any, ...]]) -> Ways:
    """Return the encounters of rows of (touchpoint, trouble, cause, n), by touchpoint and by way."""
    ways: Ways = {}
    for touchpoint, trouble, cause, n in rows:
        of = ways.setdefault(touchpoint, {})
        of[trouble, cause] = of.get((trouble, cause), 0) + n
    return ways


def _with_people(ways: Ways, people: list[tuple[Any, ...]]) -> Met:
    """Return what a group met, with its people: rows of (touchpoint, customer), which may come twice."""
    met: dict[str, set[int]] = {}
    for touchpoint, customer in people:
        met.setdefault(touchpoint, set()).add(customer)
    anyone: set[int] = set().union(*met.values())
    return Met(ways, {touchpoint: len(those) for touchpoint, those in met.items()}, len(anyone))


def _counted(rows: list[tuple[Any, ...]]) -> dict[str, tuple[int, int]]:
    """Return the sums of rows of (touchpoint, customers, those that went on)."""
    counts: dict[str, tuple[int, int]] = {}
    for touchpoint, n, went in rows:
        before = counts.get(touchpoint, (0, 0))
        counts[touchpoint] = (before[0] + n, before[1] + went)
    return counts


def _later(journey: Journey) -> dict[str, list[str]]:
    """Return the stages that are on from each one that has any: no end is, nor a return but from an end."""
    found: dict[str, list[str]] = {}
    stages = [stage for stage in journey.stages if stage.track == "primary"]
    for place, stage in enumerate(stages):
        on = [s.name for s in stages[place + 1 :] if not s.terminal and (stage.terminal or not s.win_back)]
        if on:
            found[stage.name] = on
    return found


FIGURES: dict[str, Callable[[TouchpointMap], list[Figure]]] = {
    "touchpoint_coverage": lambda map_: map_.of_encounters(maps.coverage),
    "touchpoint_gaps": lambda map_: map_.of_encounters(maps.gaps),
    "touchpoint_encounters": lambda map_: map_.of_encounters(maps.encounters),
    "touchpoint_trouble": lambda map_: map_.of_encounters(maps.trouble),
    "touchpoint_conversion_association": TouchpointMap.conversion_association,
    "touchpoint_rating_association": TouchpointMap.rating_association,
}

AGAINST_A_CATALOGUE = frozenset({"touchpoint_coverage", "touchpoint_gaps"})
"""What cannot be told without one."""
