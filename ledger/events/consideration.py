"""What a customer weighs before buying: leads, needs, questions, offers, applications."""

from __future__ import annotations

from typing import Literal

from ledger.events.event import Data
from ledger.events.fields import Key
from ledger.events.vocabulary import event_types

Manner = Literal["stated", "revealed"]
"""Whether the customer said the need or their behaviour showed it."""


class LeadQualified(Data, frozen=True, kw_only=True):
    """A lead was found worth pursuing."""

    type = "lead.qualified"


class NeedExpressed(Data, frozen=True, kw_only=True):
    """A customer expressed a need (information, convenience, efficiency, price, reputation, …)."""

    type = "need.expressed"

    need: Key
    manner: Manner | None = None


class NeedMet(Data, frozen=True, kw_only=True):
    """A need of a customer was met."""

    type = "need.met"

    need: Key
    manner: Manner | None = None


class NeedUnmet(Data, frozen=True, kw_only=True):
    """A need of a customer stayed unmet."""

    type = "need.unmet"

    need: Key
    manner: Manner | None = None


class QuestionAsked(Data, frozen=True, kw_only=True):
    """A customer asked a question about a topic."""

    type = "question.asked"

    topic: Key


class OfferCreated(Data, frozen=True, kw_only=True):
    """An offer was drawn up for a customer."""

    type = "offer.created"

    offer: Key | None = None


class OfferMade(Data, frozen=True, kw_only=True):
    """An offer was put to a customer."""

    type = "offer.made"

    offer: Key | None = None


class OfferResponded(Data, frozen=True, kw_only=True):
    """A customer responded to an offer without yet accepting or declining it."""

    type = "offer.responded"

    offer: Key | None = None


class OfferAccepted(Data, frozen=True, kw_only=True):
    """A customer accepted an offer."""

    type = "offer.accepted"

    offer: Key | None = None


class OfferDeclined(Data, frozen=True, kw_only=True):
    """A customer declined an offer."""

    type = "offer.declined"

    offer: Key | None = None


class OfferWithdrawn(Data, frozen=True, kw_only=True):
    """The company took an offer back."""

    type = "offer.withdrawn"

    offer: Key | None = None


class ApplicationProgressed(Data, frozen=True, kw_only=True):
    """A customer's application moved a step on."""

    type = "application.progressed"

    step: Key | None = None


class ApplicationDeclined(Data, frozen=True, kw_only=True):
    """The company declined a customer's application."""

    type = "application.declined"


class ApplicationCancelled(Data, frozen=True, kw_only=True):
    """A customer's application was cancelled."""

    type = "application.cancelled"


TYPES = event_types(
    "consideration",
    LeadQualified,
    NeedExpressed,
    NeedMet,
    NeedUnmet,
    QuestionAsked,
    OfferCreated,
    OfferMade,
    OfferResponded,
    OfferAccepted,
    OfferDeclined,
    OfferWithdrawn,
    ApplicationProgressed,
    ApplicationDeclined,
    ApplicationCancelled,
)
