"""Who hands over to whom, how long it waits, and how much of it comes back."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.metrics.definitions.omnichannel import HANDOVER_BOUNCES, HANDOVER_WAIT, SILO_MAP
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.matrix import Counts, matrix
from ledger.metrics.proportions import share
from ledger.metrics.quantiles import elapsed


def silo_map(counts: Counts, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how many handovers go from each department to each other, and their share of all that it gives away."""
    return matrix(SILO_MAP, counts, "department", scope)


def handover_wait(waits: Sequence[int | None], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how many hours handovers wait; None has not been taken up."""
    taken_up = [wait for wait in waits if wait is not None]
    return elapsed(HANDOVER_WAIT, taken_up, scope.leaving_out(not_taken_up=len(waits) - len(taken_up)))


def handover_bounces(bounced: int, n: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of handovers back to a department that gave it away before."""
    return [share(HANDOVER_BOUNCES, bounced, n, scope)]
