"""Contractual retention: of the customers under contract when a month begins, those who are when it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ledger.metrics.definitions.cohorts import CONTRACT_RETENTION
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.proportions import share

IN_FORCE = frozenset({"contract.activated", "contract.renewed", "contract.upgraded", "contract.downgraded"})
"""What shows that a contract is in force."""

OVER = frozenset({"contract.terminated", "contract.lapsed"})
"""What ends it."""


def under_contract(ends: Mapping[int, bool], until: int) -> Iterator[tuple[int, bool | None]]:
    """Yield (month, whether still under contract at its end) for each month a customer begins under contract.

    `ends` says of months with an event whether a contract was in force after the last one. A contract that is over
    before any was in force gives its month and None; months after `until` give nothing.
    """
    before: bool | None = None
    for month in range(min(ends), until + 1):
        now = ends.get(month, before)
        if before:
            yield month, bool(now)
        elif before is None and now is False:
            yield month, None
        before = now


def contract_retention(kept: Iterable[bool | None], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of customers under contract at the beginning of one month who are at its end."""
    known = list(kept)
    told = [still for still in known if still is not None]
    return [share(CONTRACT_RETENTION, sum(told), len(told), scope.leaving_out(no_start=len(known) - len(told)))]
