"""How long customers take to pay: from the day it was due, and from the order."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.metrics.definitions.value import DAYS_TO_PAY
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.proportions import share
from ledger.metrics.quantiles import elapsed

Payments = Iterable[tuple[str, int, int | None, int | None]]
"""Rows of (settled, failed or unpaid; when, when due, when ordered), in microseconds since 1970."""


def days_to_pay(payments: Payments, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how many days after the due time, and after the order, payments settle; early ones are below zero."""
    rows = list(payments)
    kinds = [kind for kind, _, _, _ in rows]
    within = scope.leaving_out(failed=kinds.count("failed"), unpaid=kinds.count("unpaid"))
    due = [(at, due_at) for kind, at, due_at, _ in rows if kind == "settled"]
    ordered = [(at, ordered_at) for kind, at, _, ordered_at in rows if kind == "settled"]
    late = [at > due_at for at, due_at in due if due_at is not None]
    return [
        *_clock("due", "no_due", due, within),
        share(DAYS_TO_PAY, sum(late), len(late), within.split(clock="due").leaving_out(no_due=len(due) - len(late))),
        *_clock("order", "no_order", ordered, within),
    ]


def _clock(clock: str, reason: str, times: list[tuple[int, int | None]], scope: Scope) -> list[Figure]:
    lengths = [at - start for at, start in times if start is not None]
    return elapsed(DAYS_TO_PAY, lengths, scope.split(clock=clock).leaving_out(**{reason: len(times) - len(lengths)}))
