"""Plain counts and sums, and the shares of contacts and deliveries."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.metrics.definitions.contacts import CHANNEL_SWITCHING, CONTACTS, VOLUME
from ledger.metrics.definitions.purchases import PUNCTUALITY
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.proportions import share
from ledger.metrics.value import MONEY

DIRECTIONS = {"inbound": "inbound", "outbound": "outbound", "": "undirected"}
"""The name a figure gives each direction; the empty one is unknown."""


def volume(measure: str, count: int, scope: Scope = EVERYTHING) -> Figure:
    """Return how many there are of what `measure` names."""
    return VOLUME.figure("count", count, count, scope.split(measure=measure))


def volume_sum(measure: str, total: float, n: int, scope: Scope = EVERYTHING, *, unit: str) -> Figure:
    """Return the sum over n things of what `measure` names, in `unit`."""
    return VOLUME.figure("sum", total, n, scope.split(measure=measure), unit=unit)


def money_volume(measure: str, amount: int, n: int, currency: str, scope: Scope = EVERYTHING) -> Figure:
    """Return the sum of n amounts given in 1/10,000 of `currency`."""
    return volume_sum(measure, amount / MONEY, n, scope.split(currency=currency), unit=currency)


def contacts(by_direction: Mapping[str, int], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the number of contacts of each direction; n is all of them."""
    n = sum(by_direction.values())
    return [
        CONTACTS.figure("count", by_direction.get(key, 0), n, scope.split(direction=name))
        for key, name in DIRECTIONS.items()
    ]


def channel_switching(switched: int, same: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of consecutive contacts of a customer that change the channel."""
    return [share(CHANNEL_SWITCHING, switched, switched + same, scope)]


def punctuality(late: int, on_time: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of deliveries that came later than promised."""
    return [share(PUNCTUALITY, late, late + on_time, scope)]
