"""The window of a question, as instants, days or months: whole days and months where rows are counted by those."""

from __future__ import annotations

from datetime import date, timedelta

from ledger.events.instants import start_of_day
from ledger.journey.context import Context
from ledger.metrics.metric import Grain
from ledger.queries.question import Question
from ledger.store.figures.bounds import Bounds

_EPOCH = date(1970, 1, 1)


def instants(asked: Question) -> Bounds:
    """Return the window in microseconds since 1970."""
    return Bounds(asked.since, asked.before)


def days(asked: Question, context: Context) -> Bounds:
    """Return the local days that the window touches, as days since 1970."""
    return Bounds(
        None if asked.since is None else context.day(asked.since),
        None if asked.before is None else context.day(asked.before - 1) + 1,
    )


def months(asked: Question, context: Context) -> Bounds:
    """Return the local months that the window touches, as days since 1970."""
    return Bounds(
        None if asked.since is None else context.month(asked.since),
        None if asked.before is None else _next_month(context.month(asked.before - 1)),
    )


def rounded(asked: Question, context: Context, grain: Grain) -> Bounds:
    """Return, in microseconds, the window that rows of that grain can tell."""
    if grain == "instant":
        return instants(asked)
    within = days(asked, context) if grain == "day" else months(asked, context)
    return Bounds(_instant(within.first, context), _instant(within.end, context))


def _next_month(first_day: int) -> int:
    later = _EPOCH + timedelta(days=first_day + 31)
    return (later.replace(day=1) - _EPOCH).days


def _instant(day: int | None, context: Context) -> int | None:
    return None if day is None else start_of_day((_EPOCH + timedelta(days=day)).isoformat(), context.zone)
