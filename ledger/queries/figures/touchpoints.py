"""Figures of the touchpoint map: encounters by their month, associations by the visit or the answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from ledger.journey.catalogue import Catalogue
from ledger.journey.definition import Journey
from ledger.metrics import touchpoints as maps
from ledger.metrics.figure import Figure, Scope
from ledger.metrics.touchpoints import Map, Met
from ledger.queries.cut import COUNTED, PLACE, UNKNOWN, Cut, Key
from ledger.queries.view import View
from ledger.queries.window import instants, months
from ledger.store.figures.touchpoints import Going, encounters, first_ratings, first_visits, meetings


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
        visits = first_visits(view.tables, cut.raw, instants(asked), Going(later, view.as_of, asked.within))
        reason = "open" if asked.within is None else "immature"
        figures = []
        for key, rows in cut.groups(visits).items():
            if key[cut.by.index("stage")] in later:
                mature = [visit for visit in rows if visit[2]]
                went = sum(visit[3] for visit in mature)
                scope = cut.scope(key).leaving_out(**{reason: len(rows) - len(mature)})
                figures += maps.conversion((len(mature), went), self._of_those_who_met(mature), self._map(()), scope)
        return figures

    def rating_association(self) -> list[Figure]:
        """Return how satisfaction in each stage is associated with having met a touchpoint in it."""
        view = self._view
        asked = view.asked.always_by("stage")
        cut = Cut(asked, {**PLACE, "month": "at"}, view.context)
        figures = []
        for key, rows in cut.groups(first_ratings(view.tables, cut.raw, instants(asked))).items():
            scores: dict[str, Counter[float]] = defaultdict(Counter)
            for customer, stage, at, score in rows:
                for touchpoint, met_at in self._first_met.get((customer, stage), {}).items():
                    if met_at < at:
                        scores[touchpoint][score] += 1
            met = {touchpoint: maps.sums(given) for touchpoint, given in scores.items()}
            everyone = maps.sums(Counter(score for *_, score in rows))
            figures += maps.rating(everyone, met, self._map(()), cut.scope(key))
        return figures

    def _of_those_who_met(self, mature: list[tuple[Any, ...]]) -> dict[str, tuple[int, int]]:
        """Return for each touchpoint in how many visits it was met, and how many of those went on."""
        met, gone = Counter[str](), Counter[str]()
        for customer, stage, _, went, until in mature:
            for touchpoint, met_at in self._first_met.get((customer, stage), {}).items():
                if met_at <= until:
                    met[touchpoint] += 1
                    gone[touchpoint] += went
        return {touchpoint: (n, gone[touchpoint]) for touchpoint, n in met.items()}

    @cached_property
    def _first_met(self) -> dict[tuple[int, str], dict[str, int]]:
        """When each customer first met each touchpoint in each stage."""
        also = self._also.get
        first: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
        for customer, stage, name, at in meetings(self._view.tables):
            touchpoint, met = also(name, name), first[customer, stage]
            if touchpoint not in met or at < met[touchpoint]:
                met[touchpoint] = at
        return first

    @cached_property
    def _cut(self) -> Cut:
        return Cut(self._view.asked, COUNTED, self._view.context)

    @cached_property
    def _met(self) -> dict[Key, Met]:
        view, cut = self._view, self._cut
        told: dict[tuple[Any, ...], tuple[list[int], set[int]]] = defaultdict(lambda: ([], set()))
        for row in encounters(view.tables, cut.raw, months(view.asked, view.context)):
            counts, customers = told[row[:-2]]
            counts.append(row[-1])
            customers.add(row[-2])
        rows = ((*alike, sum(counts), customers) for alike, (counts, customers) in told.items())
        return {key: _met(group, self._also) for key, group in cut.groups(rows).items()}

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


def _met(rows: list[tuple[Any, ...]], also: Mapping[str, str]) -> Met:
    """Return what a group met, from rows of (touchpoint, trouble, cause, encounters, customers)."""
    ways: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    people: dict[str, set[int]] = defaultdict(set)
    for name, trouble, cause, n, customers in rows:
        touchpoint = also.get(name, name)
        ways[touchpoint][trouble, cause] += n
        people[touchpoint] |= customers
    anyone: set[int] = set().union(*people.values())
    return Met(ways, {touchpoint: len(those) for touchpoint, those in people.items()}, len(anyone))


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
