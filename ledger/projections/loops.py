"""Loops: how one kind of a file goes, from its opening over its answer to its end, one step after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast

from msgspec import Struct

from ledger.events.event import Data, RecordedEvent
from ledger.events.instants import instant
from ledger.events.purchase import OrderDelivered
from ledger.events.vocabulary import EventType
from ledger.events.voice import FeedbackDispatched, FeedbackReceived

Event = RecordedEvent[Data]

CaseKind = Literal["case", "feedback", "order", "application"]

NOUNS: dict[str, CaseKind] = {
    "case": "case",
    "feedback": "feedback",
    "order": "order",
    "application": "application",
}


class Loop(Struct, array_like=True, gc=False):
    """How one kind of a file went, in instants; None is not yet, or never.

    `early_answer_at` is the latest answer before the opening, `claimed_at` the first event that presupposes an
    opening, `waiting_since` when a wait for the customer began that has not ended, `settled` whether the loop
    stands resolved or closed. `awaiting_customer` is the time spent so; of it `awaited_response` fell before the
    first response, `awaited_first` before the first resolution, `awaited_last` before the last. `dispatched_to` is
    the department that was first dispatched to, `with_department` the latest; `unplaced` counts dispatches to
    nobody knows whom.
    """

    opened_at: int | None = None
    first_response_at: int | None = None
    dispatched_at: int | None = None
    resolved_first_at: int | None = None
    resolved_last_at: int | None = None
    closed_at: int | None = None
    communicated_at: int | None = None
    promised_at: int | None = None
    reopened: int = 0
    reassigned: int = 0
    escalated: int = 0
    awaiting_customer: int = 0
    subject: str = ""
    early_answer_at: int | None = None
    claimed_at: int | None = None
    waiting_since: int | None = None
    settled: bool = False
    awaited_response: int = 0
    awaited_first: int = 0
    awaited_last: int = 0
    theme: str = ""
    dispatches: int = 0
    redispatched: int = 0
    unplaced: int = 0
    dispatched_to: str = ""
    with_department: str = ""


def kind_of(event_type: EventType) -> CaseKind | None:
    """Return the kind of file that events of a type belong to."""
    if event_type.company:
        return "case" if event_type.family == "support" else None
    return NOUNS.get(event_type.name.partition(".")[0])


def step(loop: Loop, event: Event) -> None:
    """Take an event of the loop's own kind."""
    if loop.waiting_since is not None:
        loop.awaiting_customer += event.at - loop.waiting_since
        loop.waiting_since = None
    if event.type in ANSWERS:
        answer(loop, event.at)
    take = STEPS.get(event.type)
    if take is not None:
        take(loop, event)


def answer(loop: Loop, at: int) -> None:
    """Take that somebody of the company answered; what came before the opening answers nothing."""
    if loop.opened_at is None:
        loop.early_answer_at = at
    elif loop.first_response_at is None:
        loop.first_response_at = at
        # A message is no step of the file: the wait it falls into goes on, but the part before it is over.
        waited = 0 if loop.waiting_since is None else at - loop.waiting_since
        loop.awaited_response = loop.awaiting_customer + waited


def sent_elsewhere(loop: Loop) -> int | None:
    """Return how often the loop was dispatched to another department than before; None where nobody can tell."""
    if not loop.redispatched and loop.unplaced and loop.dispatches > 1:
        return None
    return loop.redispatched


def out_of_order(loop: Loop) -> bool:
    """Say whether the loop was resolved, dispatched or communicated before it was opened, or without an opening."""
    claimed, opened = loop.claimed_at, loop.opened_at
    return claimed is not None and (opened is None or claimed < opened)


def _opened(loop: Loop, event: Event) -> None:
    if loop.opened_at is None:
        loop.opened_at = event.at
        # Within one instant (often a whole day) the order of the fold says nothing about which came first.
        if loop.early_answer_at == event.at:
            loop.first_response_at = event.at
            loop.awaited_response = loop.awaiting_customer


def _received(loop: Loop, event: Event) -> None:
    _opened(loop, event)
    data = cast(FeedbackReceived, event.data)
    loop.subject = loop.subject or data.kind
    loop.theme = loop.theme or data.theme or ""


def _claim(loop: Loop, at: int) -> None:
    if loop.claimed_at is None:
        loop.claimed_at = at


def _dispatched(loop: Loop, event: Event) -> None:
    _claim(loop, event.at)
    if loop.dispatched_at is None:
        loop.dispatched_at = event.at
    loop.dispatches += 1
    department = cast(FeedbackDispatched, event.data).department or event.department
    if not department:
        loop.unplaced += 1
        return
    if loop.with_department and department != loop.with_department:
        loop.redispatched += 1
    loop.dispatched_to = loop.dispatched_to or department
    loop.with_department = department


def _resolved(loop: Loop, event: Event) -> None:
    _claim(loop, event.at)
    if loop.resolved_first_at is None:
        loop.resolved_first_at = event.at
        loop.awaited_first = loop.awaiting_customer
    loop.resolved_last_at = event.at
    loop.awaited_last = loop.awaiting_customer
    loop.settled = True


def _delivered(loop: Loop, event: Event) -> None:
    promised_at = cast(OrderDelivered, event.data).promised_at
    if loop.resolved_first_at is None and promised_at is not None:
        # The first delivery is held against its own promise, not against that of a later one.
        loop.promised_at = instant(promised_at)
    _resolved(loop, event)


def _communicated(loop: Loop, event: Event) -> None:
    _claim(loop, event.at)
    if loop.communicated_at is None:
        loop.communicated_at = event.at


def _closed(loop: Loop, event: Event) -> None:
    loop.closed_at = event.at
    loop.settled = True


def _reopened(loop: Loop, _: Event) -> None:
    loop.reopened += 1
    loop.settled = False


def _reassigned(loop: Loop, _: Event) -> None:
    loop.reassigned += 1


def _escalated(loop: Loop, _: Event) -> None:
    loop.escalated += 1


def _awaiting_customer(loop: Loop, event: Event) -> None:
    if not loop.settled:
        loop.waiting_since = event.at


STEPS: dict[str, Callable[[Loop, Event], None]] = {
    "case.opened": _opened,
    "case.reassigned": _reassigned,
    "case.awaiting_customer": _awaiting_customer,
    "case.escalated": _escalated,
    "case.resolved": _resolved,
    "case.reopened": _reopened,
    "case.closed": _closed,
    "feedback.received": _received,
    "feedback.dispatched": _dispatched,
    "feedback.resolved": _resolved,
    "feedback.communicated": _communicated,
    "order.placed": _opened,
    "order.delivered": _delivered,
    "order.cancelled": _closed,
    "application.declined": _closed,
    "application.cancelled": _closed,
}

ANSWERED = frozenset({"case", "feedback"})
"""The kinds that someone answers; an order and an application have no first response."""

ANSWERS = frozenset(
    {
        "case.triaged", "case.assigned", "case.in_progress", "case.escalated", "case.resolved",
        "feedback.dispatched", "feedback.resolved", "feedback.communicated",
    }
)  # fmt: skip
"""What counts as the first response to a case or to feedback, beside an outbound message by an agent or a
partner within the file."""
