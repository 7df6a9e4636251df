"""Who hands over to whom, how long it waits, and how much of it comes back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ledger.metrics.definitions.omnichannel import HANDOVER_BOUNCES, HANDOVER_WAIT, SILO_MAP
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.proportions import share
from ledger.metrics.quantiles import elapsed

Counts = Iterable[tuple[str, str, int]]
"""Rows of (giver, receiver, how many)."""


def silo_map(counts: Counts, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how many handovers go from each department to each other, and their share of all that it gives away."""
    pairs: dict[tuple[str, str], int] = defaultdict(int)
    given: dict[str, int] = defaultdict(int)
    for giver, receiver, n in counts:
        pairs[giver, receiver] += n
        given[giver] += n
    figures = []
    for (giver, receiver), n in sorted(pairs.items(), key=lambda pair: (pair[0][0], -pair[1], pair[0][1])):
        at = scope.split(from_department=giver, to_department=receiver)
        figures.append(SILO_MAP.figure("count", n, given[giver], at))
        figures.append(share(SILO_MAP, n, given[giver], at))
    return figures


def handover_wait(waits: Sequence[int | None], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how many hours handovers wait; None has not been taken up."""
    taken_up = [wait for wait in waits if wait is not None]
    return elapsed(HANDOVER_WAIT, taken_up, scope.leaving_out(not_taken_up=len(waits) - len(taken_up)))


def handover_bounces(bounced: int, n: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of handovers back to a department that gave it away before."""
    return [share(HANDOVER_BOUNCES, bounced, n, scope)]
