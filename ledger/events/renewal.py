"""Going on: renewals, upgrades, downgrades, lapses."""

from __future__ import annotations

from ledger.events.event import Data
from ledger.events.fields import Key
from ledger.events.vocabulary import event_types


class RenewalOffered(Data, frozen=True, kw_only=True):
    """A renewal was offered to a customer."""

    type = "renewal.offered"

    offer: Key | None = None


class ContractRenewed(Data, frozen=True, kw_only=True):
    """A contract was renewed for a term (an ISO 8601 duration such as P12M)."""

    type = "contract.renewed"

    term: Key | None = None


class ContractUpgraded(Data, frozen=True, kw_only=True):
    """A contract was exchanged for a larger one."""

    type = "contract.upgraded"


class ContractDowngraded(Data, frozen=True, kw_only=True):
    """A contract was exchanged for a smaller one."""

    type = "contract.downgraded"


class ContractLapsed(Data, frozen=True, kw_only=True):
    """A contract ran out without being renewed."""

    type = "contract.lapsed"


TYPES = event_types("renewal", RenewalOffered, ContractRenewed, ContractUpgraded, ContractDowngraded, ContractLapsed)
