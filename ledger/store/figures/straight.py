"""Many rows of a statement, without what SQLAlchemy adds to each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Executable

PAGE = 5_000


def straight(connection: Connection, statement: Executable, values: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """Yield the rows of a statement as tuples: from SQLite as its driver has them, from a server page by page."""
    if connection.dialect.name != "sqlite":
        yield from connection.execute(statement, values, execution_options={"yield_per": PAGE})
        return
    # A row of SQLAlchemy's own costs as much as the row itself. The result is kept, because it closes the cursor;
    # map has no `close`, so a reader given up midway does not reach for a connection that is gone.
    result: Any = connection.execute(statement, values)
    yield from map(tuple, result.cursor)
