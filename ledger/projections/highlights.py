"""Highlights: every experience that stood out, and what the customer did before it and after it.

Of each kind of act the row keeps the last one strictly before and the first one strictly after: within one instant
(often a whole day) the order of the fold says nothing about which came first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from msgspec import Struct

from ledger.events.event import Data, RecordedEvent
from ledger.events.voice import SurveyResponded
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch, first_met
from ledger.projections.ratings import scale
from ledger.projections.shape import COMPANY, Column, Projection, Row

Event = RecordedEvent[Data]

Mark = tuple[int, float]
"""When an act occurred, and the score of it where it is an answer, else 0."""

ACTS = {
    "order.placed": "order",
    "referral.made": "advocacy",
    "review.published": "advocacy",
    "contract.renewed": "renewal",
    "contract.upgraded": "renewal",
    "termination.requested": "leaving",
    "contract.terminated": "leaving",
    "contract.lapsed": "leaving",
    "survey.responded": "nps",
}
"""The kind of act that each type is; an answer is one where it is to the NPS question on 0–10."""

KINDS = ("order", "advocacy", "renewal", "leaving", "nps")


class Highlight(Struct, array_like=True, gc=False):
    """One experience that stood out; `before` and `after` hold the nearest act of each kind."""

    source: str
    event_id: str
    at: int
    stage: str
    cycle: int
    channel: str
    department: str
    segments: str
    before: dict[str, Mark]
    after: dict[str, Mark] = {}


class HighlightsState(Struct, array_like=True, gc=False):
    """The highlights of one customer; of each kind the last act, and the last at an earlier instant than that."""

    highlights: list[Highlight] = []
    last: dict[str, Mark] = {}
    earlier: dict[str, Mark] = {}
    first_at: int | None = None


class HighlightsFold:
    """Remembers the acts that a highlight may follow, and gives each highlight the first of those that follow it."""

    def __init__(self, context: Context) -> None:
        pass

    def initial(self) -> HighlightsState:
        return HighlightsState()

    def evolve(self, state: HighlightsState, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            if state.first_at is None:
                state.first_at = first_met(stretch.events)
            for event in stretch.events:
                kind = event.type
                if kind in ACTS:
                    _act(state, event)
                elif kind == "experience.highlighted":
                    state.highlights.append(_highlight(state, event, stretch))

    def rows(self, state: HighlightsState) -> list[Row]:
        return [_row(highlight, state.first_at) for highlight in state.highlights]


def _act(state: HighlightsState, event: Event) -> None:
    score = 0.0
    if event.type == "survey.responded":
        survey = cast(SurveyResponded, event.data)
        if survey.metric != "nps" or scale(survey) != "0-10":
            return
        score = float(survey.score)
    kind, mark = ACTS[event.type], (event.at, score)
    last = state.last.get(kind)
    if last is not None and last[0] < event.at:
        state.earlier[kind] = last
    state.last[kind] = mark
    for highlight in reversed(state.highlights):
        if kind in highlight.after:
            break
        if highlight.at < event.at:
            highlight.after[kind] = mark


def _highlight(state: HighlightsState, event: Event, stretch: Stretch) -> Highlight:
    before = {}
    for kind, last in state.last.items():
        mark = last if last[0] < event.at else state.earlier.get(kind)
        if mark is not None:
            before[kind] = mark
    return Highlight(
        event.source, event.event_id, event.at, stretch.stage or "", stretch.cycle, event.channel or "",
        event.department or "", stretch.segments, before,
    )  # fmt: skip


def _row(highlight: Highlight, first_at: int | None) -> Row:
    near: list[Any] = []
    for kind in KINDS:
        before, after = highlight.before.get(kind), highlight.after.get(kind)
        near += [before and before[0], after and after[0]]
    before, after = highlight.before.get("nps"), highlight.after.get("nps")
    return (
        highlight.source,
        highlight.event_id,
        highlight.at,
        first_at,
        *near,
        before and before[1],
        after and after[1],
        highlight.stage,
        highlight.cycle,
        highlight.channel,
        highlight.department,
        highlight.segments,
    )


IGNORED = frozenset(
    {
        "identity",
        "order.approved", "order.shipped", "order.delivered", "order.cancelled", "payment.settled", "payment.failed",
        "contract.started", "contract.registered", "contract.activated", "contract.downgraded", "renewal.offered",
        "usage.recorded", "obstacle.hit", "referral.converted", "retention.attempted",
        "survey.sent", "feedback.received", "feedback.dispatched", "feedback.resolved", "feedback.communicated",
        "awareness", "consideration", "onboarding", "interaction", "support", "winback", "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

HIGHLIGHTS: Projection[HighlightsState] = Projection(
    name="highlights",
    version=3,
    columns=(
        Column("source", "text"),
        Column("event_id", "text"),
        Column("at", "instant"),
        Column("first_at", "instant"),
        *(Column(f"{kind}_{side}", "instant", nullable=True) for kind in KINDS for side in ("before", "after")),
        Column("score_before", "real", nullable=True),
        Column("score_after", "real", nullable=True),
        Column("stage", "text"),
        Column("cycle", "integer"),
        Column("channel", "text"),
        Column("department", "text"),
        Column("segments", "json"),
    ),
    key=("source", "event_id"),
    state=HighlightsState,
    bind=HighlightsFold,
    handles=frozenset({"experience.highlighted", *ACTS}),
    ignores=IGNORED,
)
