"""Speaking for the company: referrals and reviews."""

from __future__ import annotations

from ledger.events.event import Data
from ledger.events.fields import Number, PersonalKey
from ledger.events.vocabulary import event_types


class ReferralMade(Data, frozen=True, kw_only=True):
    """A customer referred someone, named by their customer key when it is known."""

    type = "referral.made"

    to: PersonalKey | None = None


class ReferralConverted(Data, frozen=True, kw_only=True):
    """Someone whom the customer referred became a customer."""

    type = "referral.converted"


class ReviewPublished(Data, frozen=True, kw_only=True):
    """A customer published a review, with a score on a scale when given."""

    type = "review.published"

    score: Number | None = None
    scale_min: Number | None = None
    scale_max: Number | None = None


TYPES = event_types("advocacy", ReferralMade, ReferralConverted, ReviewPublished)
