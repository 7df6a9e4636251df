"""Conformance: the journeys the simulator intended, held against plans of stages, of touchpoints and of types."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

from tests.truth.known import Known, one, split
from tests.truth.lives import Life

DAY = 86_400_000_000

FILES = {
    "customers.toml": """
per = "customer"
within = "52w"
[[steps]]
stage = "awareness"
optional = true
[[steps]]
stage = "consideration"
[[steps]]
stage = "purchase"
within = "30d"
[[steps]]
stage = "use"
within = "20d"
repeatable = true
""",
    "cases.toml": """
per = "case"
within = "30d"
[[steps]]
type = "case.opened"
[[steps]]
type = "case.triaged"
within = "2h"
[[steps]]
type = "case.in_progress"
optional = true
[[steps]]
type = "case.resolved"
[[steps]]
type = "case.closed"
""",
    "pages.toml": """
per = "customer"
closed = true
within = "52w"
[[steps]]
touchpoint = "page:home"
repeatable = true
[[steps]]
touchpoint = "page:prices"
[[steps]]
touchpoint = "page:product"
[[steps]]
touchpoint = "page:reviews"
""",
}

OWN = "conformance"
CUSTOMERS = "conformance --plan customers.toml"
CASES = "conformance --plan cases.toml"
PAGES = "conformance --plan pages.toml"


class Way(NamedTuple):
    """One journey: its steps in order, each with its time, whether nothing follows, and its cycle."""

    steps: list[tuple[str, int]]
    ended: bool
    cycle: int = 1


class Told(NamedTuple):
    """What must be said of one journey."""

    first: list[tuple[str, int]]
    repeated: set[str]
    extra: set[str]
    kept: list[str]


def _told(steps: Iterable[tuple[str, int]], plan: list[str], repeatable: set[str]) -> Told:
    first: dict[str, int] = {}
    repeated: set[str] = set()
    extra: set[str] = set()
    for name, at in steps:
        if name not in plan:
            extra.add(name)
        elif name not in first:
            first[name] = at
        elif name not in repeatable:
            repeated.add(name)
    order = sorted(first.items(), key=lambda step: (step[1], plan.index(step[0])))
    return Told(order, repeated, extra, _longest([name for name, _ in order], plan))


def _longest(names: list[str], plan: list[str]) -> list[str]:
    """Return the most names in the order of the plan, of several the ones that come first: by trying all."""
    for size in range(len(names), -1, -1):
        for chosen in combinations(names, size):
            places = [plan.index(name) for name in chosen]
            if places == sorted(places):
                return list(chosen)
    raise AssertionError("an empty choice is in order")


def _last(lives: list[Life]) -> int:
    return max(event.at for life in lives for event in life.events)


def _cycles(lives: list[Life]) -> list[Way]:
    ways = []
    for life in lives:
        by_cycle: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for visit in life.visits:
            by_cycle[visit.cycle].append((visit.stage, visit.entered_at))
        for cycle, steps in by_cycle.items():
            ended = cycle != max(by_cycle) or steps[-1][0] == "termination"
            ways.append(Way(steps, ended, cycle))
    return ways


STAGES = ["awareness", "consideration", "purchase", "onboarding", "use", "renewal"]


def _own(lives: list[Life]) -> list[Told]:
    """Return every cycle that is over, held against the default journey's own stages."""
    return [
        _told(way.steps, STAGES, set())
        for way in _cycles(lives)
        if way.ended or "renewal" in {name for name, _ in way.steps}
    ]


