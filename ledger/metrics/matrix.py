"""What goes from each to each: how many, and their share of all that starts from the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.metric import Metric
from ledger.metrics.proportions import share

Counts = Iterable[tuple[str, str, int]]
"""Rows of (from, to, how many)."""


def matrix(metric: Metric, counts: Counts, noun: str, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the count and the share of each pair, by `from_NOUN` and `to_NOUN`, the most frequent first."""
    pairs: dict[tuple[str, str], int] = defaultdict(int)
    starting: dict[str, int] = defaultdict(int)
    for start, end, n in counts:
        pairs[start, end] += n
        starting[start] += n
    figures = []
    for (start, end), n in sorted(pairs.items(), key=lambda pair: (pair[0][0], -pair[1], pair[0][1])):
        at = scope.split(**{f"from_{noun}": start, f"to_{noun}": end})
        figures.append(metric.figure("count", n, starting[start], at))
        figures.append(share(metric, n, starting[start], at))
    return figures
