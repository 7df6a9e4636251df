"""Handovers: every time a file or an interaction passes from one department to another, and how long that took.

All events with one case_id are one file, and the interactions that name it are part of it; an interaction without a
case is on its own. A handover is either an event in another department than the last one known (feedback that is
dispatched is in the department it is dispatched to), or an `interaction.handed_over` that names whom it goes to; the
change of department that follows an announced handover is the same handover. It waits from the last event of the
department that gave it away to the first of the one that received it; an announced one from its announcement to the
next event of the interaction, None until there is one. It bounces when it goes back to a department that gave the same
file or interaction away before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from ledger.events.event import Data, RecordedEvent
from ledger.events.interaction import InteractionHandedOver
from ledger.events.vocabulary import EventType
from ledger.events.voice import FeedbackDispatched
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch
from ledger.projections.shape import COMPANY, Column, Projection, Row

Event = RecordedEvent[Data]

HANDED_OVER = "interaction.handed_over"
DISPATCHED = "feedback.dispatched"

KINDS = ("", "interaction", "application", "order", "feedback", "case")
"""What a file may be, from the least telling on; of several it is the most telling."""


class Handover(Struct, array_like=True, gc=False):
    """One handover; `case_id` and `interaction_id` say what was handed over, `wait` in microseconds."""

    source: str
    event_id: str
    case_id: str
    interaction_id: str
    giver: str
    receiver: str
    at: int
    stage: str
    cycle: int
    channel: str
    segments: str
    bounced: bool
    announced: bool
    wait: int | None = None


class Thread(Struct, array_like=True, gc=False):
    """A file or an interaction: the last department known and its last event, and who gave it away so far.

    `expected` is the department an announced handover goes to, and `expected_in` the interaction of it, until an
    event in another department shows that it went.
    """

    department: str = ""
    at: int = 0
    gave: list[str] = []
    expected: str = ""
    expected_in: str | None = None


class HandoversState(Struct, array_like=True, gc=False):
    """One customer's files and interactions on their own, by id, and the handovers of all of them.

    `kinds` are places in KINDS, by case_id; `linked` the case of each interaction that named one; `pending` the place
    of each announced handover that nothing followed yet, by interaction.
    """

    files: dict[str, Thread] = {}
    interactions: dict[str, Thread] = {}
    kinds: dict[str, int] = {}
    linked: dict[str, str] = {}
    handovers: list[Handover] = []
    pending: dict[str, int] = {}


class HandoversFold:
    """Follows the department of every file and interaction."""

    def __init__(self, context: Context) -> None:
        self._kinds = {t.name: _kind(t) for t in context.vocabulary.values()}

    def initial(self) -> HandoversState:
        return HandoversState()

    def evolve(self, state: HandoversState, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            for event in stretch.events:
                if event.case_id is not None or event.interaction_id is not None or event.type == HANDED_OVER:
                    self._follow(state, event, stretch)

    def _follow(self, state: HandoversState, event: Event, stretch: Stretch) -> None:
        case_id = _file_of(state, event)
        kind = self._kinds[event.type]
        if kind and case_id is not None and kind > state.kinds.get(case_id, 0):
            state.kinds[case_id] = kind
        if state.pending and event.interaction_id is not None:
            taken_up = state.pending.pop(event.interaction_id, None)
            if taken_up is not None:
                handover = state.handovers[taken_up]
                handover.wait = event.at - handover.at
        if event.type == HANDED_OVER and cast(InteractionHandedOver, event.data).to is not None:
            _announce(state, event, case_id, stretch)
            return
        department = event.department
        if event.type == DISPATCHED:
            department = cast(FeedbackDispatched, event.data).department or department
        if department is not None:
            _move(state, event, department, case_id, stretch)

    def rows(self, state: HandoversState) -> list[Row]:
        return [_row(state, handover) for handover in state.handovers]


def _kind(event_type: EventType) -> int:
    if event_type.company:
        return KINDS.index("case") if event_type.family == "support" else 0
    noun = event_type.name.partition(".")[0]
    return KINDS.index(noun) if noun in KINDS else 0


def _file_of(state: HandoversState, event: Event) -> str | None:
    """Return the case of an event: its own, or the one that an earlier event of its interaction named."""
    case_id, interaction_id = event.case_id, event.interaction_id
    if interaction_id is None:
        return case_id
    if case_id is None:
        return state.linked.get(interaction_id)
    state.linked[interaction_id] = case_id
    return case_id


def _thread(state: HandoversState, event: Event, case_id: str | None) -> Thread:
    threads, name = state.files, case_id
    if name is None:
        threads, name = state.interactions, event.interaction_id or f"{event.source}/{event.event_id}"
    thread = threads.get(name)
    if thread is None:
        thread = threads[name] = Thread()
    return thread


def _move(state: HandoversState, event: Event, department: str, case_id: str | None, stretch: Stretch) -> None:
    """Take an event in a department: it is a handover where another department had the thread before."""
    thread = _thread(state, event, case_id)
    giver = thread.department
    if department != giver and giver:
        if _is_expected(thread, event, department):
            thread.expected, thread.expected_in = "", None
            _give(thread, giver)
        else:
            _hand_over(state, thread, event, case_id, (giver, department), stretch)
            state.handovers[-1].wait = event.at - thread.at
    thread.department, thread.at = department, event.at


def _is_expected(thread: Thread, event: Event, department: str) -> bool:
    """Say whether this change of department is the one that was announced."""
    if not thread.expected:
        return False
    same = thread.expected_in is not None and thread.expected_in == event.interaction_id
    return same or department == thread.expected


def _announce(state: HandoversState, event: Event, case_id: str | None, stretch: Stretch) -> None:
    """Take a handover that was announced; one from a department to itself is none."""
    data = cast(InteractionHandedOver, event.data)
    receiver = data.to or ""
    thread = _thread(state, event, case_id)
    giver = data.from_ or thread.department or ""
    if not thread.department and (giver or event.department):
        thread.department, thread.at = giver or event.department or "", event.at
    if giver == receiver:
        return
    _hand_over(state, thread, event, case_id, (giver, receiver), stretch)
    state.handovers[-1].announced = True
    thread.expected, thread.expected_in = receiver, event.interaction_id
    if event.interaction_id is not None:
        state.pending[event.interaction_id] = len(state.handovers) - 1


def _hand_over(
    state: HandoversState, thread: Thread, event: Event, case_id: str | None, between: tuple[str, str], stretch: Stretch
) -> None:
    giver, receiver = between
    state.handovers.append(
        Handover(
            event.source,
            event.event_id,
            case_id or "",
            event.interaction_id or "",
            giver,
            receiver,
            event.at,
            stretch.stage or "",
            stretch.cycle,
            event.channel or "",
            stretch.segments,
            receiver in thread.gave,
            announced=False,
        )
    )
    _give(thread, giver)


def _give(thread: Thread, giver: str) -> None:
    if giver and giver not in thread.gave:
        thread.gave.append(giver)


def _row(state: HandoversState, handover: Handover) -> Row:
    kind = KINDS[state.kinds.get(handover.case_id, 0)] if handover.case_id else "interaction"
    return (
        handover.source,
        handover.event_id,
        kind,
        handover.case_id,
        handover.interaction_id,
        handover.giver,
        handover.receiver,
        handover.at,
        handover.wait,
        int(handover.bounced),
        int(handover.announced),
        handover.stage,
        handover.cycle,
        handover.channel,
        handover.segments,
    )


IGNORED = frozenset(
    {
        "identity",
        "interaction.scheduled", "interaction.started", "interaction.message_sent", "interaction.completed",
        "interaction.abandoned", "opportunity.unsupported",
        "survey.sent", "survey.responded", "feedback.received", "feedback.resolved", "feedback.communicated",
        "awareness", "consideration", "purchase", "onboarding", "use", "support", "renewal", "advocacy",
        "termination", "winback", "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here, but for the kind of file that their name makes."""

HANDOVERS: Projection[HandoversState] = Projection(
    name="handovers",
    version=2,
    columns=(
        Column("source", "text"),
        Column("event_id", "text"),
        Column("kind", "text"),
        Column("case_id", "text"),
        Column("interaction_id", "text"),
        Column("from_department", "text"),
        Column("to_department", "text"),
        Column("at", "instant"),
        Column("wait", "integer", nullable=True),
        Column("bounced", "integer"),
        Column("announced", "integer"),
        Column("stage", "text"),
        Column("cycle", "integer"),
        Column("channel", "text"),
        Column("segments", "json"),
    ),
    key=("source", "event_id"),
    state=HandoversState,
    bind=HandoversFold,
    handles=frozenset({HANDED_OVER, DISPATCHED}),
    ignores=IGNORED,
)
