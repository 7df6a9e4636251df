"""Cases: every problem file, feedback loop, order and application of a customer, from its opening to its end.

All events that carry one case_id are one file. A file is a row of kind `case` once a `case.*` event (or a type
that a company declared in the support family) is in it, and of kind `feedback`, `order` or `application` once a
`feedback.*`, `order.*` or `application.*` event is; it may be several. Without a case_id an event that opens, or
that ends what it does not name (resolved, dispatched, delivered, communicated), is a file of its own called
`source/event_id`; any other belongs to no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, cast

from msgspec import Struct

from ledger.events.event import Data, RecordedEvent
from ledger.events.identity import CustomerSegmentAssigned
from ledger.events.instants import instant
from ledger.events.purchase import OrderDelivered
from ledger.events.vocabulary import EventType
from ledger.events.voice import FeedbackReceived
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch
from ledger.projections.canonical import NO_SEGMENTS, with_segment
from ledger.projections.shape import COMPANY, Column, Projection, Row

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
    stands resolved or closed.
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


class File(Struct, array_like=True, gc=False):
    """All that carries one case_id: what the kinds share, and the loop of each kind that it is.

    `messaged_at` is the latest message that may answer a loop whose first step is yet to come.
    """

    first_at: int
    last_at: int
    channel: str
    department: str
    stage: str
    segments: str
    last_department: str
    reason: str = ""
    events: int = 0
    handovers: int = 0
    messaged_at: int | None = None
    loops: dict[CaseKind, Loop] = {}


class CasesState(Struct, array_like=True, gc=False):
    """Every file of one customer, by case_id."""

    files: dict[str, File] = {}
    segments: str = NO_SEGMENTS


class CasesFold:
    """Puts each event into the file it names."""

    def __init__(self, context: Context) -> None:
        self._kinds = {t.name: kind for t in context.vocabulary.values() if (kind := _kind(t)) is not None}

    def initial(self) -> CasesState:
        return CasesState()

    def evolve(self, state: CasesState, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            stage = stretch.stage or ""
            for event in stretch.events:
                case_id, kind = event.case_id, event.type
                if kind == "customer.segment_assigned":
                    data = cast(CustomerSegmentAssigned, event.data)
                    state.segments = with_segment(state.segments, data.scheme, data.segment)
                if case_id is not None:
                    self._file(state, case_id, event, stage)
                elif kind in ALONE:
                    self._file(state, f"{event.source}/{event.event_id}", event, stage)

    def _file(self, state: CasesState, case_id: str, event: Event, stage: str) -> None:
        file = _put(state, case_id, event, stage)
        kind = self._kinds.get(event.type)
        if kind is not None:
            _step(file, kind, event)
        elif event.type == "interaction.message_sent":
            _message(file, event)

    def rows(self, state: CasesState) -> list[Row]:
        return [
            _row(kind, case_id, file, loop)
            for case_id, file in state.files.items()
            for kind, loop in file.loops.items()
        ]


def _kind(event_type: EventType) -> CaseKind | None:
    if event_type.company:
        return "case" if event_type.family == "support" else None
    return NOUNS.get(event_type.name.partition(".")[0])


def _put(state: CasesState, case_id: str, event: Event, stage: str) -> File:
    department = event.department or ""
    file = state.files.get(case_id)
    if file is None:
        file = state.files[case_id] = File(
            event.at, event.at, event.channel or "", department, stage, state.segments, department
        )
    file.last_at = event.at
    file.events += 1
    if department and department != file.last_department:
        # An unknown department neither takes a file over nor hands it on.
        file.handovers += 1 if file.last_department else 0
        file.last_department = department
    if event.reason is not None and not file.reason:
        file.reason = event.reason
    return file


def _step(file: File, kind: CaseKind, event: Event) -> None:
    loop = file.loops.get(kind)
    if loop is None:
        loop = file.loops[kind] = Loop(early_answer_at=file.messaged_at if kind in ANSWERED else None)
    if loop.waiting_since is not None:
        loop.awaiting_customer += event.at - loop.waiting_since
        loop.waiting_since = None
    if event.type in ANSWERS:
        _answer(loop, event.at)
    step = STEPS.get(event.type)
    if step is not None:
        step(loop, event)


def _message(file: File, event: Event) -> None:
    if event.direction == "outbound" and event.actor is not None and event.actor.type in ("agent", "partner"):
        file.messaged_at = event.at
        for kind, loop in file.loops.items():
            if kind in ANSWERED:
                _answer(loop, event.at)


def _answer(loop: Loop, at: int) -> None:
    if loop.opened_at is None:
        loop.early_answer_at = at
    elif loop.first_response_at is None:
        loop.first_response_at = at


def _opened(loop: Loop, event: Event) -> None:
    if loop.opened_at is None:
        loop.opened_at = event.at
        # Within one instant (often a whole day) the order of the fold says nothing about which came first.
        if loop.early_answer_at == event.at:
            loop.first_response_at = event.at


def _received(loop: Loop, event: Event) -> None:
    _opened(loop, event)
    loop.subject = loop.subject or cast(FeedbackReceived, event.data).kind


def _claim(loop: Loop, at: int) -> None:
    if loop.claimed_at is None:
        loop.claimed_at = at


def _dispatched(loop: Loop, event: Event) -> None:
    _claim(loop, event.at)
    if loop.dispatched_at is None:
        loop.dispatched_at = event.at


def _resolved(loop: Loop, event: Event) -> None:
    _claim(loop, event.at)
    if loop.resolved_first_at is None:
        loop.resolved_first_at = event.at
    loop.resolved_last_at = event.at
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


def _row(kind: CaseKind, case_id: str, file: File, loop: Loop) -> Row:
    claimed, opened = loop.claimed_at, loop.opened_at
    return (
        kind,
        case_id,
        opened,
        loop.first_response_at,
        loop.dispatched_at,
        loop.resolved_first_at,
        loop.resolved_last_at,
        loop.closed_at,
        loop.communicated_at,
        loop.promised_at,
        file.first_at,
        file.last_at,
        loop.reopened,
        loop.reassigned,
        loop.escalated,
        file.handovers,
        file.events,
        loop.awaiting_customer,
        file.channel,
        file.department,
        file.stage,
        file.segments,
        file.reason,
        loop.subject,
        int(claimed is not None and (opened is None or claimed < opened)),
    )


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

ALONE = frozenset(
    {
        "case.opened", "case.resolved",
        "feedback.received", "feedback.dispatched", "feedback.resolved", "feedback.communicated",
        "order.placed", "order.delivered",
    }
)  # fmt: skip
"""What is a file of its own when it carries no case_id."""

HANDLED = frozenset(
    {
        "customer.segment_assigned", "interaction.message_sent",
        "case.triaged", "case.assigned", "case.in_progress", "case.awaiting_third_party", "case.awaiting_internal",
        "case.progressed", "order.approved", "order.shipped", "application.progressed",
        *STEPS,
    }
)  # fmt: skip

IGNORED = frozenset(
    {
        "customer.registered", "customer.identified", "customer.merged", "customer.unmerged", "value.assessed",
        "preference.set", "consent.granted", "consent.withdrawn", "customer.erased",
        "payment.settled", "payment.failed", "contract.started", "contract.registered", "contract.activated",
        "interaction.scheduled", "interaction.started", "interaction.handed_over", "interaction.completed",
        "interaction.abandoned", "opportunity.unsupported",
        "work.scheduled", "work.started", "work.completed", "survey.sent", "survey.responded",
        "lead.qualified", "need.expressed", "need.met", "need.unmet", "question.asked",
        "offer.created", "offer.made", "offer.responded", "offer.accepted", "offer.declined", "offer.withdrawn",
        "awareness", "onboarding", "use", "renewal", "advocacy", "termination", "winback",
        "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

CASES: Projection[CasesState] = Projection(
    name="cases",
    version=1,
    columns=(
        Column("kind", "text"),
        Column("case_id", "text"),
        Column("opened_at", "instant", nullable=True),
        Column("first_response_at", "instant", nullable=True),
        Column("dispatched_at", "instant", nullable=True),
        Column("resolved_first_at", "instant", nullable=True),
        Column("resolved_last_at", "instant", nullable=True),
        Column("closed_at", "instant", nullable=True),
        Column("communicated_at", "instant", nullable=True),
        Column("promised_at", "instant", nullable=True),
        Column("first_at", "instant"),
        Column("last_at", "instant"),
        Column("reopened", "integer"),
        Column("reassigned", "integer"),
        Column("escalated", "integer"),
        Column("handovers", "integer"),
        Column("events", "integer"),
        Column("awaiting_customer", "integer"),
        Column("channel", "text"),
        Column("department", "text"),
        Column("stage", "text"),
        Column("segments", "json"),
        Column("reason", "text"),
        Column("subject", "text"),
        Column("out_of_order", "integer"),
    ),
    key=("kind", "case_id"),
    state=CasesState,
    bind=CasesFold,
    handles=HANDLED,
    ignores=IGNORED,
)
