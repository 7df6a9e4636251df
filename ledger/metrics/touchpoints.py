"""The touchpoint map: the catalogue against what customers met, what goes wrong, and what goes along with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from fractions import Fraction

from msgspec import Struct

from ledger.journey.catalogue import Catalogue, Touchpoint
from ledger.metrics.definitions.touchpoints import CONVERSION, COVERAGE, ENCOUNTERS, GAPS, RATING, TROUBLE
from ledger.metrics.differences import newcombe
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.means import mean
from ledger.metrics.proportions import share
from ledger.metrics.welch import Sums, welch

LAYERS = ("what_is", "must_be", "should_be")

UNCATALOGUED = "uncatalogued"

ANY = "any"

ENOUGH = 30
"""A group under this n says little; what rests on one is told last."""

Ways = Mapping[tuple[str, str], int]
"""How many encounters went which way: by (trouble, cause), ('', '') where nothing went wrong."""


class Met(Struct, frozen=True):
    """What the customers of one group met: encounters and customers of each touchpoint, and the customers of any."""

    ways: Mapping[str, Ways] = {}
    customers: Mapping[str, int] = {}
    anyone: int = 0

    def encounters(self, touchpoint: str) -> int:
        """Return how often a touchpoint was met."""
        return sum(self.ways.get(touchpoint, {}).values())


class Map(Struct, frozen=True):
    """What is catalogued for one group: the whole catalogue, and which of it belongs there."""

    catalogue: Catalogue | None = None
    here: Collection[str] = ()

    def layers(self, touchpoint: str) -> dict[str, str]:
        """Return what figures of a touchpoint say of its layers: nothing without a catalogue."""
        if self.catalogue is None:
            return {}
        found = self.catalogue.get(touchpoint)
        return {"layers": ", ".join(found.layers) if found is not None else UNCATALOGUED}


def coverage(met: Met, map_: Map, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return, for each layer and for all of them, the share of its touchpoints that were met."""
    listed = _listed(map_)
    figures = []
    for layer in ("all", *LAYERS):
        of_layer = [touchpoint.id for touchpoint in listed if layer in ("all", *touchpoint.layers)]
        split = scope.split(layer=layer)
        if not met.anyone:
            figures.append(share(COVERAGE, 0, 0, split.leaving_out(nobody=len(of_layer))))
            continue
        figures.append(share(COVERAGE, sum(name in met.ways for name in of_layer), len(of_layer), split))
    return figures


