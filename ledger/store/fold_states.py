"""The states of the folds, kept by customer and version of the read model, to go on from."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, text

from ledger.store.read_model import STATES, versioned
from ledger.store.rows import chunks

CHUNK = 500


def load_states(connection: Connection, customers: Collection[int], version: int) -> dict[int, bytes]:
    """Return the stored fold states of some customers."""
    table = versioned(STATES, version)
    states: dict[int, bytes] = {}
    for chunk in chunks(sorted(customers), CHUNK):
        numbers = ", ".join(str(int(customer)) for customer in chunk)
        found = connection.execute(text(f"SELECT customer, state FROM {table} WHERE customer IN ({numbers})"))
        states.update((customer, bytes(state)) for customer, state in found)
    return states


def save_states(connection: Connection, states: Mapping[int, bytes], gone: Collection[int], version: int) -> None:
    """Keep the fold states of customers, and drop those of customers that are `gone`."""
    table = versioned(STATES, version)
    if gone:
        connection.execute(
            text(f"DELETE FROM {table} WHERE customer = :customer"), [{"customer": customer} for customer in gone]
        )
    if states:
        connection.execute(
            text(
                f"INSERT INTO {table} (customer, state) VALUES (:customer, :state) "
                "ON CONFLICT (customer) DO UPDATE SET state = excluded.state"
            ),
            [{"customer": customer, "state": state} for customer, state in states.items()],
        )
