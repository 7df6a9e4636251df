"""The quality report: what is unknown, rough, late, out of order, repeated, retracted or mapped to nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Unpack

import numpy as np

from ledger.errors import InvalidArgument
from ledger.events.contacts import is_contact, is_touchpoint
from ledger.events.vocabulary import EventType, Vocabulary
from ledger.journey.context import Context
from ledger.metrics import quality as figures
from ledger.metrics.definitions.quality import (
    NEGATIVE_DURATIONS,
    OUT_OF_ORDER_CASES,
    OUT_OF_ORDER_EVENTS,
    PARKED_CUSTOMERS,
    RETRACTED_EVENTS,
    ROUGH_TIMES,
    TYPES_WITHOUT_STAGE,
    UNKNOWN_FIELDS,
    UNKNOWN_VISITORS,
    UNOPENED_CASES,
    UNREGISTERED_CHANNELS,
)
from ledger.metrics.figure import Figure, Scope
from ledger.metrics.proportions import share
from ledger.queries.figure_row import FigureRow, figure_rows
from ledger.queries.question import Asked, question
from ledger.queries.view import View, view
from ledger.queries.window import instants
from ledger.schemas.duration import SECOND, duration_text
from ledger.store.figures.bounds import UNBOUNDED
from ledger.store.figures.positions import customer_counts
from ledger.store.figures.quality import ROUGH, Kind, Noticed, Pass, case_quality, negatives, visitors
from ledger.store.links import all_units
from ledger.store.store import Store

DAY = 86_400_000_000

VISITOR = "anonymous:"

EXPECTED: Mapping[str, Callable[[EventType], bool]] = {
    "channel": is_touchpoint,
    "direction": is_contact,
    "actor": is_contact,
    "department": lambda event_type: is_contact(event_type) or event_type.family == "support",
}
"""Of which types of event a field is expected."""

STAGELESS = frozenset({"identity", "control"})
"""The families that are never meant to indicate a stage."""

STEPS = (("opened_at", "first_response_at"), ("opened_at", "dispatched_at"), ("opened_at", "resolved_first_at"),
         ("dispatched_at", "resolved_first_at"), ("resolved_last_at", "communicated_at"),
         ("resolved_last_at", "closed_at"))  # fmt: skip
"""The instants of a case of which the second follows the first."""

ORDER = ("order.placed", "order.approved", "order.shipped", "order.delivered")
"""The steps of an order, in their order."""


def quality(store: Store, **asked: Unpack[Asked]) -> list[FigureRow]:
    """Return the figures of the quality report, of all sources and of each.

    `asked` are since, before, as_of, known_at, zone, journey and within: the delay (µs) beyond which an event is
    late, a day by default. Raises InvalidArgument, ProjectionStale.
    """
    made = question(asked)
    if made.keys:
        raise InvalidArgument(
            "the quality report is told by source already, and by nothing else: leave `by`, `where` out"
        )
    with view(store, made, needs_tables=True) as seen:
        units = all_units(seen.log, seen.until)
        noticed = Pass(seen.log, units, seen.until, seen.scan).noticed(instants(seen.asked), ORDER)
        told = [
            *_of_events(noticed, seen.context.vocabulary, DAY if seen.asked.within is None else seen.asked.within),
            *_of_cases(seen, noticed),
            *_unmapped(noticed.kinds, seen.context),
            *_of_customers(seen, noticed, units.streams),
        ]
        return figure_rows(seen, told)


def _of_events(noticed: Noticed, vocabulary: Vocabulary, late: int) -> list[Figure]:
    events = _summed(noticed.kinds, lambda kind: True)
    rough = {source: n for source, (n, _) in _of(noticed.kinds, lambda kind: kind.precision in ROUGH).items()}
    told = [figure for field in EXPECTED for figure in _unknown(noticed.kinds, vocabulary, field)]
    for precision in ("date", "minute", "unknown"):
        told += figures.shares(ROUGH_TIMES, _precise(noticed.kinds, precision), precision=precision)
    delays = {source: np.asarray(found) for source, found in noticed.delays.items()}
    told += figures.arrivals(delays, rough, (late, _length(late)))
    told += figures.shares(
        OUT_OF_ORDER_EVENTS, {source: (noticed.disordered[source], n) for source, n in events.items()}
    )
    told += figures.repeats({source: np.asarray(found) for source, found in noticed.contents.items()})
    sources = events.keys() | noticed.retracted.keys()
    back = {source: (noticed.retracted[source], noticed.retracted[source] + events[source]) for source in sources}
    return told + figures.shares(RETRACTED_EVENTS, back)


def _length(microseconds: int) -> str:
    return f"{microseconds} µs" if microseconds % SECOND else duration_text(microseconds)


def _precise(kinds: Counter[Kind], precision: str) -> figures.Shares:
    return _of(kinds, lambda kind: kind.precision == precision)


def _unknown(kinds: Counter[Kind], vocabulary: Vocabulary, field: str) -> list[Figure]:
    types = {name for name, event_type in vocabulary.items() if EXPECTED[field](event_type)}
    expected = _summed(kinds, lambda kind: kind.type in types)
    unknown = _summed(kinds, lambda kind: kind.type in types and not getattr(kind, field))
    return figures.shares(
        UNKNOWN_FIELDS, {source: (unknown[source], n) for source, n in expected.items() if n}, field=field
    )


def _summed(kinds: Counter[Kind], keeps: Callable[[Kind], bool]) -> Counter[str]:
    """Return how many events of each source are of such a kind."""
    counted: Counter[str] = Counter()
    for kind, n in kinds.items():
        counted[kind.source] += n * keeps(kind)
    return counted


def _of(kinds: Counter[Kind], keeps: Callable[[Kind], bool]) -> figures.Shares:
    """Return by source how many events are of such a kind, of how many."""
    kept, events = _summed(kinds, keeps), _summed(kinds, lambda kind: True)
    return {source: (kept[source], n) for source, n in events.items()}


def _of_cases(seen: View, noticed: Noticed) -> list[Figure]:
    begun = instants(seen.asked)
    cases = case_quality(seen.tables, begun)
    counted: list[tuple[Mapping[str, str], int, int]] = []
    for kind, found in negatives(seen.tables, STEPS, begun).items():
        for (start, end), (n, negative) in zip(STEPS, found, strict=True):
            counted.append(({"kind": kind, "from_step": _step(start), "to_step": _step(end)}, n, negative))
    for start, end in pairwise(ORDER):
        first, last = noticed.steps[start], noticed.steps[end]
        lengths = [last[case] - at for case, at in first.items() if case in last and begun.hold(at)]
        by = {"kind": "order", "from_step": start.replace(".", "_"), "to_step": end.replace(".", "_")}
        counted.append((by, len(lengths), sum(length < 0 for length in lengths)))
    return [
        *figures.durations(NEGATIVE_DURATIONS, counted),
        *(share(OUT_OF_ORDER_CASES, disordered, n, Scope({"kind": kind})) for kind, n, disordered, _ in cases),
        *(share(UNOPENED_CASES, unopened, n, Scope({"kind": kind})) for kind, n, _, unopened in cases),
    ]


def _step(column: str) -> str:
    return column.removesuffix("_at")


def _unmapped(kinds: Counter[Kind], context: Context) -> list[Figure]:
    by_type: Counter[str] = Counter()
    by_channel: Counter[str] = Counter()
    for kind, n in kinds.items():
        by_type[kind.type] += n
        if kind.channel:
            by_channel[kind.channel] += n
    mapped = {condition.type for rule in context.rules for condition in rule.conditions}
    vocabulary = context.vocabulary
    types = [
        ({"type": name, "declared": "company" if vocabulary[name].company else "ledger"}, n)
        for name, n in by_type.items()
        if name not in mapped and name in vocabulary and vocabulary[name].family not in STAGELESS
    ]
    channels = [({"channel": name}, n) for name, n in by_channel.items() if name not in context.channels]
    return [
        *figures.counts(TYPES_WITHOUT_STAGE, by_type.total(), types),
        *figures.counts(UNREGISTERED_CHANNELS, by_channel.total(), channels),
    ]


def _of_customers(seen: View, noticed: Noticed, streams_of: Callable[[int], Iterable[int]]) -> list[Figure]:
    anonymous = visitors(seen.log, VISITOR, seen.until)
    met = [customer for customer in noticed.customers if not anonymous.isdisjoint(streams_of(customer))]
    unknown = [
        customer
        for customer in met
        if customer not in noticed.identified and anonymous.issuperset(streams_of(customer))
    ]
    known = sum(row[0] for row in customer_counts(seen.tables, (), UNBOUNDED))
    return [
        share(UNKNOWN_VISITORS, len(unknown), len(met)),
        share(PARKED_CUSTOMERS, seen.parked, known + seen.parked),
    ]
