"""Wire events that tests of the log append."""

from __future__ import annotations

from typing import Any

Wire = dict[str, Any]


def order(event_id: str, customer_id: str = "ada", **fields: Any) -> Wire:
    """An order; `value` goes into its data, any other field into the envelope."""
    value = fields.pop("value", "10.00")
    return {
        "event_id": event_id,
        "source": "shop",
        "type": "order.placed",
        "customer_id": customer_id,
        "occurred_at": "2024-05-01T10:00:00+02:00",
        "data": {"value": value, "currency": "EUR"},
        **fields,
    }


def fact(event_id: str, type: str, customer_id: str = "ada", data: dict[str, Any] | None = None, **fields: Any) -> Wire:
    """An event of any type."""
    return order(event_id, customer_id, type=type) | {"data": data or {}, **fields}


def merge(event_id: str, absorbed: str, into: str) -> Wire:
    """A merge of two customers, told by the customer who survives."""
    return fact(event_id, "customer.merged", into, {"from": absorbed, "into": into})


def about(event_id: str, type: str, target: Wire, **data: Any) -> Wire:
    """An event about another one: a retraction, a correction, an unmerge."""
    named = {"source": target["source"], "event_id": target["event_id"], **data}
    return fact(event_id, type, target["customer_id"], named)