def _over_by_cycle(lives: list[Life]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for way in _cycles(lives):
        counts[str(way.cycle)] += way.ended or "renewal" in {name for name, _ in way.steps}
    return dict(counts)


def _conforms(told: Told, needed: list[str]) -> bool:
    names = {name for name, _ in told.first}
    return set(needed) <= names and not told.repeated and len(told.kept) == len(told.first)


def _furthest(told: Told, plan: list[str]) -> str:
    return max((name for name, _ in told.first), key=plan.index, default="none")


def _steps_of_own(lives: list[Life]) -> dict[tuple[str, str], int]:
    counts: Counter[tuple[str, str]] = Counter()
    for step in STAGES:
        counts.update({(step, what): 0 for what in ("reached", "skipped", "repeated", "out_of_order")})
    for told in _own(lives):
        names = {name for name, _ in told.first}
        furthest = _furthest(told, [*STAGES, "none"])
        for step in STAGES:
            before = furthest != "none" and STAGES.index(step) < STAGES.index(furthest)
            counts[step, "reached"] += step in names
            counts[step, "skipped"] += before and step not in names
            counts[step, "repeated"] += step in told.repeated
            counts[step, "out_of_order"] += step in names and step not in told.kept
    return dict(counts)


def _drop_off(lives: list[Life]) -> dict[str, int]:
    left = Counter(_furthest(told, STAGES) for told in _own(lives) if "renewal" not in {name for name, _ in told.first})
    return {step: left[step] for step in ("none", *STAGES[:-1])}


BOUGHT = ["awareness", "consideration", "purchase", "use"]
NEEDED = ["consideration", "purchase", "use"]
LIMITS = {"purchase": 30 * DAY, "use": 20 * DAY}
YEAR = 364 * DAY


def _customers(lives: list[Life]) -> list[tuple[Told, dict[str, bool]]]:
    """Return the customers whose journey is over, and for each step with a time that ran whether it was too late."""
    until = _last(lives)
    found = []
    for life in lives:
        begun = life.visits[0].entered_at
        end = min(until, begun + YEAR)
        steps = [(visit.stage, visit.entered_at) for visit in life.visits if visit.entered_at <= end]
        told = _told(steps, BOUGHT, {"use"})
        times = dict(told.first)
        late = {
            name: times[name] - times[before] > LIMITS[name]
            for before, name in zip(told.kept, told.kept[1:], strict=False)
            if name in LIMITS
        }
        furthest = _furthest(told, BOUGHT)
        following = [name for name in NEEDED if furthest == "none" or BOUGHT.index(name) > BOUGHT.index(furthest)]
        overdue = bool(
            following
            and told.kept
            and told.kept[-1] == furthest
            and following[0] in LIMITS
            and end - times[furthest] > LIMITS[following[0]]
        )
        if overdue:
            late[following[0]] = True
        terminated = life.visits[-1].stage == "termination"
        if "use" in times or overdue or terminated or begun + YEAR <= until:
            found.append((told, late))
    return found


def _conforming_customers(lives: list[Life]) -> int:
    """Return how many go as planned; a stage that is not planned is extra unless it ends or begins a journey."""
    strange = {"onboarding", "renewal"}
    return sum(
        _conforms(told, NEEDED) and not any(late.values()) and not told.extra & strange
        for told, late in _customers(lives)
    )


def _cases(lives: list[Life]) -> list[Told]:
    plan = ["case.opened", "case.triaged", "case.in_progress", "case.resolved", "case.closed"]
    return [_told(way.steps, plan, set()) for way, _ in _case_ways(lives)]


def _case_ways(lives: list[Life]) -> list[tuple[Way, bool]]:
    """Return the cases that are over, each with whether its triage was late."""
    until = _last(lives)
    plan = {"case.opened", "case.triaged", "case.in_progress", "case.resolved", "case.closed"}
    found = []
    for life in lives:
        cases: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for event in life.events:
            if event.type in plan and event.get("case_id"):
                cases[event.get("case_id")].append((event.type, event.at))
        for steps in cases.values():
            begun = steps[0][1]
            end = min(until, begun + 30 * DAY)
            inside = [(name, at) for name, at in steps if at <= end]
            times: dict[str, int] = {}
            for name, at in inside:
                times.setdefault(name, at)
            names = set(times)
            overdue = names == {"case.opened"} and end - times["case.opened"] > DAY // 12
            late = overdue or (
                {"case.opened", "case.triaged"} <= names and times["case.triaged"] - times["case.opened"] > DAY // 12
            )
            if "case.closed" in names or overdue or begun + 30 * DAY <= until:
                found.append((Way(inside, ended=False), late))
    return found


def _pages(lives: list[Life]) -> list[Told]:
    until = _last(lives)
    plan = ["page:home", "page:prices", "page:product", "page:reviews"]
    found = []
    for life in lives:
        steps = [(str(event.get("touchpoint_id")), event.at) for event in life.events if event.get("touchpoint_id")]
        if not steps:
            continue
        end = min(until, steps[0][1] + YEAR)
        told = _told([(name, at) for name, at in steps if at <= end], plan, {"page:home"})
        if "page:reviews" in {name for name, _ in told.first} or steps[0][1] + YEAR <= until:
            found.append(told)
    return found


def _extra_pages(lives: list[Life]) -> dict[str, int]:
    return dict(Counter(name for told in _pages(lives) for name in told.extra))


def _whats(rows: list[dict[str, object]]) -> dict[object, object]:
    return {
        key: value
        for key, value in split(rows, "share", "step", "what", field="numerator").items()
        if key[1] != "too_late"
    }


def _of(metric: str, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [row for row in rows if row["metric"] == metric]


FIGURES = (
    Known(
        "cycles that go as the journey's stages are planned",
        OWN,
        lambda rows: one(_of("plan_conformance", rows), "share", "numerator", what="conforming"),
        lambda lives: sum(_conforms(told, STAGES) for told in _own(lives)),
    ),
    Known(
        "cycles that are over",
        OWN,
        lambda rows: one(_of("plan_conformance", rows), "share", "n", what="completed"),
        lambda lives: len(_own(lives)),
    ),
    Known(
        "how much of the plan is done in order",
        OWN,
        lambda rows: one(_of("plan_fitness", rows), "mean"),
        lambda lives: sum(len(told.kept) for told in _own(lives)) / len(STAGES) / len(_own(lives)),
    ),
    Known(
        "stages reached, skipped, repeated and out of order",
        OWN,
        lambda rows: _whats(_of("plan_steps", rows)),
        _steps_of_own,
    ),
    Known(
        "where those leave who do not complete",
        OWN,
        lambda rows: split(_of("plan_drop_off", rows), "share", "step", field="numerator"),
        _drop_off,
    ),
    Known(
        "cycles that are over, by cycle",
        "conformance --by cycle",
        lambda rows: split(_of("plan_conformance", rows), "share", "cycle", field="n", what="completed"),
        _over_by_cycle,
    ),
    Known(
        "customers that go as planned, with times and within a year",
        CUSTOMERS,
        lambda rows: one(_of("plan_conformance", rows), "share", "numerator", what="conforming"),
        _conforming_customers,
    ),
    Known(
        "customers whose year is over, or their journey",
        CUSTOMERS,
        lambda rows: one(_of("plan_conformance", rows), "share", "n", what="completed"),
        lambda lives: len(_customers(lives)),
    ),
    Known(
        "purchase and use that came too late, of those that could",
        CUSTOMERS,
        lambda rows: {row["step"]: (row["numerator"], row["n"]) for row in rows if row.get("what") == "too_late"},
        lambda lives: {
            step: (
                sum(late.get(step, False) for _, late in _customers(lives)),
                sum(step in late for _, late in _customers(lives)),
            )
            for step in LIMITS
        },
    ),
    Known(
        "stages that customers were in without a plan",
        CUSTOMERS,
        lambda rows: split(_of("plan_extra_steps", rows), "share", "step", field="numerator"),
        lambda lives: dict(
            Counter(name for told, _ in _customers(lives) for name in told.extra if name in ("onboarding", "renewal"))
        ),
    ),
    Known(
        "cases that were closed, of those that are over",
        CASES,
        lambda rows: (
            one(_of("plan_conformance", rows), "share", "numerator", what="completed"),
            one(_of("plan_conformance", rows), "share", "n", what="completed"),
            "cases",
        ),
        lambda lives: (
            sum("case.closed" in {name for name, _ in way.steps} for way, _ in _case_ways(lives)),
            len(_case_ways(lives)),
            "cases",
        ),
    ),
    Known(
        "triage that came too late",
        CASES,
        lambda rows: one(_of("plan_steps", rows), "share", "numerator", step="case.triaged", what="too_late"),
        lambda lives: sum(late for _, late in _case_ways(lives)),
    ),
    Known(
        "steps of cases that were taken again",
        CASES,
        lambda rows: split(_of("plan_steps", rows), "share", "step", field="numerator", what="repeated"),
        lambda lives: {
            step: sum(step in told.repeated for told in _cases(lives))
            for step in ("case.opened", "case.triaged", "case.in_progress", "case.resolved", "case.closed")
        },
    ),
    Known(
        "pages out of order",
        PAGES,
        lambda rows: split(_of("plan_steps", rows), "share", "step", field="numerator", what="out_of_order"),
        lambda lives: {
            page: sum(page in dict(told.first) and page not in told.kept for told in _pages(lives))
            for page in ("page:home", "page:prices", "page:product", "page:reviews")
        },
    ),
    Known(
        "touchpoints that the plan of pages does not name",
        PAGES,
        lambda rows: split(_of("plan_extra_steps", rows), "share", "step", field="numerator"),
        _extra_pages,
    ),
)
