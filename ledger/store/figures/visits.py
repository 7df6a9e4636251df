"""Which stages each customer entered, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from ledger.projections.visits import VISITS
from ledger.store.figures.facts import facts


def entries(connection: Connection, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return (customer, stage, entered at, *columns) of every visit on the primary track, each customer's in order."""
    named = ("customer", "stage", "entered_at", *columns)
    return facts(connection, VISITS, named, order=("customer", "number"), track="primary")
