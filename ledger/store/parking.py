"""Customers that are set aside, because an event of theirs cannot be read or projected."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, text

from ledger.store.read_model import LIVE, PARKED, versioned


def count_parked(connection: Connection, version: int | None = LIVE) -> int:
    """Return how many customers are parked."""
    return int(connection.execute(text(f"SELECT count(*) FROM {versioned(PARKED, version)}")).scalar_one())


def park(
    connection: Connection,
    aside: Mapping[int, tuple[int, str]],
    recovered: Collection[int],
    now: int,
    version: int | None,
) -> None:
    """Set aside customers whose events cannot be projected (position, reason), and take back the `recovered`."""
    table = versioned(PARKED, version)
    for customer in sorted({*aside, *recovered}):
        connection.execute(text(f"DELETE FROM {table} WHERE customer = :customer"), {"customer": customer})
    if aside:
        connection.execute(
            text(
                f"INSERT INTO {table} (customer, position, reason, parked_at) "
                "VALUES (:customer, :position, :reason, :now)"
            ),
            [
                {"customer": customer, "position": position, "reason": reason, "now": now}
                for customer, (position, reason) in aside.items()
            ],
        )
