"""How much there is: events from the log, all else from the read model; each measure with the splits it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from msgspec import Struct, structs

from ledger.errors import InvalidArgument
from ledger.metrics.counts import money_volume, volume, volume_sum
from ledger.metrics.figure import Figure, Scope
from ledger.metrics.metric import Grain
from ledger.metrics.value import MONEY
from ledger.queries.cut import COUNTED, PLACE, UNKNOWN, Columns, Cut, fits
from ledger.queries.figures.cases import kinds_of
from ledger.queries.view import Figures, View
from ledger.queries.window import days, instants, months
from ledger.store.figures.bounds import UNBOUNDED
from ledger.store.figures.cases import BEGINNING, case_counts
from ledger.store.figures.positions import customer_counts
from ledger.store.figures.scan import Seen
from ledger.store.figures.tallies import tallies


class Measure(Struct, frozen=True, kw_only=True):
    """One thing that is counted: the columns of its splits, and the grain its window is rounded to."""

    columns: Columns
    grain: Grain
    make: Callable[[View, str, Measure], list[Figure]]
    tally: str = ""
    unit: str = ""


def all_volumes(view: View) -> list[Figure]:
    """Return every measure that can be split as asked and of which there is any, or the one asked for.

    Raises InvalidArgument.
    """
    wanted = view.asked.measure
    if wanted is not None and wanted not in MEASURES:
        raise InvalidArgument(f"there is no measure {wanted!r}: choose from {', '.join(MEASURES)}")
    chosen = MEASURES if wanted is None else {wanted: MEASURES[wanted]}
    able = {name: measure for name, measure in chosen.items() if fits(view.asked, measure.columns)}
    if not able:
        have = ", ".join(f"{name} by {', '.join(measure.columns)}" for name, measure in chosen.items())
        raise InvalidArgument(f"no measure can be split by {', '.join(view.asked.keys)} at once: {have}")
    figures = [figure for name, measure in able.items() for figure in measure.make(view, name, measure)]
    return [figure for figure in figures if figure.n or wanted is not None]


def _events(view: View, name: str, measure: Measure) -> list[Figure]:
    cut = Cut(view.asked, measure.columns, view.context)
    within = instants(view.asked)
    if set(cut.raw) <= {"type"} and within == UNBOUNDED and view.scan.whole:
        return _spanned(name, cut, [(*row[: len(cut.raw)], *row[1:]) for row in view.scan.counts()])
    raw_of = _reader(view, cut.raw)

    def take(events: Iterator[Seen]) -> dict[tuple[Any, ...], list[int]]:
        spans: dict[tuple[Any, ...], list[int]] = {}
        for seen in events:
            at = seen[1]
            if within.hold(at):
                span = spans.setdefault(raw_of(seen), [0, at, at])
                span[0] += 1
                if at < span[1]:
                    span[1] = at
                elif at > span[2]:
                    span[2] = at
        return spans

    return _spanned(name, cut, [(*raw, *span) for raw, span in view.scan.gather(take).items()])


def _reader(view: View, columns: Sequence[str]) -> Callable[[Seen], tuple[Any, ...]]:
    """Return what reads the columns of a cut from an event."""
    if not columns:
        return lambda seen: ()
    segments = view.segments if "segments" in columns else {}
    month = view.context.month
    special: dict[str, Callable[[Seen], Any]] = {
        "segments": lambda seen: segments.get(seen[0]),
        "period": lambda seen: month(seen[1]),
    }
    reads = [special.get(column) or _glanced(column) for column in columns]
    return lambda seen: tuple([read(seen) for read in reads])


def _glanced(column: str) -> Callable[[Seen], Any]:
    read = attrgetter(column)
    return lambda seen: read(seen[2])


def _spanned(name: str, cut: Cut, rows: list[tuple[Any, ...]]) -> list[Figure]:
    """Return the sums of rows of (*raw, count, first occurrence, last occurrence), with when they occurred."""
    return [
        structs.replace(
            volume(name, sum(row[0] for row in group), cut.scope(key)),
            first_at=min((row[1] for row in group), default=None),
            last_at=max((row[2] for row in group), default=None),
        )
        for key, group in cut.groups(rows).items()
    ]


def _customers(view: View, name: str, measure: Measure) -> list[Figure]:
    cut = Cut(view.asked, measure.columns, view.context)
    return _spanned(name, cut, customer_counts(view.tables, cut.raw, instants(view.asked)))


def _cases(view: View, name: str, measure: Measure) -> list[Figure]:
    asked = view.asked.always_by("kind")
    cut = Cut(asked, measure.columns, view.context)
    rows = case_counts(view.tables, kinds_of(asked), cut.raw, instants(asked))
    return [volume(name, sum(row[0] for row in group), cut.scope(key)) for key, group in cut.groups(rows).items()]


def _payments(view: View, name: str, measure: Measure) -> list[Figure]:
    """Count those that settled and those that failed, and sum those that settled."""
    cut = Cut(view.asked, measure.columns, view.context)
    within = months(view.asked, view.context)
    settled, failed = (tallies(view.tables, tally, cut.raw, within) for tally in ("payment", "payment_failed"))
    of_settled = cut.groups(settled)
    figures = []
    for key, group in cut.groups([*settled, *failed]).items():
        figures.append(volume(name, sum(row[2] for row in group), cut.scope(key)))
        figures += _sums_of_money(view, name, of_settled.get(key, []), cut.scope(key))
    return figures


def _tallied(view: View, name: str, measure: Measure) -> list[Figure]:
    cut = Cut(view.asked, measure.columns, view.context)
    within = (days if measure.grain == "day" else months)(view.asked, view.context)
    figures = []
    for key, group in cut.groups(tallies(view.tables, measure.tally, cut.raw, within)).items():
        scope = cut.scope(key)
        figures.append(volume(name, sum(row[2] for row in group), scope))
        if measure.unit == "money":
            figures += _sums_of_money(view, name, group, scope)
        elif measure.unit:
            total = sum(row[3] for row in group)
            figures.append(volume_sum(name, total / MONEY, figures[-1].n, scope, unit=measure.unit))
    return figures


def _sums_of_money(view: View, name: str, rows: list[tuple[Any, ...]], scope: Scope) -> list[Figure]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for currency, _, n, total in rows:
        if currency or total:
            sums[currency or UNKNOWN][0] += n
            sums[currency or UNKNOWN][1] += total
    wanted = view.asked.currency
    return [
        money_volume(name, sums[currency][1], sums[currency][0], currency, scope)
        for currency in (sorted(sums) if wanted is None else [wanted])
    ]


MEASURES: dict[str, Measure] = {
    "events": Measure(
        columns={
            "type": "type",
            "channel": "channel",
            "department": "department",
            "segment": "segments",
            "month": "period",
            "outcome": "outcome",
            "touchpoint": "touchpoint_id",
        },
        grain="instant",
        make=_events,
    ),
    "customers": Measure(
        columns={"stage": "stage", "segment": "segments", "month": "first_at"}, grain="instant", make=_customers
    ),
    "touchpoints": Measure(columns=COUNTED, grain="month", make=_tallied, tally="touchpoint"),
    "cases": Measure(columns={"kind": "kind", **PLACE, "month": BEGINNING}, grain="instant", make=_cases),
    "orders": Measure(columns={**COUNTED, "kind": "value"}, grain="day", make=_tallied, tally="order", unit="money"),
    "quantity": Measure(columns=COUNTED, grain="month", make=_tallied, tally="quantity", unit="pieces"),
    "payments": Measure(columns={**COUNTED, "kind": "value"}, grain="month", make=_payments),
    "payments_failed": Measure(
        columns={**COUNTED, "kind": "value"}, grain="month", make=_tallied, tally="payment_failed", unit="money"
    ),
    "surveys_sent": Measure(columns={**COUNTED, "kind": "unit"}, grain="day", make=_tallied, tally="survey_sent"),
    "feedback": Measure(columns={**COUNTED, "kind": "value"}, grain="month", make=_tallied, tally="feedback"),
    "interactions": Measure(columns={**COUNTED, "outcome": "value"}, grain="month", make=_tallied, tally="interaction"),
    "work": Measure(columns=COUNTED, grain="month", make=_tallied, tally="work", unit="money"),
    "minutes": Measure(columns=COUNTED, grain="month", make=_tallied, tally="minutes", unit="minutes"),
}
"""Everything volume tells, by name."""

FIGURES: Figures = {"volume": all_volumes}
