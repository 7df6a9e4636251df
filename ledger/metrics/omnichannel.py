"""Shares that say how customers and the company use the channels: switches, preference, self-service, containment."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.metrics.definitions.omnichannel import CONTAINMENT, PREFERRED_CHANNEL, SWITCH_MATRIX
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.matrix import Counts, matrix
from ledger.metrics.metric import Metric
from ledger.metrics.proportions import share

WAYS = ("contained", "unachieved", "abandoned", "human")
"""What may become of an interaction that entered an automated channel."""


def switch_matrix(pairs: Counts, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how many pairs of contacts go from each channel to each, of all that start on that channel."""
    return matrix(SWITCH_MATRIX, pairs, "channel", scope)


def preferred_channel(suiting: Mapping[str, Mapping[str, int]], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return, by direction, the share of touchpoints on the preferred channel.

    `suiting` counts, for each direction, those that are preferred, other, no_preference and unknown_channel.
    """
    figures = []
    for direction in ("outbound", "inbound", "undirected"):
        counts = suiting.get(direction, {})
        if counts or direction != "undirected":
            left_out = {name: counts.get(name, 0) for name in ("no_preference", "unknown_channel")}
            n = counts.get("preferred", 0) + counts.get("other", 0)
            at = scope.split(direction=direction).leaving_out(**left_out)
            figures.append(share(PREFERRED_CHANNEL, counts.get("preferred", 0), n, at))
    return figures


def channel_share(metric: Metric, counts: Mapping[str, int], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of touchpoints on channels of one nature.

    `counts` are those that are of it, and are not, and those left out as unknown_channel and unregistered.
    """
    left_out = {name: counts.get(name, 0) for name in ("unknown_channel", "unregistered")}
    n = counts.get("yes", 0) + counts.get("no", 0)
    return [share(metric, counts.get("yes", 0), n, scope.leaving_out(**left_out))]


def way(ending: str, achieved: int | None, *, human: bool) -> str:
    """Return what became of an ended interaction that entered an automated channel, one of WAYS."""
    if human:
        return "human"
    if ending == "abandoned":
        return "abandoned"
    return "unachieved" if achieved == 0 else "contained"


def containment(ways: Mapping[str, int], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of each way in which interactions ended."""
    n = sum(ways.values())
    return [share(CONTAINMENT, ways.get(name, 0), n, scope.split(how=name)) for name in WAYS]
