"""Buying: orders, payments, contracts."""

from __future__ import annotations

from ledger.events.event import Data
from ledger.events.fields import Count, Currency, FreeObjects, Instant, Key, Money
from ledger.events.vocabulary import event_types


class OrderPlaced(Data, frozen=True, kw_only=True):
    """A customer placed an order; `quantity` counts its pieces, `items` lists them in the producer's own shape."""

    type = "order.placed"

    value: Money | None = None
    currency: Currency | None = None
    quantity: Count | None = None
    items: FreeObjects | None = None


class OrderApproved(Data, frozen=True, kw_only=True):
    """An order was approved."""

    type = "order.approved"


class OrderShipped(Data, frozen=True, kw_only=True):
    """An order left for the customer."""

    type = "order.shipped"


class OrderDelivered(Data, frozen=True, kw_only=True):
    """An order reached the customer; `promised_at` is when it was promised for."""

    type = "order.delivered"

    promised_at: Instant | None = None


class OrderCancelled(Data, frozen=True, kw_only=True):
    """An order was cancelled."""

    type = "order.cancelled"


class PaymentSettled(Data, frozen=True, kw_only=True):
    """A payment was settled; `due_at` is when it was due."""

    type = "payment.settled"

    amount: Money | None = None
    currency: Currency | None = None
    method: Key | None = None
    due_at: Instant | None = None


class PaymentFailed(Data, frozen=True, kw_only=True):
    """A payment failed."""

    type = "payment.failed"

    amount: Money | None = None
    currency: Currency | None = None
    method: Key | None = None


class ContractStarted(Data, frozen=True, kw_only=True):
    """Work on a contract with the customer started."""

    type = "contract.started"


class ContractRegistered(Data, frozen=True, kw_only=True):
    """A contract was registered in the company's books."""

    type = "contract.registered"


class ContractActivated(Data, frozen=True, kw_only=True):
    """A contract came into force."""

    type = "contract.activated"


TYPES = event_types(
    "purchase",
    OrderPlaced,
    OrderApproved,
    OrderShipped,
    OrderDelivered,
    OrderCancelled,
    PaymentSettled,
    PaymentFailed,
    ContractStarted,
    ContractRegistered,
    ContractActivated,
)
