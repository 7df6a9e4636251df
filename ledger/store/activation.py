"""Which version of the read model stands behind the plain names: views, exchanged in one transaction."""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from ledger.errors import InvalidArgument
from ledger.projections import PROJECTIONS
from ledger.store.read_model import PARKED, versioned

UNDEFINED_TABLE = "42P01"
OTHER_COLUMNS = "42P16"
STILL_NEEDED = "2BP01"

SHORTEST = 0.05
"""Seconds that readers are waited for at first, and who comes meanwhile waits with them."""

NAMES = (*(projection.name for projection in PROJECTIONS), PARKED)
"""The plain names, each a view of the live version's table."""


def show(connection: Connection, version: int, wait: float = SHORTEST) -> None:
    """Put a version behind the plain names; on PostgreSQL rights given on them stay, and views made on top of them.

    Raises LedgerBusy where readers are in the middle of them for longer than `wait` seconds: who comes meanwhile
    waits no longer than that. Raises InvalidArgument where columns go that another view shows.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{int(wait * 1000)}ms'"))
    for name in NAMES:
        shown = f'VIEW "{name}" AS SELECT * FROM "{versioned(name, version)}"'
        if connection.dialect.name == "postgresql" and _replaced(connection, shown):
            continue
        try:
            connection.execute(text(f'DROP VIEW IF EXISTS "{name}"'))
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != STILL_NEEDED:
                raise
            raise InvalidArgument(
                f"the columns of {name} are others in version {version}, and a view of your own shows the former: "
                "drop that view, activate, and make it again"
            ) from error
        connection.execute(text(f"CREATE {shown}"))


def _replaced(connection: Connection, shown: str) -> bool:
    """Exchange what stands behind a view; say whether that could be, which other columns forbid."""
    try:
        with connection.begin_nested():
            connection.execute(text(f"CREATE OR REPLACE {shown}"))
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != OTHER_COLUMNS:
            raise
        return False
    return True


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
