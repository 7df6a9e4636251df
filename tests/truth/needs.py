"""Needs: paired by name and person, and counted, from what the simulated people expressed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from statistics import fmean
from typing import Any, NamedTuple

from tests.truth.known import Known, Rows, one, split
from tests.truth.lives import Happening, Life
from tests.truth.outcomes import observed_until

DAY = 86_400_000_000
WINDOW = 30 * DAY
STAGES = ("awareness", "consideration", "purchase", "onboarding", "use", "renewal", "termination", "win_back")


class Need(NamedTuple):
    """A need expressed, and when it was met or found unmet."""

    event: Happening
    met: int | None
    unmet: int | None

    @property
    def name(self) -> str:
        return str(self.event.data["need"])

    @property
    def manner(self) -> str:
        return str(self.event.data["manner"])


def _told(life: Life) -> tuple[list[Need], int]:
    """Return the needs of a person, and how many conclusions found none."""
    by_name: dict[str, list[Happening]] = defaultdict(list)
    for event in life.of("need.expressed", "need.met", "need.unmet"):
        by_name[event.data["need"]].append(event)
    needs: list[Need] = []
    stray = 0
    for events in by_name.values():
        paired, without = _paired(sorted(events, key=lambda event: (event.at, event.type != "need.expressed")))
        needs += paired
        stray += without
    return needs, stray


def _paired(events: Iterable[Happening]) -> tuple[list[Need], int]:
    needs: list[Need] = []
    stray = 0
    for event in events:
        if event.type == "need.expressed":
            needs.append(Need(event, None, None))
            continue
        met = event.type == "need.met"
        waiting = [place for place, need in enumerate(needs) if need.met is None and need.unmet is None]
        failed = [place for place, need in enumerate(needs) if need.met is None and need.unmet is not None]
        able = waiting + (failed if met else [])
        cause = event.get("causation_id")
        places = [place for place in able if needs[place].event.wire["event_id"] == cause] + able
        if places:
            need = needs[places[0]]
            needs[places[0]] = need._replace(met=event.at) if met else need._replace(unmet=event.at)
        else:
            stray += 1
    return needs, stray


def _needs(lives: list[Life]) -> list[Need]:
    return [need for life in lives for need in _told(life)[0]]


def _groups(lives: list[Life], key: Callable[[Need], str]) -> dict[str, list[Need]]:
    groups: dict[str, list[Need]] = defaultdict(list)
    for need in _needs(lives):
        groups[key(need)].append(need)
    return groups


def _by_region(lives: list[Life]) -> dict[str, int]:
    return dict(Counter(need.event.segments.get("region", "unknown") for need in _needs(lives)))


def _outcomes(lives: list[Life]) -> dict[Any, float]:
    until = observed_until(lives)
    shares: dict[Any, float] = {}
    for name, needs in _groups(lives, lambda need: need.name).items():
        watched = [need for need in needs if need.event.at <= until - WINDOW]
        said = Counter(_outcome(need) for need in watched)
        shares |= {(name, outcome): said[outcome] / len(watched) for outcome in ("met", "unmet", "open")}
    return shares


def _outcome(need: Need) -> str:
    if need.met is not None and need.met <= need.event.at + WINDOW:
        return "met"
    return "unmet" if need.unmet is not None and need.unmet <= need.event.at + WINDOW else "open"


def _immature(lives: list[Life]) -> int:
    until = observed_until(lives)
    return sum(need.event.at > until - WINDOW for need in _needs(lives))


def _median_days(lives: list[Life]) -> dict[str, float | None]:
    until = observed_until(lives)
    return {manner: _median(needs, until) for manner, needs in _groups(lives, lambda need: need.manner).items()}


def _median(needs: list[Need], until: int) -> float | None:
    """Return the first time by which half are met, by walking through the times at which any was."""
    waited = [((need.met if need.met is not None else until) - need.event.at, need.met is not None) for need in needs]
    waiting = 1.0
    for time in sorted({length for length, met in waited if met}):
        waiting *= 1 - sum(met and length == time for length, met in waited) / sum(
            lasted >= time for lasted, _ in waited
        )
        if waiting <= 0.5 + 1e-12:
            return time / DAY
    return None


def _stated(lives: list[Life]) -> dict[str, float]:
    groups = _groups(lives, lambda need: need.name)
    return {name: fmean(need.manner == "stated" for need in needs) for name, needs in groups.items()}


def _sets(lives: list[Life]) -> list[tuple[set[str], set[str]]]:
    """Return the stated and the revealed needs of each person who has any."""
    found = []
    for life in lives:
        needs, _ = _told(life)
        if needs:
            stated = {need.name for need in needs if need.manner == "stated"}
            found.append((stated, {need.name for need in needs if need.manner == "revealed"}))
    return found


def _overlaps(lives: list[Life]) -> dict[str, int]:
    counts = dict.fromkeys(("only_stated", "only_revealed", "same", "some", "none"), 0)
    for stated, revealed in _sets(lives):
        if not (stated and revealed):
            counts["only_stated" if stated else "only_revealed"] += 1
        else:
            counts["same" if stated == revealed else "none" if stated.isdisjoint(revealed) else "some"] += 1
    return counts


def _jaccard(lives: list[Life]) -> float:
    both = [(stated, revealed) for stated, revealed in _sets(lives) if stated and revealed]
    return fmean(len(stated & revealed) / len(stated | revealed) for stated, revealed in both)


def _mixes(lives: list[Life]) -> dict[str, dict[str, float]]:
    groups = _groups(lives, lambda need: need.event.stage)
    return {
        stage: {name: n / len(needs) for name, n in Counter(need.name for need in needs).items()}
        for stage, needs in groups.items()
    }


def _mix(lives: list[Life]) -> dict[Any, float]:
    return {(stage, name): share for stage, mix in _mixes(lives).items() for name, share in mix.items()}


def _changes(lives: list[Life]) -> dict[Any, float]:
    mixes = _mixes(lives)
    return {
        (first, then, name): mixes[then].get(name, 0) - mixes[first].get(name, 0)
        for first, then in pairwise(STAGES)
        if first in mixes and then in mixes
        for name in {**mixes[first], **mixes[then]}
    }


def _shifts(lives: list[Life]) -> dict[Any, float]:
    shifts: dict[Any, float] = defaultdict(float)
    for (first, then, _), change in _changes(lives).items():
        shifts[first, then] += abs(change) / 2
    return dict(shifts)


def _left_out(reason: str) -> Callable[[Rows], int]:
    return lambda rows: rows[0]["excluded"].get(reason, 0)


FIGURES = (
    Known(
        "Needs expressed, by the region of then",
        "metrics needs_expressed --by segment:region",
        lambda rows: {key: n for key, n in split(rows, "count", "segment:region").items() if n},
        _by_region,
    ),
    Known(
        "Needs met or found unmet that nobody is known to have expressed",
        "metrics needs_expressed",
        _left_out("not_expressed"),
        lambda lives: sum(_told(life)[1] for life in lives),
    ),
    Known(
        "Needs met, unmet and open after 30 days, by need",
        "metrics need_outcome --by need",
        lambda rows: split(rows, "share", "need", "outcome"),
        _outcomes,
    ),
    Known("Needs too young to tell", "metrics need_outcome", _left_out("immature"), _immature),
    Known(
        "Days until half of the needs are met, stated and revealed",
        "metrics time_to_met --by manner",
        lambda rows: split(rows, "median", "manner", method="all"),
        _median_days,
    ),
    Known(
        "Share of each need that is stated",
        "metrics stated_and_revealed",
        lambda rows: split(rows, "share", "need", manner="stated"),
        _stated,
    ),
    Known(
        "Customers by the overlap of what they state and what they reveal",
        "metrics need_agreement",
        lambda rows: split(rows, "share", "overlap", field="numerator"),
        _overlaps,
    ),
    Known("Jaccard index of stated and revealed", "metrics need_agreement", lambda rows: one(rows, "mean"), _jaccard),
    Known("Mix of needs, by stage", "metrics need_mix", lambda rows: split(rows, "share", "stage", "need"), _mix),
    Known(
        "Shift of the mix to the next stage",
        "metrics need_shift",
        lambda rows: split(rows, "distance", "from_stage", "to_stage"),
        _shifts,
    ),
    Known(
        "Change of each need's share to the next stage",
        "metrics need_change",
        lambda rows: split(rows, "difference", "from_stage", "to_stage", "need"),
        _changes,
    ),
)
