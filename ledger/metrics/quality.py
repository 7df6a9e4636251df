"""How far the log can be trusted: shares of what is unknown, rough, late, out of order, repeated or retracted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ledger.metrics.definitions.quality import DELAY, LATE_EVENTS, REPEATED_CONTENT
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.metric import Metric
from ledger.metrics.proportions import share
from ledger.metrics.quantiles import elapsed

Numbers = npt.NDArray[np.int64]

Shares = Mapping[str, tuple[int, int]]
"""By source: how many of how many."""


def by_source(counted: Shares) -> list[tuple[Scope, int, int]]:
    """Return (scope, how many, of how many) of all sources together, and then of each in order."""
    count, n = (sum(part[place] for part in counted.values()) for place in (0, 1))
    return [
        (EVERYTHING, count, n),
        *((Scope({"source": source}), *counted[source]) for source in sorted(counted)),
    ]


def shares(metric: Metric, counted: Shares, **by: str) -> list[Figure]:
    """Return the share of all sources together and of each."""
    return [share(metric, count, n, Scope({**by, **scope.by})) for scope, count, n in by_source(counted)]


def arrivals(delays: Mapping[str, Numbers], rough: Mapping[str, int], late: tuple[int, str]) -> list[Figure]:
    """Return the share that came late, by more than so many µs (and as text), and how long all were on their way.

    `rough` are by source those whose hour is not known.
    """
    allowed, text = late
    return [
        *_each(delays, rough, lambda values, scope: [_late(values, allowed, scope.split(after=text))]),
        *_each(delays, rough, lambda values, scope: elapsed(DELAY, values, scope)),
    ]


def repeats(contents: Mapping[str, Numbers]) -> list[Figure]:
    """Return the share of events that equal an earlier one; equal numbers are equal contents."""
    return _each(contents, {}, lambda values, scope: [share(REPEATED_CONTENT, _repeated(values), values.size, scope)])


def durations(metric: Metric, counted: Iterable[tuple[Mapping[str, str], int, int]]) -> list[Figure]:
    """Return for each (keys, with both steps, below zero) the share that is below zero, where any has both."""
    return [share(metric, negative, n, Scope(dict(by))) for by, n, negative in counted if n]


def counts(metric: Metric, n: int, counted: Sequence[tuple[Mapping[str, str], int]]) -> list[Figure]:
    """Return the count of each (keys, count), the most first; n is all that could have been counted."""
    ranked = sorted(counted, key=lambda one: (-one[1], *one[0].values()))
    return [metric.figure("count", count, n, Scope(dict(by)), numerator=count) for by, count in ranked]


def _each(
    values: Mapping[str, Numbers], rough: Mapping[str, int], make: Callable[[Numbers, Scope], list[Figure]]
) -> list[Figure]:
    sources = sorted(values.keys() | rough.keys())
    nothing = np.empty(0, dtype=np.int64)
    together = np.concatenate([nothing, *(values[source] for source in sources if source in values)])
    figures = make(together, Scope(excluded={"rough_time": sum(rough.values())}))
    for source in sources:
        scope = Scope({"source": source}, {"rough_time": rough.get(source, 0)})
        figures += make(values.get(source, nothing), scope)
    return figures


def _late(values: Numbers, late: int, scope: Scope) -> Figure:
    return share(LATE_EVENTS, int(np.count_nonzero(values > late)), values.size, scope)


def _repeated(values: Numbers) -> int:
    ordered = np.sort(values)
    return int(np.count_nonzero(ordered[1:] == ordered[:-1]))
