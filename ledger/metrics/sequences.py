"""What the order of steps in cases shows: which follows which, whole variants, and handovers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from ledger.metrics.definitions.cases import HANDOVERS, TRANSITIONS, VARIANTS
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.means import mean
from ledger.metrics.proportions import share

Steps = Iterable[Sequence[str]]
"""The names of each case's steps, in the order of the fold."""

TOP = 10
"""How many variants are shown unless told otherwise."""

ARROW = " → "


def transitions(cases: Steps, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how often each step is directly followed by each other, most often first; n is all such pairs."""
    return transition_counts(Counter(pair for steps in cases for pair in pairwise(steps)), scope)


def transition_counts(counts: Counter[tuple[str, str]], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the same from pairs that were counted already."""
    n = sum(counts.values())
    return [
        TRANSITIONS.figure("count", count, n, scope.split(from_step=first, to_step=then), numerator=count)
        for (first, then), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def variants(cases: Steps, scope: Scope = EVERYTHING, *, top: int = TOP) -> list[Figure]:
    """Return the number of distinct sequences of steps, and the share of cases of each of the `top` most common."""
    counts = Counter(tuple(steps) for steps in cases)
    n = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:top]
    return [
        VARIANTS.figure("count", len(counts), n, scope),
        *(
            share(VARIANTS, count, n, scope.split(rank=rank, variant=ARROW.join(steps)))
            for rank, (steps, count) in enumerate(ranked, start=1)
        ),
    ]


def handovers(per_case: Iterable[int], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the mean number of handovers per case with its t-interval, and their sum."""
    counts = list(per_case)
    total = sum(counts)
    squares = sum(count * count for count in counts)
    return [
        mean(HANDOVERS, len(counts), total, scope, squares=squares),
        HANDOVERS.figure("sum", total, len(counts), scope),
    ]
