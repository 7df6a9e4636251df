"""Who the customer is: registration, identifiers, links between records, segments, value, preference, consent."""

from __future__ import annotations

from msgspec import field

from ledger.events.event import Data
from ledger.events.fields import Currency, Instant, Key, Money, PersonalKey, PersonalText, Text
from ledger.events.vocabulary import event_types


class CustomerRegistered(Data, frozen=True, kw_only=True):
    """A customer was registered in the source's records."""

    type = "customer.registered"


class CustomerIdentified(Data, frozen=True, kw_only=True):
    """A customer was identified by a value (an e-mail address, a card number) within a namespace."""

    type = "customer.identified"
    required = ("value",)

    namespace: Key
    value: PersonalKey | None = None


class CustomerMerged(Data, frozen=True, kw_only=True):
    """Two customer records turned out to be one person: `from` lives on in `into`."""

    type = "customer.merged"
    required = ("from", "into")

    from_: PersonalKey | None = field(default=None, name="from")
    into: PersonalKey | None = None
    evidence: PersonalText | None = None


class CustomerUnmerged(Data, frozen=True, kw_only=True):
    """A merge turned out to be wrong; `source` and `event_id` name the event that merged."""

    type = "customer.unmerged"

    source: Key
    event_id: Key
    why: Text | None = None


class CustomerSegmentAssigned(Data, frozen=True, kw_only=True):
    """A customer was placed in a segment of a scheme, from `valid_from` on when given."""

    type = "customer.segment_assigned"

    scheme: Key
    segment: Key
    valid_from: Instant | None = None


class ValueAssessed(Data, frozen=True, kw_only=True):
    """The value of a customer was assessed, by a model when named."""

    type = "value.assessed"

    amount: Money
    currency: Currency
    model: Key | None = None


class PreferenceSet(Data, frozen=True, kw_only=True):
    """A customer said which channel they prefer."""

    type = "preference.set"

    preferred_channel: Key


class ConsentGranted(Data, frozen=True, kw_only=True):
    """A customer consented to a purpose."""

    type = "consent.granted"

    purpose: Key


class ConsentWithdrawn(Data, frozen=True, kw_only=True):
    """A customer withdrew consent to a purpose."""

    type = "consent.withdrawn"

    purpose: Key


class CustomerErased(Data, frozen=True, kw_only=True):
    """A customer's personal data was erased; nothing more is recorded of them without a new consent."""

    type = "customer.erased"


TYPES = event_types(
    "identity",
    CustomerRegistered,
    CustomerIdentified,
    CustomerMerged,
    CustomerUnmerged,
    CustomerSegmentAssigned,
    ValueAssessed,
    PreferenceSet,
    ConsentGranted,
    ConsentWithdrawn,
    CustomerErased,
)