def gaps(met: Met, map_: Map, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how many touchpoints have each gap, and each of them with how often it was met and by how many."""
    if not met.anyone:
        return [GAPS.figure("count", None, 0, scope.leaving_out(nobody=len(map_.here)).split(gap=gap)) for gap in _GAPS]
    found: list[Figure] = []
    for gap, (could, has) in {**_GAPS, **_of_observed(map_)}.items():
        candidates = list(met.ways) if gap in ("uncatalogued", "misplaced") else [t.id for t in _listed(map_)]
        possible = [name for name in candidates if could(_entry(map_, name), name in met.ways)]
        having = [name for name in possible if has(_entry(map_, name), name in met.ways)]
        found.append(GAPS.figure("count", len(having), len(possible), scope.split(gap=gap)))
        found += [
            GAPS.figure(
                "sum", met.encounters(name), met.customers.get(name, 0),
                scope.split(gap=gap, touchpoint=name, **map_.layers(name)),
            )
            for name in sorted(having, key=lambda name: (-met.encounters(name), name))
        ]  # fmt: skip
    return found


def encounters(met: Met, map_: Map, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how often each touchpoint was met, and by what share of the customers, the most common first."""
    total = sum(map(met.encounters, met.ways))
    figures = []
    for name in sorted(met.ways, key=lambda name: (-met.encounters(name), name)):
        split = scope.split(touchpoint=name, **map_.layers(name))
        figures.append(ENCOUNTERS.figure("count", met.encounters(name), total, split))
        figures.append(share(ENCOUNTERS, met.customers[name], met.anyone, split))
    return figures


def trouble(met: Met, map_: Map, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of encounters that went wrong at each touchpoint, by way and by cause, the worst first."""
    figures = []
    for name in sorted(met.ways, key=lambda name: (-_wrong(met.ways[name]), name)):
        n = met.encounters(name)
        split = scope.split(touchpoint=name, **map_.layers(name))
        figures.append(share(TROUBLE, _wrong(met.ways[name]), n, split.split(trouble=ANY, cause=ANY)))
        by_way, by_cause = _tallied(met.ways[name])
        figures += [share(TROUBLE, by_way[way], n, split.split(trouble=way, cause=ANY)) for way in sorted(by_way)]
        figures += [share(TROUBLE, by_cause[why], n, split.split(trouble=ANY, cause=why)) for why in sorted(by_cause)]
    return figures


def conversion(
    everyone: tuple[int, int], met: Mapping[str, tuple[int, int]], map_: Map, scope: Scope = EVERYTHING
) -> list[Figure]:
    """Return how going on is associated with having met each touchpoint: those with enough of both first.

    Counts are (customers, those that went on): of everyone in the stage, and of those that met each touchpoint. Where
    all of them went on, or none, there is one figure, which says that nothing can be compared.
    """
    if met and everyone[1] in (0, everyone[0]):
        scope = scope.split(touchpoint=ANY, group="difference").leaving_out(alike=everyone[0])
        return [CONVERSION.figure("difference", None, 0, scope)]
    told = []
    for name, (n, went) in met.items():
        others = (everyone[0] - n, everyone[1] - went)
        if not (n and others[0]):
            continue
        split = scope.split(touchpoint=name, **map_.layers(name))
        difference = went / n - others[1] / others[0]
        figures = [
            share(CONVERSION, went, n, split.split(group="met")),
            share(CONVERSION, others[1], others[0], split.split(group="not_met")),
            CONVERSION.figure(
                "difference",
                difference,
                min(n, others[0]),
                split.split(group="difference"),
                interval=newcombe((others[1], others[0]), (went, n)),
            ),
        ]
        told.append((figures[-1].n < ENOUGH, -difference, name, figures))
    return [figure for *_, figures in sorted(told, key=lambda one: one[:3]) for figure in figures]


def rating(everyone: Sums, met: Mapping[str, Sums], map_: Map, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how satisfaction is associated with having met each touchpoint: those with enough of both first."""
    told = []
    for name, those in met.items():
        others = everyone.minus(those)
        if not (those.n and others.n):
            continue
        split = scope.split(touchpoint=name, **map_.layers(name))
        difference = float(those.total / those.n - others.total / others.n)
        figures = [
            mean(RATING, those.n, those.total, split.split(group="met"), squares=those.squares),
            mean(RATING, others.n, others.total, split.split(group="not_met"), squares=others.squares),
            RATING.figure(
                "difference",
                difference,
                min(those.n, others.n),
                split.split(group="difference"),
                interval=welch(those, others),
            ),
        ]
        told.append((figures[-1].n < ENOUGH, -difference, name, figures))
    return [figure for *_, figures in sorted(told, key=lambda one: one[:3]) for figure in figures]


def sums(scores: Mapping[float, int]) -> Sums:
    """Return the sums of scores, each given so many times."""
    exact = [(Fraction(score), n) for score, n in scores.items()]
    total, squares = (sum((score**power * n for score, n in exact), Fraction(0)) for power in (1, 2))
    return Sums(sum(scores.values()), total, squares)


Test = Callable[[Touchpoint | None, bool], bool]
"""Says something of a touchpoint: its entry in the catalogue, None where it has none, and whether it was met."""


def _in(*layers: str) -> Test:
    return lambda entry, _: entry is not None and not set(layers).isdisjoint(entry.layers)


def _lacks(entry: Touchpoint | None, _: bool) -> bool:
    return entry is not None and "what_is" not in entry.layers


_GAPS: dict[str, tuple[Test, Test]] = {
    "missing": (_in("what_is", "must_be"), lambda _, met: not met),
    "uncatalogued": (lambda _, met: met, lambda entry, _: entry is None),
    "unexpected": (_lacks, lambda _, met: met),
    "to_build": (_in("must_be"), _lacks),
    "planned": (_in("should_be"), _lacks),
    "unasked": (_in("what_is"), lambda entry, _: entry is not None and entry.layers == ("what_is",)),
}
"""What could have each gap, and what of that has it."""


def _of_observed(map_: Map) -> dict[str, tuple[Test, Test]]:
    if map_.catalogue is None or len(map_.here) == len(map_.catalogue):
        return {}
    here = set(map_.here)
    return {
        "misplaced": (lambda entry, _: entry is not None, lambda entry, _: entry is not None and entry.id not in here)
    }


def _listed(map_: Map) -> list[Touchpoint]:
    return [] if map_.catalogue is None else [map_.catalogue[name] for name in map_.here]


def _entry(map_: Map, name: str) -> Touchpoint | None:
    return None if map_.catalogue is None else map_.catalogue.get(name)


def _wrong(ways: Ways) -> int:
    return sum(n for (way, _), n in ways.items() if way)


def _tallied(ways: Ways) -> tuple[Counter[str], Counter[str]]:
    by_way: Counter[str] = Counter()
    by_cause: Counter[str] = Counter()
    for (way, cause), n in ways.items():
        if way:
            by_way[way] += n
            by_cause[cause or "unknown"] += n
    return by_way, by_cause
