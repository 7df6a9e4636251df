"""The log, held where it is for as long as one transaction takes."""

from __future__ import annotations

from sqlalchemy import Connection, text

from ledger.errors import ProjectionRaced


def require_head(connection: Connection, position: int) -> None:
    """Check that nothing follows `position`, and let nothing be appended before the transaction ends.

    Raises ProjectionRaced.
    """
    # On SQLite whoever writes holds the log already.
    held = " FOR SHARE" if connection.dialect.name == "postgresql" else ""
    head = connection.execute(text(f"SELECT position FROM log_head{held}")).scalar_one()
    if head != position:
        raise ProjectionRaced(f"events were appended after position {position} meanwhile: nothing was applied, go on")
