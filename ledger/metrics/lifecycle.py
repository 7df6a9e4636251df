"""The lifecycle of customers by month: who is new, returns, comes back after a break, or is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ledger.metrics.definitions.cohorts import LIFECYCLE
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.proportions import share

ACTIVE = ("new", "returning", "resurrecting")


def parts_of(months: Iterable[int], until: int) -> Iterator[tuple[int, str]]:
    """Yield (month, part of the lifecycle) of one customer active in some months, up to month `until`.

    Months are numbers, each one more than the one before it.
    """
    before: int | None = None
    for month in sorted(months):
        if before is not None and before + 1 < month and before < until:
            yield before + 1, "dormant"
        if month <= until:
            yield month, "new" if before is None else "returning" if before + 1 == month else "resurrecting"
        before = month
    if before is not None and before < until:
        yield before + 1, "dormant"


def lifecycle(parts: Iterable[str], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how many customers one month has of each part, the share that stayed, and the quick ratio."""
    counted = Counter(parts)
    active = sum(counted[part] for part in ACTIVE)
    dormant, stayed = counted["dormant"], counted["returning"]
    came = counted["new"] + counted["resurrecting"]
    ratio = came / dormant if dormant else None
    return [
        LIFECYCLE.figure("count", active, active, scope.split(lifecycle="active")),
        *(LIFECYCLE.figure("count", counted[part], active, scope.split(lifecycle=part)) for part in ACTIVE),
        LIFECYCLE.figure("count", dormant, stayed + dormant, scope.split(lifecycle="dormant")),
        share(LIFECYCLE, stayed, stayed + dormant, scope),
        LIFECYCLE.figure("ratio", ratio, came + dormant, scope, numerator=came),
    ]
