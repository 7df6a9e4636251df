"""Figures of the feedback loop, by when the feedback was received."""

from __future__ import annotations

from ledger.metrics import feedback_loop as loops
from ledger.metrics.figure import Figure
from ledger.queries.cut import Columns, Make
from ledger.queries.figures.cases import COLUMNS as OF_CASES
from ledger.queries.figures.cases import of_cases
from ledger.queries.view import Figures, View

COLUMNS: Columns = {**OF_CASES, "kind": "subject", "theme": "theme", "dispatched_to": "dispatched_to"}
"""What loops are split by; the kind is that of the feedback."""


def loop_legs(view: View) -> list[Figure]:
    """Return how long each leg of the loop takes."""
    columns = ("opened_at", "dispatched_at", "resolved_first_at", "communicated_at")
    return _of_loops(
        view, columns, lambda rows, scope: loops.loop_legs((loops.Steps(*row) for row in rows), view.as_of, scope)
    )


def closed_loop(view: View) -> list[Figure]:
    """Return the share of loops that were communicated back in time."""
    return _of_loops(view, RECEIVED, lambda rows, scope: loops.closed_loop(_received(rows), _maturity(view), scope))


def never_answered(view: View) -> list[Figure]:
    """Return how many loops nobody answered."""
    return _of_loops(view, RECEIVED, lambda rows, scope: loops.never_answered(_received(rows), _maturity(view), scope))


def wrong_dispatch(view: View) -> list[Figure]:
    """Return the share of loops that were first dispatched to the wrong department."""
    return _of_loops(view, ("opened_at", "dispatches", "redispatched"), loops.wrong_dispatch)


RECEIVED = ("opened_at", "communicated_at", "first_response_at", "dispatched_at", "resolved_first_at")


def _received(rows: list[tuple[int | None, ...]]) -> list[loops.Received]:
    # A step before the receipt is no first response, but it is an answer.
    return [
        loops.Received(received, back, next((at for at in (*answers, back) if at is not None), None))
        for received, back, *answers in rows
    ]


def _maturity(view: View) -> loops.Maturity:
    within = view.asked.within
    return loops.Maturity(loops.MATURITY if within is None else within, view.as_of)


def _of_loops(view: View, columns: tuple[str, ...], make: Make) -> list[Figure]:
    return of_cases(view, columns, make, kinds=("feedback",), by=COLUMNS)


FIGURES: Figures = {
    "closed_loop": closed_loop,
    "loop_legs": loop_legs,
    "wrong_dispatch": wrong_dispatch,
    "never_answered": never_answered,
}
