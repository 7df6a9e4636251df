"""Outreach: every time one side speaks first, the company by a campaign or the customer by a contact of their own.

A customer speaks first with an inbound contact that is no response to a campaign and does not go on with an
interaction that either side began. A campaign is answered by a response that names its event as the cause, or names
no known cause and the same campaign, after it and before the campaign contacts them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from ledger.events.awareness import CampaignContacted, CampaignResponded
from ledger.events.contacts import is_contact
from ledger.events.event import Data, RecordedEvent
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch, first_met
from ledger.projections.shape import COMPANY, Column, Projection, Row

Event = RecordedEvent[Data]

AROUND = 7 * 86_400_000_000
"""How long before and after a campaign's contact the customer's own contacts are counted, in microseconds."""


class Contacted(Struct, array_like=True, gc=False):
    """A campaign's contact: its row as far as it is known at once, and the customer's contacts before and after."""

    event_id: str
    at: int
    campaign: str
    row: Row
    before: int
    after: int = 0


class Response(Struct, array_like=True, gc=False):
    """A response to a campaign, and how many campaigns' contacts came before it."""

    at: int
    cause: str
    campaign: str
    contacted: int


class OutreachState(Struct, array_like=True, gc=False):
    """The outreach of one customer: campaigns' contacts, responses, and rows of the customer's own contacts.

    `recent` are the instants of the customer's contacts and `waiting` the places of campaigns' contacts that may
    still lie within AROUND of what comes. `interactions` are those already begun, each with its first instant.
    """

    contacted: list[Contacted] = []
    responses: list[Response] = []
    inbound: list[Row] = []
    recent: list[int] = []
    waiting: list[int] = []
    interactions: dict[str, int] = {}
    first_at: int | None = None


class OutreachFold:
    """Tells who speaks first, and links responses to what they answer."""

    def __init__(self, context: Context) -> None:
        contacts = {t.name for t in context.vocabulary.values() if is_contact(t)}
        self._contacts = frozenset(contacts - {"campaign.responded"})

    def initial(self) -> OutreachState:
        return OutreachState()

    def evolve(self, state: OutreachState, stretches: Sequence[Stretch]) -> None:
        contacts = self._contacts
        for stretch in stretches:
            if state.first_at is None:
                state.first_at = first_met(stretch.events)
            for event in stretch.events:
                kind = event.type
                if kind in contacts:
                    _contact(state, event, stretch)
                elif kind == "campaign.contacted":
                    _contacted(state, event, stretch)
                elif kind == "campaign.responded":
                    _responded(state, event)

    def rows(self, state: OutreachState) -> list[Row]:
        return [*_answered(state), *(tuple(row) for row in state.inbound)]


def _contact(state: OutreachState, event: Event, stretch: Stretch) -> None:
    name = event.interaction_id
    if name is not None:
        if name in state.interactions:
            return
        state.interactions[name] = event.at
    if event.direction != "inbound":
        return
    at = event.at
    place = (stretch.stage or "", stretch.cycle, event.channel or "", event.department or "", stretch.segments)
    state.inbound.append(
        (event.source, event.event_id, at, "inbound", "", "", "", *place, None, None, state.first_at, None, None)
    )
    state.recent.append(at)
    if state.waiting:
        state.waiting = [number for number in state.waiting if state.contacted[number].at + AROUND >= at]
        for number in state.waiting:
            if state.contacted[number].at < at:
                state.contacted[number].after += 1


def _contacted(state: OutreachState, event: Event, stretch: Stretch) -> None:
    data, at = cast(CampaignContacted, event.data), event.at
    if event.interaction_id is not None:
        state.interactions.setdefault(event.interaction_id, at)
    state.recent = [earlier for earlier in state.recent if earlier >= at - AROUND]
    before = sum(earlier < at for earlier in state.recent)
    proactive = "" if data.proactive is None else "yes" if data.proactive else "no"
    row = (
        event.source, event.event_id, at, "outbound", data.campaign, proactive, data.trigger or "",
        stretch.stage or "", stretch.cycle, event.channel or "", event.department or "", stretch.segments,
    )  # fmt: skip
    state.waiting.append(len(state.contacted))
    state.contacted.append(Contacted(event.event_id, at, data.campaign, row, before))


