"""Answers: every rating a customer gave, as it was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from ledger.events.event import Data, RecordedEvent
from ledger.events.voice import SurveyResponded
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch
from ledger.projections.ratings import scale
from ledger.projections.shape import COMPANY, Column, Projection, Row

Event = RecordedEvent[Data]


class AnswersState(Struct, array_like=True, gc=False):
    """The rows of one customer's answers, in the order of the fold."""

    answers: list[Row] = []


class AnswersFold:
    """Keeps each answer with where the journey stood."""

    def __init__(self, context: Context) -> None:
        pass

    def initial(self) -> AnswersState:
        return AnswersState()

    def evolve(self, state: AnswersState, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            for event in stretch.events:
                if event.type == "survey.responded":
                    state.answers.append(_row(event, stretch))

    def rows(self, state: AnswersState) -> list[Row]:
        return [tuple(row) for row in state.answers]


def _row(event: Event, stretch: Stretch) -> Row:
    survey = cast(SurveyResponded, event.data)
    return (
        event.source,
        event.event_id,
        event.at,
        survey.metric,
        scale(survey),
        float(survey.score),
        stretch.stage or "",
        stretch.cycle,
        event.channel or "",
        event.department or "",
        stretch.segments,
        event.case_id or "",
        event.interaction_id or "",
    )


IGNORED = frozenset(
    {
        "identity",
        "survey.sent", "feedback.received", "feedback.dispatched", "feedback.resolved", "feedback.communicated",
        "awareness", "consideration", "purchase", "onboarding", "use", "interaction", "support", "renewal",
        "advocacy", "termination", "winback", "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

ANSWERS: Projection[AnswersState] = Projection(
    name="answers",
    version=2,
    columns=(
        Column("source", "text"),
        Column("event_id", "text"),
        Column("at", "instant"),
        Column("metric", "text"),
        Column("scale", "text"),
        Column("score", "real"),
        Column("stage", "text"),
        Column("cycle", "integer"),
        Column("channel", "text"),
        Column("department", "text"),
        Column("segments", "json"),
        Column("case_id", "text"),
        Column("interaction_id", "text"),
    ),
    key=("source", "event_id"),
    state=AnswersState,
    bind=AnswersFold,
    handles=frozenset({"survey.responded"}),
    ignores=IGNORED,
    sparse=True,
)
