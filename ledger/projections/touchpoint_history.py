"""Touchpoint history: where, when and how often a customer met each touchpoint, and what went wrong there.

A touchpoint is called by its touchpoint_id, an obstacle without one by the step it was hit at, any other event by its
type. A row counts the encounters of one month and place that went the same way: well (trouble ''), or wrong; of one
direction, and alike on the channel that the customer preferred then (`preferred`), on an `other`, or '' where either
is unknown. Those of them whose type is a touchpoint are its `touchpoints`: the rest only name one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from msgspec import Struct

from ledger.events.contacts import is_touchpoint
from ledger.events.event import Data, RecordedEvent
from ledger.events.identity import PreferenceSet
from ledger.events.interaction import InteractionCompleted
from ledger.events.use import ObstacleHit
from ledger.events.voice import FeedbackReceived, SurveyResponded
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch
from ledger.projections.ratings import scale
from ledger.projections.shape import COMPANY, Column, Projection, Row

Event = RecordedEvent[Data]

Trouble = tuple[str, str]
"""What went wrong, and what caused it; '' where nothing did, and where nobody said."""

Cell = tuple[int, str, str, str, str, str, str, str, str, str]
"""The key of a row: month, touchpoint, stage, channel, department, segments, trouble, cause, direction, preferred."""


class Met(Struct, array_like=True, gc=False):
    """The encounters of one cell: the first, the last, how many, and how many of them are touchpoints."""

    first_at: int
    last_at: int
    n: int
    touchpoints: int


class TouchpointsState(Struct, array_like=True, gc=False):
    """The encounters of one customer by their cell."""

    cells: dict[Cell, Met] = {}
    preferred: str | None = None


class TouchpointsFold:
    """Adds each encounter to the cell of its month, place and trouble."""

    def __init__(self, context: Context) -> None:
        # One lookup an event: whether it is a touchpoint (0, 1), and what tells its trouble; the record meets nobody.
        self._roles = {
            t.name: (int(is_touchpoint(t)), TROUBLES.get(t.name))
            for t in context.vocabulary.values()
            if t.family not in ("identity", "control")
        }
        self._month_around = context.month_around

    def initial(self) -> TouchpointsState:
        return TouchpointsState()

    def evolve(self, state: TouchpointsState, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            self._stay(state, stretch)

    def _stay(self, state: TouchpointsState, stretch: Stretch) -> None:
        """Add the encounters of a stretch."""
        role_of, cells = self._roles.get, state.cells
        stage, segments = stretch.stage or "", stretch.segments
        month = begin = end = 0
        for event in stretch.events:
            role = role_of(event.type)
            if role is None:
                if event.type == "preference.set":
                    state.preferred = cast(PreferenceSet, event.data).preferred_channel
                continue
            touchpoint, trouble = role
            name = event.touchpoint_id
            if name is None:
                if not touchpoint:
                    continue
                name = event.type if trouble is None else named(event)
            went, cause = WELL if trouble is None else trouble(event)
            at, channel, preferred = event.at, event.channel, state.preferred
            if not begin <= at < end:
                month, begin, end = self._month_around(at)
            suits = "" if preferred is None or channel is None else "preferred" if channel == preferred else "other"
            cell = (
                month, name, stage, channel or "", event.department or "", segments, went, cause,
                event.direction or "", suits,
            )  # fmt: skip
            met = cells.get(cell)
            if met is None:
                cells[cell] = Met(at, at, 1, touchpoint)
            else:
                met.last_at = at
                met.n += 1
                met.touchpoints += touchpoint

    def rows(self, state: TouchpointsState) -> list[Row]:
        return [(*cell, met.first_at, met.last_at, met.n, met.touchpoints) for cell, met in state.cells.items()]


def named(event: Event) -> str:
    """Return what the touchpoint of an event is called."""
    if event.touchpoint_id is not None:
        return event.touchpoint_id
    if event.type == "obstacle.hit":
        return cast(ObstacleHit, event.data).step or event.type
    return event.type


WELL: Trouble = ("", "")

LOW = {("nps", "0-10"): 6, ("csat", "1-5"): 2, ("ces", "1-7"): 3}
"""The highest score that is low, by metric and scale; on any other scale no rating is called low."""


def _obstacle(event: Event) -> Trouble:
    return "obstacle", cast(ObstacleHit, event.data).cause or ""


def _not_achieved(event: Event) -> Trouble:
    return ("not_achieved", "") if cast(InteractionCompleted, event.data).objective_achieved is False else WELL


def _complaint(event: Event) -> Trouble:
    """Return whether feedback about this touchpoint is negative; about none in particular it says nothing of one."""
    if event.touchpoint_id is None:
        return WELL
    data = cast(FeedbackReceived, event.data)
    negative = data.kind == "complaint" or (data.sentiment is not None and data.sentiment < 0)
    return ("negative_feedback", "") if negative else WELL


def _low_rating(event: Event) -> Trouble:
    if event.touchpoint_id is None:
        return WELL
    survey = cast(SurveyResponded, event.data)
    highest = LOW.get((survey.metric, scale(survey)))
    return ("low_rating", "") if highest is not None and survey.score <= highest else WELL


TROUBLES: dict[str, Callable[[Event], Trouble]] = {
    "obstacle.hit": _obstacle,
    "interaction.abandoned": lambda _: ("abandoned", ""),
    "interaction.completed": _not_achieved,
    "payment.failed": lambda _: ("payment_failed", ""),
    "opportunity.unsupported": lambda _: ("unsupported", ""),
    "feedback.received": _complaint,
    "survey.responded": _low_rating,
}
"""What an event of some types says went wrong at its touchpoint."""

IGNORED = frozenset(
    {
        "customer.registered", "customer.identified", "customer.merged", "customer.unmerged",
        "customer.segment_assigned", "value.assessed",
        "consent.granted", "consent.withdrawn", "customer.erased",
        "order.placed", "order.approved", "order.shipped", "order.delivered", "order.cancelled", "payment.settled",
        "contract.started", "contract.registered", "contract.activated", "usage.recorded", "experience.highlighted",
        "interaction.scheduled", "interaction.started", "interaction.message_sent", "interaction.handed_over",
        "survey.sent", "feedback.dispatched", "feedback.resolved", "feedback.communicated",
        "awareness", "consideration", "onboarding", "support", "renewal", "advocacy", "termination", "winback",
        "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

TOUCHPOINTS: Projection[TouchpointsState] = Projection(
    name="touchpoint_history",
    version=2,
    columns=(
        Column("period", "date"),
        Column("touchpoint", "text"),
        Column("stage", "text"),
        Column("channel", "text"),
        Column("department", "text"),
        Column("segments", "json"),
        Column("trouble", "text"),
        Column("cause", "text"),
        Column("direction", "text"),
        Column("preferred", "text"),
        Column("first_at", "instant"),
        Column("last_at", "instant"),
        Column("n", "integer"),
        Column("touchpoints", "integer"),
    ),
    key=(
        "period",
        "touchpoint",
        "stage",
        "channel",
        "department",
        "segments",
        "trouble",
        "cause",
        "direction",
        "preferred",
    ),
    state=TouchpointsState,
    bind=TouchpointsFold,
    handles=frozenset({"preference.set", *TROUBLES}),
    ignores=IGNORED,
)