def _responded(state: OutreachState, event: Event) -> None:
    data = cast(CampaignResponded, event.data)
    if event.interaction_id is not None:
        state.interactions.setdefault(event.interaction_id, event.at)
    state.responses.append(Response(event.at, event.causation_id or "", data.campaign or "", len(state.contacted)))


def _answered(state: OutreachState) -> list[Row]:
    caused = {contacted.event_id: number for number, contacted in enumerate(state.contacted)}
    first: dict[int, int] = {}
    named: dict[int, int] = {}
    for response in state.responses:
        number = caused.get(response.cause)
        if number is not None:
            named.setdefault(number, response.at)
        else:
            number = _latest(state.contacted, response)
        if number is not None:
            first.setdefault(number, response.at)
    return [
        (
            *contacted.row,
            first.get(number),
            named.get(number),
            state.first_at,
            contacted.before,
            contacted.after,
        )
        for number, contacted in enumerate(state.contacted)
    ]


def _latest(contacted: list[Contacted], response: Response) -> int | None:
    """Return the place of the latest contact before the response by the campaign that it names."""
    if response.campaign:
        for number in range(response.contacted - 1, -1, -1):
            if contacted[number].campaign == response.campaign:
                return number
    return None


IGNORED = frozenset(
    {
        "identity",
        "page.viewed", "lead.qualified", "need.expressed", "need.met", "need.unmet",
        "offer.created", "offer.made", "offer.accepted", "offer.declined", "offer.withdrawn",
        "application.progressed", "application.declined", "application.cancelled",
        "onboarding.started", "onboarding.completed", "interaction.scheduled",
        "case.triaged", "case.assigned", "case.reassigned", "case.in_progress",
        "case.awaiting_customer", "case.awaiting_third_party", "case.awaiting_internal", "case.escalated",
        "case.resolved", "case.closed", "case.progressed", "work.scheduled", "work.started", "work.completed",
        "survey.sent", "survey.responded", "feedback.dispatched", "feedback.resolved", "contract.terminated",
        "purchase", "use", "renewal", "advocacy", "winback", "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

CONTACTS = frozenset(
    {
        "touchpoint.occurred", "question.asked", "offer.responded", "information.requested",
        "interaction.started", "interaction.message_sent", "interaction.handed_over",
        "interaction.completed", "interaction.abandoned", "opportunity.unsupported",
        "case.opened", "case.reopened", "feedback.received", "feedback.communicated",
        "termination.requested", "retention.attempted",
    }
)  # fmt: skip
"""The contacts of the vocabulary; a company's own type is one where `events/contacts.py` says so."""

OUTREACH: Projection[OutreachState] = Projection(
    name="outreach",
    version=4,
    columns=(
        Column("source", "text"),
        Column("event_id", "text"),
        Column("at", "instant"),
        Column("direction", "text"),
        Column("campaign", "text"),
        Column("proactive", "text"),
        Column("trigger", "text"),
        Column("stage", "text"),
        Column("cycle", "integer"),
        Column("channel", "text"),
        Column("department", "text"),
        Column("segments", "json"),
        Column("responded_at", "instant", nullable=True),
        Column("cause_responded_at", "instant", nullable=True),
        Column("first_at", "instant"),
        Column("contacts_before", "integer", nullable=True),
        Column("contacts_after", "integer", nullable=True),
    ),
    key=("source", "event_id"),
    state=OutreachState,
    bind=OutreachFold,
    handles=frozenset({"campaign.contacted", "campaign.responded", *CONTACTS}),
    ignores=IGNORED,
)
