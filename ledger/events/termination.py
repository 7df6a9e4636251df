"""Leaving: requests, attempts to keep the customer, ends of contracts."""

from __future__ import annotations

from ledger.events.event import Data
from ledger.events.fields import Key, Text
from ledger.events.vocabulary import event_types


class TerminationRequested(Data, frozen=True, kw_only=True):
    """The end of a contract was asked for."""

    type = "termination.requested"

    reason: Text | None = None
    voluntary: bool | None = None


class RetentionAttempted(Data, frozen=True, kw_only=True):
    """The company tried to keep a customer, with an offer when named."""

    type = "retention.attempted"

    offer: Key | None = None


class ContractTerminated(Data, frozen=True, kw_only=True):
    """A contract ended for a reason, which belongs to a category, by the customer's will or not."""

    type = "contract.terminated"

    reason: Text | None = None
    category: Key | None = None
    voluntary: bool | None = None


TYPES = event_types("termination", TerminationRequested, RetentionAttempted, ContractTerminated)
