"""Getting started: onboarding, and the information asked for on the way."""

from __future__ import annotations

from typing import Literal

from ledger.events.event import Data
from ledger.events.fields import Keys
from ledger.events.vocabulary import event_types


class OnboardingStarted(Data, frozen=True, kw_only=True):
    """A customer's onboarding started."""

    type = "onboarding.started"


class OnboardingCompleted(Data, frozen=True, kw_only=True):
    """A customer's onboarding was completed."""

    type = "onboarding.completed"


class InformationRequested(Data, frozen=True, kw_only=True):
    """The company asked a customer for the named fields, some of which it may have held already."""

    type = "information.requested"

    fields: Keys
    already_held: Keys | None = None
    lifecycle: Literal["scheduled", "started", "completed"] | None = None


TYPES = event_types("onboarding", OnboardingStarted, OnboardingCompleted, InformationRequested)
