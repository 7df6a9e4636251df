"""A customer's journey: where they stand, and every visit, folded from the log now."""

from __future__ import annotations

from typing import Any

from msgspec.json import decode

from ledger.projections.position import POSITION
from ledger.projections.visits import VISITS
from ledger.queries.figure_row import iso
from ledger.queries.folded import Row, fold_customer
from ledger.schemas.definitions import Definitions
from ledger.store.log import NOW, Until
from ledger.store.store import Store

UNIT = 10_000
"""How many parts of a currency unit a cost is counted in."""


def journey(
    store: Store, customer_id: str, until: Until = NOW, definitions: Definitions | None = None
) -> dict[str, Any]:
    """Return `customer_id`, `journey_position` and `visits`, as of a time, as known at one, by another journey.

    The position has stage, entered_at, cycle, transition, rule, evidence, overlays, segments and the totals; a
    visit track, stage, entered_at, left_at, cycle, transition, skipped, rule, evidence, touchpoints, channels,
    minutes, cost. Times are ISO 8601 in UTC, evidence a list of {source, event_id}, cost {currency: amount}.
    A customer of whom nothing had happened stands in no stage. Raises CustomerNotFound, Undecodable.
    """
    folded = fold_customer(store, customer_id, (POSITION, VISITS), until, definitions)
    positions = folded.rows[POSITION.name]
    return {
        "customer_id": folded.customer_id,
        "journey_position": _position(positions[0]) if positions else dict(NOWHERE),
        "visits": [_visit(row) for row in folded.rows[VISITS.name]],
    }


NOWHERE: dict[str, Any] = {
    "stage": None,
    "entered_at": None,
    "cycle": 1,
    "transition": None,
    "rule": None,
    "evidence": [],
    "overlays": [],
    "segments": {},
    "first_at": None,
    "last_at": None,
    "last_event": None,
    "last_channel": None,
    "events": 0,
    "touchpoints": 0,
}
"""The position of a customer of whom nothing has happened yet."""


def _position(row: Row) -> dict[str, Any]:
    return {
        "stage": row["stage"],
        "entered_at": iso(row["entered_at"]),
        "cycle": row["cycle"],
        "transition": row["transition"],
        "rule": row["rule"],
        "evidence": evidence(decode(row["evidence"])),
        "overlays": [
            {
                "stage": overlay["stage"],
                "entered_at": iso(overlay["entered_at"]),
                "evidence": evidence(overlay["evidence"]),
            }
            for overlay in decode(row["overlays"])
        ],
        "segments": decode(row["segments"]),
        "first_at": iso(row["first_at"]),
        "last_at": iso(row["last_at"]),
        "last_event": {"source": row["last_source"], "event_id": row["last_event_id"], "type": row["last_type"]},
        "last_channel": row["last_channel"] or None,
        "events": row["events"],
        "touchpoints": row["touchpoints"],
    }


def _visit(row: Row) -> dict[str, Any]:
    return {
        "track": row["track"],
        "stage": row["stage"],
        "entered_at": iso(row["entered_at"]),
        "left_at": iso(row["left_at"]),
        "cycle": row["cycle"],
        "transition": row["transition"],
        "skipped": decode(row["skipped"]),
        "rule": row["rule"],
        "evidence": evidence(decode(row["evidence"])),
        "touchpoints": row["touchpoints"],
        "channels": decode(row["channels"]),
        "minutes": row["minutes"],
        "cost": {currency: amount / UNIT for currency, amount in decode(row["cost"]).items()},
    }


def evidence(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    """Return the events that prove an entry, each as {source, event_id}."""
    return [{"source": source, "event_id": event_id} for source, event_id in pairs]
