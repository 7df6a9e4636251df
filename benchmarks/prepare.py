"""How fast an event is prepared for the log, against the marshmallow schema it must agree with.

The peer is the schema alone, which only checks: it makes neither header nor digest.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from ledger.events import VOCABULARY
from ledger.schemas.event import EventSchema
from ledger.schemas.prepare import Preparer

ENVELOPE: dict[str, Any] = {
    "event_id": "018f4e2a-7c5b-7def-8abc-0123456789ab",
    "source": "web",
    "customer_id": "customer-12345",
    "occurred_at": "2024-05-01T10:20:30.123+02:00",
    "channel": "web",
    "data": {},
}
EVENTS: dict[str, dict[str, Any]] = {
    "page.viewed": {"touchpoint_id": "home"},
    "order.placed": {
        "case_id": "order-1",
        "direction": "inbound",
        "actor": {"type": "customer"},
        "data": {"value": "12.50", "currency": "EUR"},
    },
    "survey.responded": {
        "actor": {"type": "agent", "id": "joe"},
        "data": {"metric": "csat", "score": 4, "scale_min": 1, "scale_max": 5, "comment": "gladly again"},
    },
    "case.resolved": {"case_id": "case-1", "department": "billing", "data": {"resolution": "refunded"}},
}


def rate(act: Callable[[], object], seconds: float = 0.2, rounds: int = 5) -> float:
    """Return calls per second, the best of some rounds: a shared machine only ever takes away."""
    best = 0.0
    for _ in range(rounds):
        calls, start = 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < seconds:
            for _ in range(100):
                act()
            calls += 100
        best = max(best, calls / spent)
    return best


def main() -> None:
    preparer, schema = Preparer(VOCABULARY, ZoneInfo("UTC")), EventSchema(VOCABULARY, ZoneInfo("UTC"))
    print(f"{'type':18} {'prepared/s':>12} {'from dicts/s':>13} {'schema/s':>10} {'ratio':>7}")
    for name, more in EVENTS.items():
        event = {**ENVELOPE, "type": name, **more}
        text = json.dumps(event).encode()
        from_text = rate(lambda text=text: preparer.prepare(text, received=0))  # type: ignore[misc]  # bound at once
        from_dict = rate(lambda event=event: preparer.prepare(event, received=0))  # type: ignore[misc]  # bound at once
        checked = rate(lambda event=event: schema.problems(event))  # type: ignore[misc]  # bound at once
        print(f"{name:18} {from_text:12,.0f} {from_dict:13,.0f} {checked:10,.0f} {from_text / checked:6.0f}×")


if __name__ == "__main__":
    main()
