"""All metrics by name; importing this loads no numpy, so that a command line can list them at once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ledger.errors import InvalidArgument
from ledger.metrics.definitions import cases, contacts, journey, purchases, ratings
from ledger.metrics.metric import Metric

METRICS: Mapping[str, Metric] = MappingProxyType(
    {metric.name: metric for family in (ratings, journey, cases, contacts, purchases) for metric in family.DEFINITIONS}
)


def metric(name: str) -> Metric:
    """Return the metric of that name; InvalidArgument, naming those there are, for another."""
    found = METRICS.get(name)
    if found is None:
        raise InvalidArgument(f"there is no metric {name!r}: choose from {', '.join(METRICS)}")
    return found


def demand_dimension(of: Metric, dimension: str) -> None:
    """Refuse a split that `of` does not have, with InvalidArgument."""
    if dimension not in of.dimensions:
        can = f"it can be split by {', '.join(of.dimensions)}" if of.dimensions else "it cannot be split"
        raise InvalidArgument(f"{of.name} cannot be split by {dimension!r}: {can}")
