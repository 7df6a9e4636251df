"""What channel_history says of all customers, channel by channel."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from ledger.projections.channels import CHANNELS
from ledger.store.read_model import table_of

USAGES = table_of(CHANNELS)

SUMMED = (
    "touchpoints",
    "inbound",
    "outbound",
    "undirected",
    "assisted",
    "unassisted",
    "started",
    "completed",
    "abandoned",
    "switches_in",
    "switches_out",
)


def channel_sums(connection: Connection) -> list[dict[str, Any]]:
    """Return each channel's customers, first_at, last_at, sums, and how many customers prefer it or another."""
    table = USAGES
    rows = connection.execute(
        select(
            table.c.channel,
            func.count().label("customers"),
            func.min(table.c.first_at).label("first_at"),
            func.max(table.c.last_at).label("last_at"),
            *(func.sum(table.c[name]).label(name) for name in SUMMED),
            func.sum(table.c.preferred).label("preferred"),
            func.count(table.c.preferred).label("with_preference"),
        ).group_by(table.c.channel)
    )
    # PostgreSQL sums 64-bit integers as decimals.
    return [
        {name: value if name == "channel" or value is None else int(value) for name, value in row.items()}
        for row in rows.mappings()
    ]


def channel_objects(connection: Connection) -> list[tuple[str, str, str, int]]:
    """Return rows of (channel, outcomes, ratings, customers): the JSON texts, and how many customers have both."""
    table = USAGES
    kept = (table.c.channel, table.c.outcomes, table.c.ratings)
    rows = connection.execute(
        select(*kept, func.count()).where((table.c.outcomes != "{}") | (table.c.ratings != "{}")).group_by(*kept)
    )
    return [(row[0], row[1], row[2], int(row[3])) for row in rows]
