"""Which version of the tables a database has: create, bring up to date, or say in one sentence what is wrong."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from ledger.errors import LedgerIncompatible, LedgerMissing
from ledger.store.engine import LEDGER_TABLE, no_ledger_in

HEAD = "0002"
"""The revision this code reads and writes; a test holds it equal to Alembic's own head."""

MIGRATIONS = Path(__file__).parent / "migrations"

UPGRADING = 0x6C6564676572
"""The number of the lock that whoever makes or upgrades a ledger holds: "ledger" in ASCII."""


def require_current(connection: Connection, address: str) -> None:
    """Check that the database holds a ledger of this version.

    Raises LedgerMissing for an empty database, LedgerIncompatible for a foreign, older or newer one.
    """
    tables = inspect(connection).get_table_names()
    if "alembic_version" not in tables or LEDGER_TABLE not in tables:
        if not tables:
            raise LedgerMissing(f"there is no ledger at {address} yet: make one with `customer-ledger init`")
        raise LedgerIncompatible(no_ledger_in(address))
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found == HEAD:
        return
    if found is None:
        raise LedgerIncompatible(f"the ledger at {address} does not say its version: restore a backup")
    if found < HEAD:
        error = LedgerIncompatible(
            f"the ledger at {address} is of version {found}, this code of {HEAD}: "
            "make a backup, then bring it up to date with `customer-ledger init`"
        )
        error.older = True
        raise error
    raise LedgerIncompatible(
        f"the ledger at {address} is of version {found}, newer than this code ({HEAD}): "
        "install the newer customer-ledger"
    )


def bring_up_to_date(connection: Connection) -> None:
    """Create the ledger's tables, or bring older ones up to date, in the connection's transaction.

    Raises LedgerIncompatible where no way leads from their version to this one.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise LedgerIncompatible(f"the ledger cannot be brought up to date ({error}): restore a backup") from error


def one_at_a_time(connection: Connection) -> None:
    """Wait until no other connection makes or upgrades this ledger; on SQLite a writing transaction is alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADING})
