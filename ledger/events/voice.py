"""The voice of the customer: surveys and feedback, and what the company did with it."""

from __future__ import annotations

from typing import Literal

from ledger.events.event import Data
from ledger.events.fields import Key, Metric, Number, PersonalText, Sentiment
from ledger.events.vocabulary import event_types


class SurveySent(Data, frozen=True, kw_only=True):
    """A survey was sent to a customer."""

    type = "survey.sent"

    metric: Metric | None = None


class SurveyResponded(Data, frozen=True, kw_only=True):
    """A customer answered a survey with a score on a scale; high is good (easy, for ces) unless `high_is` says bad."""

    type = "survey.responded"

    metric: Metric
    score: Number
    scale_min: Number
    scale_max: Number
    high_is: Literal["good", "bad"] | None = None
    comment: PersonalText | None = None


class FeedbackReceived(Data, frozen=True, kw_only=True):
    """A customer gave feedback; its tone carries the method and version that measured it."""

    type = "feedback.received"

    kind: Literal["complaint", "compliment", "suggestion"]
    theme: Key | None = None
    sentiment: Sentiment | None = None
    sentiment_method: Key | None = None
    sentiment_version: Key | None = None
    text: PersonalText | None = None


class FeedbackDispatched(Data, frozen=True, kw_only=True):
    """Feedback was dispatched to the department that can act on it."""

    type = "feedback.dispatched"

    department: Key | None = None


class FeedbackResolved(Data, frozen=True, kw_only=True):
    """What a customer's feedback was about was resolved."""

    type = "feedback.resolved"

    resolution: Key | None = None


class FeedbackCommunicated(Data, frozen=True, kw_only=True):
    """The customer was told what came of their feedback."""

    type = "feedback.communicated"

    channel: Key | None = None


TYPES = event_types(
    "voice",
    SurveySent,
    SurveyResponded,
    FeedbackReceived,
    FeedbackDispatched,
    FeedbackResolved,
    FeedbackCommunicated,
)
