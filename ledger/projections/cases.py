"""Cases: every problem file, feedback loop, order and application of a customer, from its opening to its end.

All events that carry one case_id are one file. A file is a row of kind `case` once a `case.*` event (or a type
that a company declared in the support family) is in it, and of kind `feedback`, `order` or `application` once a
`feedback.*`, `order.*` or `application.*` event is; it may be several. Without a case_id an event that opens, or
that ends what it does not name (resolved, dispatched, delivered, communicated), is a file of its own called
`source/event_id`; any other belongs to no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from ledger.events.contacts import is_contact
from ledger.events.interaction import InteractionCompleted
from ledger.events.onboarding import InformationRequested
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch
from ledger.projections.loops import (
    ANSWERED,
    STEPS,
    CaseKind,
    Event,
    Loop,
    answer,
    kind_of,
    out_of_order,
    sent_elsewhere,
    step,
)
from ledger.projections.requests import asking
from ledger.projections.shape import COMPANY, Column, Projection, Row


class File(Struct, array_like=True, gc=False):
    """All that carries one case_id: what the kinds share, and the loop of each kind that it is.

    `messaged_at` is the latest message that may answer a loop whose first step is yet to come. `contacts` counts
    the contacts of the file, those of one interaction (`interactions` has their ids) once; `contact_channel` is
    the known channel of the latest of them and `switches` how often that changed; `repeated` counts what was
    asked for again, `underway` and `given` being the requests of the file as `asking` keeps them.
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
    contacts: int = 0
    interactions: dict[str, bool] = {}
    contact_channel: str = ""
    switches: int = 0
    repeated: int = 0
    underway: dict[str, int] = {}
    given: dict[str, int] = {}


class CasesState(Struct, array_like=True, gc=False):
    """Every file of one customer, by case_id."""

    files: dict[str, File] = {}


class CasesFold:
    """Puts each event into the file it names."""

    def __init__(self, context: Context) -> None:
        types = context.vocabulary.values()
        self._kinds = {known.name: kind for known in types if (kind := kind_of(known)) is not None}
        self._contacts = frozenset(known.name for known in types if is_contact(known))

    def initial(self) -> CasesState:
        return CasesState()

    def evolve(self, state: CasesState, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            for event in stretch.events:
                case_id, kind = event.case_id, event.type
                if case_id is not None:
                    self._file(state, case_id, event, stretch)
                elif kind in ALONE:
                    self._file(state, f"{event.source}/{event.event_id}", event, stretch)

    def _file(self, state: CasesState, case_id: str, event: Event, stretch: Stretch) -> None:
        file = _put(state, case_id, event, stretch)
        if event.type in self._contacts:
            _contact(file, event)
        kind = self._kinds.get(event.type)
        if kind is not None:
            loop = file.loops.get(kind)
            if loop is None:
                loop = file.loops[kind] = Loop(early_answer_at=file.messaged_at if kind in ANSWERED else None)
            step(loop, event)
        elif event.type == "interaction.message_sent":
            _message(file, event)

    def rows(self, state: CasesState) -> list[Row]:
        return [
            _row(kind, case_id, file, loop)
            for case_id, file in state.files.items()
            for kind, loop in file.loops.items()
        ]


def _put(state: CasesState, case_id: str, event: Event, stretch: Stretch) -> File:
    department = event.department or ""
    file = state.files.get(case_id)
    if file is None:
        file = state.files[case_id] = File(
            event.at, event.at, event.channel or "", department, stretch.stage or "", stretch.segments, department
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


def _contact(file: File, event: Event) -> None:
    interaction, channel = event.interaction_id, event.channel
    if interaction is None:
        file.contacts += 1
    elif interaction not in file.interactions:
        file.contacts += 1
        file.interactions[interaction] = True
    if channel is not None and channel != file.contact_channel:
        # A contact on an unknown channel neither switches nor hides a switch.
        file.switches += 1 if file.contact_channel else 0
        file.contact_channel = channel
    if event.type == "interaction.completed":
        file.repeated += cast(InteractionCompleted, event.data).repeated_information is True
    elif event.type == "information.requested":
        request = cast(InformationRequested, event.data)
        asked = asking(file.underway, file.given, request, event.at)
        # A further step of a request asks for nothing again.
        file.repeated += not set(asked).isdisjoint(request.already_held or ())


def _message(file: File, event: Event) -> None:
    if event.direction == "outbound" and event.actor is not None and event.actor.type in ("agent", "partner"):
        file.messaged_at = event.at
        for kind, loop in file.loops.items():
            if kind in ANSWERED:
                answer(loop, event.at)


def _row(kind: CaseKind, case_id: str, file: File, loop: Loop) -> Row:
    return (
        kind,
        case_id,
        loop.opened_at,
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
        int(out_of_order(loop)),
        int(loop.settled),
        loop.waiting_since,
        loop.awaited_response,
        loop.awaited_first,
        loop.awaited_last,
        loop.theme,
        loop.dispatches,
        sent_elsewhere(loop),
        loop.dispatched_to,
        file.contacts,
        file.switches,
        file.repeated,
    )


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
        "interaction.message_sent", "interaction.completed", "information.requested",
        "case.triaged", "case.assigned", "case.in_progress", "case.awaiting_third_party", "case.awaiting_internal",
        "case.progressed", "order.approved", "order.shipped", "application.progressed",
        *STEPS,
    }
)  # fmt: skip

IGNORED = frozenset(
    {
        "identity",
        "payment.settled", "payment.failed", "contract.started", "contract.registered", "contract.activated",
        "interaction.scheduled", "interaction.started", "interaction.handed_over", "interaction.abandoned",
        "opportunity.unsupported", "onboarding.started", "onboarding.completed",
        "work.scheduled", "work.started", "work.completed", "survey.sent", "survey.responded",
        "lead.qualified", "need.expressed", "need.met", "need.unmet", "question.asked",
        "offer.created", "offer.made", "offer.responded", "offer.accepted", "offer.declined", "offer.withdrawn",
        "awareness", "use", "renewal", "advocacy", "termination", "winback",
        "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

CASES: Projection[CasesState] = Projection(
    name="cases",
    version=4,
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
        Column("settled", "integer"),
        Column("waiting_since", "instant", nullable=True),
        Column("awaited_response", "integer"),
        Column("awaited_first", "integer"),
        Column("awaited_last", "integer"),
        Column("theme", "text"),
        Column("dispatches", "integer"),
        Column("redispatched", "integer", nullable=True),
        Column("dispatched_to", "text"),
        Column("contacts", "integer"),
        Column("switches", "integer"),
        Column("repeated", "integer"),
    ),
    key=("kind", "case_id"),
    state=CasesState,
    bind=CasesFold,
    handles=HANDLED,
    ignores=IGNORED,
)
