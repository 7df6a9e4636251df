"""Unsupported opportunities: how many, of how many attempts, why, and whether the channel was open."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.metrics.definitions.opportunities import (
    CHANNEL_COVERAGE,
    OUT_OF_HOURS,
    UNSUPPORTED,
    UNSUPPORTED_CUSTOMERS,
    UNSUPPORTED_DEMAND,
    UNSUPPORTED_REASONS,
)
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.proportions import share


def unsupported(n: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the number of unsupported opportunities."""
    return [UNSUPPORTED.figure("count", n, n, scope)]


def unsupported_demand(attempts: int, unsupported_ones: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of attempts that were not supported."""
    return [share(UNSUPPORTED_DEMAND, unsupported_ones, attempts, scope)]


def channel_coverage(attempts: int, unsupported_ones: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of attempts that were supported."""
    return [share(CHANNEL_COVERAGE, attempts - unsupported_ones, attempts, scope)]


def unsupported_reasons(by_reason: Mapping[str, int], top: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the `top` most frequent reasons; '' is the one that is not told."""
    told = {reason: count for reason, count in by_reason.items() if reason}
    n = sum(told.values())
    left = scope.leaving_out(no_reason=by_reason.get("", 0))
    figures = []
    for rank, (reason, count) in enumerate(sorted(told.items(), key=lambda item: (-item[1], item[0]))[:top], start=1):
        of = left.split(rank=rank, reason=reason)
        figures += [UNSUPPORTED_REASONS.figure("count", count, n, of), share(UNSUPPORTED_REASONS, count, n, of)]
    return figures


def unsupported_customers(attempting: int, unsupported_ones: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how many customers tried what is not supported, of those who tried anything."""
    return [
        UNSUPPORTED_CUSTOMERS.figure("count", unsupported_ones, attempting, scope),
        share(UNSUPPORTED_CUSTOMERS, unsupported_ones, attempting, scope),
    ]


def out_of_hours(outside: int, inside: int, unknown: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of opportunities outside opening hours."""
    return [share(OUT_OF_HOURS, outside, outside + inside, scope.leaving_out(unknown_hours=unknown))]
