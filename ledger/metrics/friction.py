"""Whether what was intended was achieved, in how many minutes, and what stood in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

from ledger.metrics.definitions.effort import FRICTION, OBSTACLE_CAUSES, PAINLESS, PRODUCTIVE, TASK_SUCCESS
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.proportions import share
from ledger.metrics.quantiles import MICROSECONDS

Result = Literal["achieved", "missed", "unsaid", "abandoned", "open"]

KINDS = ("obstacle", "abandoned", "payment_failed", "unsupported")
CAUSES = ("people", "process", "technology")

Lengths = Iterable[tuple[Result, int | None, int | None]]
"""Rows of (result, started, ended) in microseconds since 1970, None where it is not recorded."""


def result(ending: str, achieved: int | None) -> Result:
    """Return how an interaction ended: with `ending` (completed, abandoned or '') and what it said of its objective."""
    if not ending:
        return "open"
    if ending == "abandoned":
        return "abandoned"
    return "unsaid" if achieved is None else "achieved" if achieved else "missed"


def task_success(results: Mapping[Result, int], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of interactions that achieved their objective, without those given up and with them."""
    achieved, missed, abandoned = (results.get(name, 0) for name in ("achieved", "missed", "abandoned"))
    at = scope.leaving_out(open=results.get("open", 0), unsaid=results.get("unsaid", 0))
    left_out, failed = at.split(abandoned="left_out"), at.split(abandoned="failed")
    return [
        share(TASK_SUCCESS, achieved, achieved + missed, left_out.leaving_out(abandoned=abandoned)),
        share(TASK_SUCCESS, achieved, achieved + missed + abandoned, failed),
    ]


def productive(lengths: Lengths, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of the minutes of interactions that went into those which achieved their objective."""
    counted: Counter[str] = Counter()
    total = achieved = 0
    for how, started, ended in lengths:
        if how in ("open", "unsaid"):
            counted[how] += 1
        elif started is None or ended is None:
            counted["no_start"] += 1
        else:
            counted["n"] += 1
            counted["negative"] += ended < started
            total += ended - started
            achieved += ended - started if how == "achieved" else 0
    at = scope.leaving_out(**{name: counted[name] for name in ("open", "unsaid", "no_start")})
    n, negative, minute = counted["n"], counted["negative"], MICROSECONDS["minutes"]
    value = achieved / total if total > 0 else None
    return [
        PRODUCTIVE.figure("share", value, n, at, numerator=achieved / minute, negative=negative),
        PRODUCTIVE.figure("sum", total / minute if n else None, n, at, negative=negative),
    ]


def friction(kinds: Mapping[str, int], touchpoints: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how many touchpoints were friction of each kind, and of any."""
    counts = {"any": sum(kinds.values()), **{kind: kinds.get(kind, 0) for kind in KINDS}}
    figures = []
    for kind, count in counts.items():
        at = scope.split(friction=kind)
        figures.append(FRICTION.figure("count", count, touchpoints, at))
        figures.append(share(FRICTION, count, touchpoints, at))
    return figures


def obstacle_causes(causes: Mapping[str, int], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how many obstacles have each cause; '' is unknown."""
    n = sum(causes.get(cause, 0) for cause in CAUSES)
    figures = []
    for cause in CAUSES:
        at = scope.split(cause=cause).leaving_out(unknown_cause=causes.get("", 0))
        figures.append(OBSTACLE_CAUSES.figure("count", causes.get(cause, 0), n, at))
        figures.append(share(OBSTACLE_CAUSES, causes.get(cause, 0), n, at))
    return figures


def painless(met_none: int, customers: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of customers who met no friction."""
    return [share(PAINLESS, met_none, customers, scope)]
