"""The states of the folds, kept by customer and version of the read model, to go on from.

Beside the latest state of every customer stand, for those with many events, some of earlier instants: an event that
arrives late is folded from the nearest before it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct
from sqlalchemy.exc import ProgrammingError

from ledger.store.activation import UNDEFINED_TABLE
from ledger.store.engine import Connection
from ledger.store.read_model import EARLIER, STATES, insert_rows, run_each, states_table, versioned
from ledger.store.rows import number_lists


class EarlierState(Struct, frozen=True):
    """The state of a customer after the first `seen` events, all up to the instant `at`."""

    customer: int
    at: int
    seen: int
    state: bytes


class Mark(Struct, frozen=True):
    """That there is an earlier state: at which instant, and after how many events."""

    at: int
    seen: int


class States(Struct, frozen=True, kw_only=True):
    """What is kept of the states from now on.

    Whatever was kept of the `gone` goes first, and of the earlier ones those `dropped` (customer, at). Then `latest`
    (by customer) and `earlier` are kept.
    """

    latest: Mapping[int, bytes]
    gone: Collection[int]
    earlier: Sequence[EarlierState] = ()
    dropped: Sequence[tuple[int, int]] = ()


def hold_states(connection: Connection, version: int) -> None:
    """Keep the states of a version from being dropped until the transaction ends; ask it before anything else.

    A lock takes no snapshot; SQLite's snapshot holds the tables too. Where there are none it does nothing.
    """
    if connection.dialect.name != "postgresql":
        return
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"LOCK TABLE {versioned(STATES, version)} IN ACCESS SHARE MODE")
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != UNDEFINED_TABLE:
            raise


def load_states(connection: Connection, customers: Collection[int], version: int) -> dict[int, bytes]:
    """Return the stored fold states of some customers."""
    table = versioned(STATES, version)
    states: dict[int, bytes] = {}
    for numbers in number_lists(customers):
        found = connection.exec_driver_sql(f"SELECT customer, state FROM {table} WHERE customer IN ({numbers})")
        states.update((customer, bytes(state)) for customer, state in found)
    return states


def load_marks(connection: Connection, customer: int, version: int) -> list[Mark]:
    """Return which earlier states there are of a customer, the latest first."""
    table = versioned(EARLIER, version)
    found = connection.exec_driver_sql(
        f"SELECT at, seen FROM {table} WHERE customer = {int(customer)} ORDER BY at DESC"
    )
    return [Mark(at, seen) for at, seen in found]


def load_earlier(connection: Connection, customer: int, at: int, version: int) -> bytes:
    """Return the state of a customer at the instant of a mark."""
    table = versioned(EARLIER, version)
    found = connection.exec_driver_sql(
        f"SELECT state FROM {table} WHERE customer = {int(customer)} AND at = {int(at)}"
    ).scalar_one()
    return bytes(found)


def save_states(connection: Connection, states: States, version: int) -> None:
    """Keep states, and drop what is not to be kept."""
    latest, earlier = versioned(STATES, version), versioned(EARLIER, version)
    # PostgreSQL takes in new rows much faster than it is told of each one's place.
    renewed = connection.dialect.name == "postgresql"
    _delete_of(connection, latest, {*states.gone, *states.latest} if renewed else states.gone)
    _delete_of(connection, earlier, states.gone)
    run_each(connection, f"DELETE FROM {earlier} WHERE customer = ? AND at = ?", states.dropped)
    if renewed:
        insert_rows(connection, states_table(version), list(states.latest.items()))
    else:
        run_each(
            connection,
            f"INSERT INTO {latest} (customer, state) VALUES (?, ?) "
            "ON CONFLICT (customer) DO UPDATE SET state = excluded.state",
            states.latest.items(),
        )
    run_each(
        connection,
        f"INSERT INTO {earlier} (customer, at, seen, state) VALUES (?, ?, ?, ?)",
        [(one.customer, one.at, one.seen, one.state) for one in states.earlier],
    )


def _delete_of(connection: Connection, table: str, customers: Collection[int]) -> None:
    for numbers in number_lists(customers):
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE customer IN ({numbers})")
