"""Which version of the tables a database has: create, bring up to date, or say in one sentence what is wrong."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from ledger.errors import LedgerIncompatible, LedgerMissing

HEAD = "0001"
"""The revision this code reads and writes; a test holds it equal to Alembic's own head."""


def require_current(connection: Connection, address: str) -> None:
    """Check that the database holds a ledger of this version.

    Raises LedgerMissing for an empty database, LedgerIncompatible for a foreign, older or newer one.
    """
    tables = inspect(connection).get_table_names()
    if "alembic_version" not in tables or "log_head" not in tables:
        if not tables:
            raise LedgerMissing(f"there is no ledger at {address} yet: make one with `customer-ledger init`")
        raise LedgerIncompatible(
            f"the database at {address} holds other tables and no ledger: give the ledger a database of its own"
        )
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found == HEAD:
        return
    if found is not None and found < HEAD:
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


def upgrade(connection: Connection) -> None:
    """Create the ledger's tables, or bring older ones up to date, in the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
