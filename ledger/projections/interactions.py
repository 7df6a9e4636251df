"""Interactions: every two-way contact, from its first event to its last, whoever took part and however it ended.

All events that carry one interaction_id are one interaction, and what it is like (stage, segments, department, case,
reason) is what its first event that says so says; its direction is that of its start. It is on the channels of its own
steps and of contacts: a survey about it that comes by e-mail does not bring in who answers e-mails. Without an
interaction_id an `interaction.completed` or `interaction.abandoned` is an interaction of its own called
`source/event_id`; any other event belongs to none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from msgspec import Struct

from ledger.events.contacts import is_contact
from ledger.events.event import Data, RecordedEvent
from ledger.events.interaction import InteractionCompleted
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch
from ledger.projections.shape import COMPANY, Column, Projection, Row

Event = RecordedEvent[Data]


class Interaction(Struct, array_like=True, gc=False):
    """One interaction; `channels` are the known ones in the order they were first used.

    `human` says that an agent or a partner acted, or an assisted channel was used; `responded_at` is the first outbound
    message, whoever sent it. `achieved` and `repeated` are what its end said, None where it did not say.
    """

    first_at: int
    last_at: int
    stage: str
    cycle: int
    segments: str
    events: int = 0
    started_at: int | None = None
    responded_at: int | None = None
    ended_at: int | None = None
    ending: str = ""
    direction: str = ""
    channels: list[str] = []
    channel: str = ""
    department: str = ""
    case_id: str = ""
    reason: str = ""
    outcome: str = ""
    achieved: bool | None = None
    repeated: bool | None = None
    human: bool = False
    handed_over: int = 0
    switches: int = 0
    messages: int = 0
    unsupported: int = 0


class InteractionsState(Struct, array_like=True, gc=False):
    """Every interaction of one customer, by its id."""

    interactions: dict[str, Interaction] = {}


class InteractionsFold:
    """Puts each event into the interaction it names."""

    def __init__(self, context: Context) -> None:
        self._assistance = context.assistance
        types = context.vocabulary.values()
        self._meets = frozenset(t.name for t in types if t.family == "interaction" or is_contact(t))

    def initial(self) -> InteractionsState:
        return InteractionsState()

    def evolve(self, state: InteractionsState, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            for event in stretch.events:
                name = event.interaction_id
                if name is not None:
                    self._add(state, name, event, stretch)
                elif event.type in ALONE:
                    self._add(state, f"{event.source}/{event.event_id}", event, stretch)

    def _add(self, state: InteractionsState, name: str, event: Event, stretch: Stretch) -> None:
        found = state.interactions.get(name)
        if found is None:
            found = state.interactions[name] = Interaction(
                event.at, event.at, stretch.stage or "", stretch.cycle, stretch.segments
            )
        found.events += 1
        found.last_at = event.at
        if event.channel is not None and event.type in self._meets:
            self._on(found, event.channel)
        _say(found, event)
        step = STEPS.get(event.type)
        if step is not None:
            step(found, event)

    def _on(self, interaction: Interaction, channel: str) -> None:
        if channel != interaction.channel:
            interaction.switches += 1 if interaction.channel else 0
            interaction.channel = channel
            if channel not in interaction.channels:
                interaction.channels.append(channel)
        if self._assistance(channel) == "assisted":
            interaction.human = True

    def rows(self, state: InteractionsState) -> list[Row]:
        return [self._row(name, interaction) for name, interaction in state.interactions.items()]

    def _row(self, name: str, interaction: Interaction) -> Row:
        entered = interaction.channels[0] if interaction.channels else ""
        return (
            name,
            interaction.first_at,
            interaction.last_at,
            interaction.started_at,
            interaction.responded_at,
            interaction.ended_at,
            interaction.ending,
            interaction.direction,
            entered,
            self._assistance(entered) or "",
            interaction.channel,
            interaction.department,
            interaction.stage,
            interaction.cycle,
            interaction.segments,
            interaction.case_id,
            interaction.reason,
            interaction.outcome,
            None if interaction.achieved is None else int(interaction.achieved),
            None if interaction.repeated is None else int(interaction.repeated),
            int(interaction.human),
            interaction.handed_over,
            interaction.switches,
            interaction.messages,
            interaction.unsupported,
            interaction.events,
        )


def _say(interaction: Interaction, event: Event) -> None:
    if not interaction.direction:
        interaction.direction = event.direction or ""
    if not interaction.department:
        interaction.department = event.department or ""
    if not interaction.case_id:
        interaction.case_id = event.case_id or ""
    if not interaction.reason:
        interaction.reason = event.reason or ""
    if event.outcome is not None:
        interaction.outcome = event.outcome
    if event.actor is not None and event.actor.type in ("agent", "partner"):
        interaction.human = True


def _started(interaction: Interaction, event: Event) -> None:
    if interaction.started_at is None:
        interaction.started_at = event.at
        interaction.direction = event.direction or interaction.direction


def _messaged(interaction: Interaction, event: Event) -> None:
    interaction.messages += 1
    if event.direction == "outbound" and interaction.responded_at is None:
        interaction.responded_at = event.at


def _handed_over(interaction: Interaction, _: Event) -> None:
    interaction.handed_over += 1


def _ended(interaction: Interaction, event: Event, ending: str) -> None:
    interaction.ended_at = event.at
    interaction.ending = ending


def _completed(interaction: Interaction, event: Event) -> None:
    data = cast(InteractionCompleted, event.data)
    _ended(interaction, event, "completed")
    if event.outcome is None and data.outcome is not None:
        interaction.outcome = data.outcome
    if data.objective_achieved is not None:
        interaction.achieved = data.objective_achieved
    if data.repeated_information is not None:
        interaction.repeated = data.repeated_information


def _abandoned(interaction: Interaction, event: Event) -> None:
    _ended(interaction, event, "abandoned")


def _unsupported(interaction: Interaction, _: Event) -> None:
    interaction.unsupported += 1


ALONE = frozenset({"interaction.completed", "interaction.abandoned"})
"""What is an interaction of its own when it carries no interaction_id."""

STEPS: dict[str, Callable[[Interaction, Event], None]] = {
    "interaction.started": _started,
    "interaction.message_sent": _messaged,
    "interaction.handed_over": _handed_over,
    "interaction.completed": _completed,
    "interaction.abandoned": _abandoned,
    "opportunity.unsupported": _unsupported,
}

IGNORED = frozenset(
    {
        "identity",
        "interaction.scheduled",
        "awareness", "consideration", "purchase", "onboarding", "use", "support", "voice", "renewal", "advocacy",
        "termination", "winback", "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

INTERACTIONS: Projection[InteractionsState] = Projection(
    name="interactions",
    version=3,
    columns=(
        Column("interaction_id", "text"),
        Column("first_at", "instant"),
        Column("last_at", "instant"),
        Column("started_at", "instant", nullable=True),
        Column("responded_at", "instant", nullable=True),
        Column("ended_at", "instant", nullable=True),
        Column("ending", "text"),
        Column("direction", "text"),
        Column("channel", "text"),
        Column("assistance", "text"),
        Column("last_channel", "text"),
        Column("department", "text"),
        Column("stage", "text"),
        Column("cycle", "integer"),
        Column("segments", "json"),
        Column("case_id", "text"),
        Column("reason", "text"),
        Column("outcome", "text"),
        Column("achieved", "integer", nullable=True),
        Column("repeated", "integer", nullable=True),
        Column("human", "integer"),
        Column("handed_over", "integer"),
        Column("switches", "integer"),
        Column("messages", "integer"),
        Column("unsupported", "integer"),
        Column("events", "integer"),
    ),
    key=("interaction_id",),
    state=InteractionsState,
    bind=InteractionsFold,
    handles=frozenset({*STEPS}),
    ignores=IGNORED,
)
