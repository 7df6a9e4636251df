"""Which version of the read model stands behind the plain names: views, exchanged in one transaction."""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from ledger.projections import PROJECTIONS
from ledger.store.read_model import PARKED, versioned

UNDEFINED_TABLE = "42P01"

NAMES = (*(projection.name for projection in PROJECTIONS), PARKED)
"""The plain names, each a view of the live version's table."""


def show(connection: Connection, version: int) -> None:
    """Put a version behind the plain names.

    Raises LedgerBusy where readers are in the middle of them: who comes meanwhile waits for a twentieth of a second.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
    for name in NAMES:
        connection.execute(text(f'DROP VIEW IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE VIEW "{name}" AS SELECT * FROM "{versioned(name, version)}"'))


def hold(connection: Connection) -> None:
    """Keep the plain names from being exchanged until the transaction ends; ask it first in one that reads them.

    PostgreSQL finds a view by the name it has now, and its rows by the snapshot: a table put in place after the
    snapshot was taken would be empty to it. A lock takes no snapshot. SQLite's snapshot holds the names too.
    """
    if connection.dialect.name != "postgresql":
        return
    names = ", ".join(f'"{name}"' for name in NAMES)
    try:
        with connection.begin_nested():
            connection.execute(text(f"LOCK TABLE {names} IN ACCESS SHARE MODE"))
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != UNDEFINED_TABLE:
            raise
