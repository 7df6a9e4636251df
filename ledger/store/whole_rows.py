"""Reading the log as it stands in its columns, for a copy of it; and what tells one ledger's log from another's."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from ledger.store.mapper import Row
from ledger.store.rows import EVENT_COLUMNS

PAGE = 2_000


def whole_range(connection: Connection, first: int, last: int, after: int, upto: int) -> Iterator[list[Row]]:
    """Yield pages of EVENT_COLUMNS of the streams `first` to `last`, by stream and version.

    Positions are those after `after` up to `upto`.
    """
    yield from _pages(
        connection,
        f"SELECT {EVENT_COLUMNS} FROM events WHERE stream BETWEEN :first AND :last "
        "AND position > :after AND position <= :upto ORDER BY stream, version",
        {"first": first, "last": last, "after": after, "upto": upto},
    )


def whole_slice(connection: Connection, after: int, upto: int) -> Iterator[list[Row]]:
    """Yield pages of EVENT_COLUMNS after position `after` up to `upto`, in the order of the log."""
    yield from _pages(
        connection,
        f"SELECT {EVENT_COLUMNS} FROM events WHERE position > :after AND position <= :upto ORDER BY position",
        {"after": after, "upto": upto},
    )


def source_names(connection: Connection) -> dict[int, str]:
    """Return the name of every source by its number."""
    return {row[0]: row[1] for row in connection.execute(text("SELECT id, name FROM sources"))}


def seal(connection: Connection, position: int) -> str | None:
    """Return what only this ledger's log has at a position; None where no event is there.

    It covers the customer's random number and the time of recording, so that no two ledgers agree by chance.
    """
    found = connection.execute(
        text(
            "SELECT e.position, s.id, e.stream, e.version, e.event_key, e.type, e.recorded_at, e.header "
            "FROM events e LEFT JOIN streams s ON s.stream = e.stream WHERE e.position = :position"
        ),
        {"position": position},
    ).first()
    return None if found is None else hashlib.sha256(msgspec.json.encode(tuple(found))).hexdigest()


def _pages(connection: Connection, statement: str, values: dict[str, Any]) -> Iterator[list[Row]]:
    # Straight from the driver, as `log.range_rows` does: SQLAlchemy's own rows cost more than all else here.
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        rows = driver.execute(statement, values)
        while page := rows.fetchmany(PAGE):
            yield page
        return
    with driver.cursor("ledger_whole", binary=True) as rows:
        rows.execute(re.sub(r":(\w+)", r"%(\1)s", statement), values)
        while page := rows.fetchmany(PAGE):
            yield page
