"""Payments: every payment that settled or failed, with when it was due and ordered; and every order not yet paid.

A payment belongs to the order with the same case_id: the first `order.placed` of that case. An order of a case without
any settled payment is a row too; an order without a case_id is none, because which payment is its cannot be known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from ledger.events.event import Data, RecordedEvent
from ledger.events.instants import instant
from ledger.events.purchase import OrderPlaced, PaymentFailed, PaymentSettled
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch
from ledger.projections.amounts import ten_thousandths
from ledger.projections.shape import COMPANY, Column, Projection, Row

Event = RecordedEvent[Data]


class Payment(Struct, array_like=True, gc=False):
    """One payment, or one order that may have none; `amount` is in 1/10,000, `at` when it occurred."""

    source: str
    event_id: str
    at: int
    kind: str
    case_id: str
    due_at: int | None
    amount: int | None
    currency: str
    method: str
    stage: str
    cycle: int
    channel: str
    department: str
    segments: str


class PaymentsState(Struct, array_like=True):
    """One customer's payments in the order of the fold, and the first order of each case."""

    payments: list[Payment] = []
    orders: dict[str, Payment] = {}


class PaymentsFold:
    """Keeps each payment and each order with where the journey stood."""

    def __init__(self, context: Context) -> None:
        pass

    def initial(self) -> PaymentsState:
        return PaymentsState()

    def evolve(self, state: PaymentsState, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            for event in stretch.events:
                kind = KINDS.get(event.type)
                if kind == "unpaid":
                    if event.case_id is not None and event.case_id not in state.orders:
                        state.orders[event.case_id] = _order(event, stretch)
                elif kind is not None:
                    state.payments.append(_payment(kind, event, stretch))

    def rows(self, state: PaymentsState) -> list[Row]:
        paid = {payment.case_id for payment in state.payments if payment.kind == "settled"}
        unpaid = [order for case_id, order in state.orders.items() if case_id not in paid]
        return [_row(payment, state.orders) for payment in (*state.payments, *unpaid)]


def _order(event: Event, stretch: Stretch) -> Payment:
    order = cast(OrderPlaced, event.data)
    return _kept("unpaid", event, stretch, order.value, order.currency)


def _payment(kind: str, event: Event, stretch: Stretch) -> Payment:
    data = cast(PaymentSettled | PaymentFailed, event.data)
    payment = _kept(kind, event, stretch, data.amount, data.currency)
    payment.method = data.method or ""
    if isinstance(data, PaymentSettled) and data.due_at is not None:
        payment.due_at = instant(data.due_at)
    return payment


def _kept(kind: str, event: Event, stretch: Stretch, amount: str | None, currency: str | None) -> Payment:
    return Payment(
        event.source,
        event.event_id,
        event.at,
        kind,
        event.case_id or "",
        None,
        None if amount is None else ten_thousandths(amount),
        currency or "",
        "",
        stretch.stage or "",
        stretch.cycle,
        event.channel or "",
        event.department or "",
        stretch.segments,
    )


def _row(payment: Payment, orders: dict[str, Payment]) -> Row:
    order = orders.get(payment.case_id)
    return (
        payment.source,
        payment.event_id,
        payment.at,
        payment.kind,
        payment.case_id,
        None if order is None else order.at,
        payment.due_at,
        payment.amount,
        payment.currency,
        payment.method,
        payment.stage,
        payment.cycle,
        payment.channel,
        payment.department,
        payment.segments,
    )


KINDS = {"order.placed": "unpaid", "payment.settled": "settled", "payment.failed": "failed"}

IGNORED = frozenset(
    {
        "identity",
        "order.approved", "order.shipped", "order.delivered", "order.cancelled",
        "contract.started", "contract.registered", "contract.activated",
        "awareness", "consideration", "onboarding", "use", "interaction", "support", "voice", "renewal", "advocacy",
        "termination", "winback", "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

PAYMENTS: Projection[PaymentsState] = Projection(
    name="payments",
    version=2,
    columns=(
        Column("source", "text"),
        Column("event_id", "text"),
        Column("at", "instant"),
        Column("kind", "text"),
        Column("case_id", "text"),
        Column("ordered_at", "instant", nullable=True),
        Column("due_at", "instant", nullable=True),
        Column("amount", "integer", nullable=True),
        Column("currency", "text"),
        Column("method", "text"),
        Column("stage", "text"),
        Column("cycle", "integer"),
        Column("channel", "text"),
        Column("department", "text"),
        Column("segments", "json"),
    ),
    key=("source", "event_id"),
    state=PaymentsState,
    bind=PaymentsFold,
    handles=frozenset({*KINDS}),
    ignores=IGNORED,
    sparse=True,
)
