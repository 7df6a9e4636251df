"""Problem files and the work on them."""

from __future__ import annotations

from ledger.events.event import Data
from ledger.events.fields import Currency, Key, Minutes, Money
from ledger.events.vocabulary import event_types


class CaseOpened(Data, frozen=True, kw_only=True):
    """A case was opened."""

    type = "case.opened"


class CaseTriaged(Data, frozen=True, kw_only=True):
    """A case was sorted by urgency and kind."""

    type = "case.triaged"


class CaseAssigned(Data, frozen=True, kw_only=True):
    """A case was assigned for the first time; the envelope's department and actor say to whom."""

    type = "case.assigned"


class CaseReassigned(Data, frozen=True, kw_only=True):
    """A case was assigned to someone else; the envelope's department and actor say to whom."""

    type = "case.reassigned"


class CaseInProgress(Data, frozen=True, kw_only=True):
    """Work on a case began or went on."""

    type = "case.in_progress"


class CaseAwaitingCustomer(Data, frozen=True, kw_only=True):
    """A case began to wait for the customer."""

    type = "case.awaiting_customer"


class CaseAwaitingThirdParty(Data, frozen=True, kw_only=True):
    """A case began to wait for a third party."""

    type = "case.awaiting_third_party"


class CaseAwaitingInternal(Data, frozen=True, kw_only=True):
    """A case began to wait for another part of the company."""

    type = "case.awaiting_internal"


class CaseEscalated(Data, frozen=True, kw_only=True):
    """A case was escalated."""

    type = "case.escalated"


class CaseResolved(Data, frozen=True, kw_only=True):
    """A case was resolved; `resolution` says how it ended."""

    type = "case.resolved"

    resolution: Key | None = None


class CaseReopened(Data, frozen=True, kw_only=True):
    """A case that was resolved or closed was opened again."""

    type = "case.reopened"


class CaseClosed(Data, frozen=True, kw_only=True):
    """A case was closed; `resolution` says how it ended."""

    type = "case.closed"

    resolution: Key | None = None


class CaseProgressed(Data, frozen=True, kw_only=True):
    """A case passed a step of its process."""

    type = "case.progressed"

    step: Key | None = None


class WorkScheduled(Data, frozen=True, kw_only=True):
    """A piece of work for a customer was scheduled."""

    type = "work.scheduled"


class WorkStarted(Data, frozen=True, kw_only=True):
    """A piece of work for a customer started."""

    type = "work.started"


class WorkCompleted(Data, frozen=True, kw_only=True):
    """A piece of work for a customer was completed, in so many minutes and at such a cost."""

    type = "work.completed"

    minutes: Minutes | None = None
    cost: Money | None = None
    currency: Currency | None = None


TYPES = event_types(
    "support",
    CaseOpened,
    CaseTriaged,
    CaseAssigned,
    CaseReassigned,
    CaseInProgress,
    CaseAwaitingCustomer,
    CaseAwaitingThirdParty,
    CaseAwaitingInternal,
    CaseEscalated,
    CaseResolved,
    CaseReopened,
    CaseClosed,
    CaseProgressed,
    WorkScheduled,
    WorkStarted,
    WorkCompleted,
)
