"""Channel history: for each channel, when a customer was on it, how often, how it went, and the switches.

Touchpoints on an unknown channel are the row ''. What is counted is counted on the event's own channel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import cast

from msgspec import Struct, field

from ledger.events.contacts import is_contact, is_touchpoint
from ledger.events.event import Data, RecordedEvent
from ledger.events.identity import PreferenceSet
from ledger.events.interaction import InteractionCompleted
from ledger.events.vocabulary import EventType
from ledger.events.voice import SurveyResponded
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch
from ledger.projections.amounts import UNIT, nearest_ten_thousandth
from ledger.projections.canonical import canonical
from ledger.projections.ratings import scale
from ledger.projections.shape import COMPANY, Column, Projection, Row
from ledger.projections.switching import Contact, follow


class Usage(Struct, array_like=True, gc=False):
    """What one customer did on one channel; `ratings` are [n, sum in 1/10,000] per `metric|scale`."""

    first_at: int
    last_at: int
    touchpoints: int = 0
    inbound: int = 0
    outbound: int = 0
    started: int = 0
    completed: int = 0
    abandoned: int = 0
    switches_in: int = 0
    switches_out: int = 0
    outcomes: dict[str, int] = {}
    ratings: dict[str, list[int]] = {}


class ChannelsState(Struct, array_like=True):
    """Every channel one customer was on ('' unknown), their latest contact, and the channel they prefer."""

    usage: dict[str, Usage] = {}
    contact: Contact = field(default_factory=Contact)
    preferred: str | None = None


Event = RecordedEvent[Data]

Meaning = Callable[[ChannelsState, Usage, Event], None]
"""Adds to a state, and to a usage in it, what a touchpoint of some type means beside having been one."""


class ChannelsFold:
    """Counts touchpoints by channel, and switches between the channels of consecutive contacts."""

    def __init__(self, context: Context) -> None:
        # One lookup an event: what a touchpoint means beside.
        self._meanings = {t.name: _meanings(t) for t in context.vocabulary.values() if is_touchpoint(t)}
        self._assistance = context.assistance

    def initial(self) -> ChannelsState:
        return ChannelsState()

    def evolve(self, state: ChannelsState, stretches: Sequence[Stretch]) -> None:
        meanings_of, usages = self._meanings.get, state.usage
        for event in chain.from_iterable(stretch.events for stretch in stretches):
            meanings = meanings_of(event.type)
            if meanings is not None:
                usage = usages.get(event.channel or "") or _new(usages, event)
                usage.last_at = event.at
                usage.touchpoints += 1
                direction = event.direction
                if direction == "inbound":
                    usage.inbound += 1
                elif direction == "outbound":
                    usage.outbound += 1
                for meaning in meanings:
                    meaning(state, usage, event)
                if event.outcome is not None:
                    _conclude(usage, event.outcome)
            elif event.type == "preference.set":
                state.preferred = cast(PreferenceSet, event.data).preferred_channel

    def rows(self, state: ChannelsState) -> list[Row]:
        return [self._row(channel, usage, state.preferred) for channel, usage in state.usage.items()]

    def _row(self, channel: str, usage: Usage, preferred: str | None) -> Row:
        assistance = self._assistance(channel)
        return (
            channel,
            usage.first_at,
            usage.last_at,
            usage.touchpoints,
            usage.inbound,
            usage.outbound,
            usage.touchpoints - usage.inbound - usage.outbound,
            usage.touchpoints if assistance == "assisted" else 0,
            usage.touchpoints if assistance == "unassisted" else 0,
            usage.started,
            usage.completed,
            usage.abandoned,
            canonical(usage.outcomes),
            _ratings(usage) if usage.ratings else "{}",
            usage.switches_in,
            usage.switches_out,
            None if preferred is None else int(preferred == channel),
        )


def _ratings(usage: Usage) -> str:
    return canonical({name: [n, _plain(total)] for name, (n, total) in usage.ratings.items()})


def _plain(total: int) -> int | float:
    return total / UNIT if total % UNIT else total // UNIT


def _conclude(usage: Usage, outcome: str) -> None:
    usage.outcomes[outcome] = usage.outcomes.get(outcome, 0) + 1


def _meanings(event_type: EventType) -> tuple[Meaning, ...]:
    contact: tuple[Meaning, ...] = (_contact,) if is_contact(event_type) else ()
    return (*contact, MEANINGS[event_type.name]) if event_type.name in MEANINGS else contact


def _new(usages: dict[str, Usage], event: Event) -> Usage:
    usage = usages[event.channel or ""] = Usage(event.at, event.at)
    return usage


def _contact(state: ChannelsState, usage: Usage, event: Event) -> None:
    if event.channel is not None:
        previous = follow(state.contact, event, event.channel)
        if previous and previous != event.channel:
            usage.switches_in += 1
            state.usage[previous].switches_out += 1


def _started(_: ChannelsState, usage: Usage, __: Event) -> None:
    usage.started += 1


def _completed(_: ChannelsState, usage: Usage, event: Event) -> None:
    usage.completed += 1
    outcome = cast(InteractionCompleted, event.data).outcome
    if outcome is not None and event.outcome is None:
        _conclude(usage, outcome)


def _abandoned(_: ChannelsState, usage: Usage, __: Event) -> None:
    usage.abandoned += 1


def _rated(_: ChannelsState, usage: Usage, event: Event) -> None:
    survey = cast(SurveyResponded, event.data)
    rating = usage.ratings.setdefault(f"{survey.metric}|{scale(survey)}", [0, 0])
    rating[0] += 1
    rating[1] += nearest_ten_thousandth(survey.score)


MEANINGS: dict[str, Meaning] = {
    "interaction.started": _started,
    "interaction.completed": _completed,
    "interaction.abandoned": _abandoned,
    "survey.responded": _rated,
}

IGNORED = frozenset(
    {
        "customer.registered", "customer.identified", "customer.merged", "customer.unmerged",
        "customer.segment_assigned", "value.assessed", "consent.granted", "consent.withdrawn", "customer.erased",
        "interaction.scheduled", "interaction.message_sent", "interaction.handed_over", "opportunity.unsupported",
        "survey.sent", "feedback.received", "feedback.dispatched", "feedback.resolved", "feedback.communicated",
        "awareness", "consideration", "purchase", "onboarding", "use", "support", "renewal", "advocacy",
        "termination", "winback", "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

CHANNELS: Projection[ChannelsState] = Projection(
    name="channel_history",
    version=2,
    columns=(
        Column("channel", "text"),
        Column("first_at", "instant"),
        Column("last_at", "instant"),
        Column("touchpoints", "integer"),
        Column("inbound", "integer"),
        Column("outbound", "integer"),
        Column("undirected", "integer"),
        Column("assisted", "integer"),
        Column("unassisted", "integer"),
        Column("started", "integer"),
        Column("completed", "integer"),
        Column("abandoned", "integer"),
        Column("outcomes", "json"),
        Column("ratings", "json"),
        Column("switches_in", "integer"),
        Column("switches_out", "integer"),
        Column("preferred", "integer", nullable=True),
    ),
    key=("channel",),
    state=ChannelsState,
    bind=ChannelsFold,
    handles=frozenset({"preference.set", *MEANINGS}),
    ignores=IGNORED,
)
