"""Figures of cases: times to respond and to resolve, handovers, promises kept; by when the case was opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import starmap

from msgspec import structs

from ledger.errors import InvalidArgument
from ledger.metrics import counts, durations, sequences
from ledger.metrics.durations import Answered, Resolved
from ledger.metrics.figure import Figure, Scope
from ledger.queries.cut import PLACE, Columns, Cut, Make
from ledger.queries.question import Question
from ledger.queries.view import Figures, View
from ledger.queries.window import instants
from ledger.store.figures.cases import BEGINNING, cases

COLUMNS = {**PLACE, "month": BEGINNING, "reason": "reason", "kind": "kind"}

KINDS = ("case", "feedback", "order", "application")


def time_to_first_response(view: View) -> list[Figure]:
    """Return the times from opening to first response."""
    columns = ("opened_at", "first_response_at", "settled", "awaited_response", "awaiting_customer", "waiting_since")
    return of_cases(
        view,
        columns,
        lambda rows, scope: durations.time_to_first_response(starmap(Answered, rows), view.as_of, scope),
    )


def time_to_resolution(view: View) -> list[Figure]:
    """Return the times from opening to first and to last resolution."""
    columns = ("opened_at", "resolved_first_at", "resolved_last_at", "settled")
    waits = ("awaited_first", "awaited_last", "awaiting_customer", "waiting_since")
    return of_cases(
        view,
        (*columns, *waits),
        lambda rows, scope: durations.time_to_resolution(starmap(Resolved, rows), view.as_of, scope),
    )


def throughput(view: View) -> list[Figure]:
    """Return the times from first to last event, always by kind of case."""
    return of_cases(view, ("first_at", "last_at"), durations.throughput, asked=view.asked.always_by("kind"))


def handovers(view: View) -> list[Figure]:
    """Return how often cases pass from one department to another, always by kind of case."""
    return of_cases(view, ("handovers",), _handovers, asked=view.asked.always_by("kind"))


def punctuality(view: View) -> list[Figure]:
    """Return the share of orders delivered later than promised."""
    return of_cases(
        view, ("resolved_first_at", "promised_at"), _punctuality, asked=structs.replace(view.asked, kind="order")
    )


def kinds_of(asked: Question) -> Sequence[str]:
    """Return the kinds of case a question is about: those it names, every kind when it splits by them, else cases."""
    if asked.kind is not None and asked.kind not in KINDS:
        raise InvalidArgument(f"there is no kind of case {asked.kind!r}: choose from {', '.join(KINDS)}")
    if asked.kind is not None:
        return (asked.kind,)
    return () if "kind" in asked.keys else ("case",)


def of_cases(
    view: View,
    columns: Sequence[str],
    make: Make,
    *,
    asked: Question | None = None,
    kinds: Sequence[str] | None = None,
    by: Columns = COLUMNS,
) -> list[Figure]:
    """Return what `make` says of the files of some kinds, those asked for unless named; by when they began."""
    asked = asked or view.asked
    cut = Cut(asked, by, view.context)
    rows = cases(view.tables, kinds_of(asked) if kinds is None else kinds, (*cut.raw, *columns), instants(asked))
    return cut.figures(rows, make)


def _handovers(rows: list[tuple[int]], scope: Scope) -> list[Figure]:
    return sequences.handovers([count for (count,) in rows], scope)


def _punctuality(rows: Iterable[tuple[int | None, int | None]], scope: Scope) -> list[Figure]:
    late = on_time = undelivered = not_promised = 0
    for delivered, promised in rows:
        if delivered is None:
            undelivered += 1
        elif promised is None:
            not_promised += 1
        elif delivered > promised:
            late += 1
        else:
            on_time += 1
    return counts.punctuality(late, on_time, scope.leaving_out(undelivered=undelivered, not_promised=not_promised))


FIGURES: Figures = {
    "time_to_first_response": time_to_first_response,
    "time_to_resolution": time_to_resolution,
    "throughput": throughput,
    "handovers": handovers,
    "punctuality": punctuality,
}
