"""Reading the log: by customer, by position, as of a time and as known at one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, text

from ledger.errors import CustomerNotFound, EventNotFound
from ledger.events.event import RecordedEvent
from ledger.schemas.prepare import key_of
from ledger.store.mapper import RECORD_COLUMNS, Row, RowMapper
from ledger.store.rows import number_lists

KNOWN_CONTROL = ("customer.merged", "customer.unmerged", "event.retracted", "stage.corrected")
"""Types that act by what is known, whatever their own occurred_at."""

TIMED_ELSEWHERE = (*KNOWN_CONTROL, "customer.segment_assigned")
"""Types that act at another time than their own occurred_at."""

PAGE = 2_000

UNKEPT = re.compile("[\0\ud800-\udfff]")
"""What no recorded text holds, and a database would refuse to look for."""


class Until(Struct, frozen=True):
    """Which part of the log a reader takes: all by default.

    `as_of` bounds occurred_at and `known_at` recorded_at, in microseconds since 1970 UTC, both inclusive;
    `position` bounds the position. `after` leaves out what occurred by then, and no event that acts at another time.
    """

    as_of: int | None = None
    known_at: int | None = None
    position: int | None = None
    after: int | None = None

    def where(self) -> tuple[str, dict[str, Any]]:
        """Return the SQL condition and its parameters."""
        conditions, values = ["TRUE"], {}
        if self.as_of is not None:
            named = ", ".join(f"'{name}'" for name in KNOWN_CONTROL)
            conditions.append(f"(occurred_at <= :as_of OR type IN ({named}))")
            values["as_of"] = self.as_of
        if self.after is not None:
            named = ", ".join(f"'{name}'" for name in TIMED_ELSEWHERE)
            conditions.append(f"(occurred_at > :after_at OR occurred_at IS NULL OR type IN ({named}))")
            values["after_at"] = self.after
        if self.known_at is not None:
            conditions.append("recorded_at <= :known_at")
            values["known_at"] = self.known_at
        if self.position is not None:
            conditions.append("position <= :upto")
            values["upto"] = self.position
        return " AND ".join(conditions), values


NOW = Until()


def last_position(connection: Connection) -> int:
    """Return the position of the last event; 0 for an empty log."""
    return int(connection.execute(text("SELECT position FROM log_head")).scalar_one())


def position_known_at(connection: Connection, known_at: int | None) -> int:
    """Return the last position recorded by then (microseconds since 1970 UTC; None: ever); 0 where there is none."""
    if known_at is None:
        return last_position(connection)
    # recorded_at never goes back as positions go up.
    found = connection.execute(
        text("SELECT position FROM events WHERE recorded_at <= :known_at ORDER BY position DESC LIMIT 1"),
        {"known_at": known_at},
    ).scalar()
    return 0 if found is None else int(found)


def last_stream(connection: Connection) -> int:
    """Return the highest number of a stream; 0 where there is none."""
    return int(connection.execute(text("SELECT coalesce(max(stream), 0) FROM streams")).scalar_one())


def recorded_streams(connection: Connection, upto: int) -> list[int]:
    """Return the streams that have an event up to a position."""
    found = connection.execute(text("SELECT DISTINCT stream FROM events WHERE position <= :upto"), {"upto": upto})
    return list(found.scalars())


def recorded_at(connection: Connection, position: int) -> int | None:
    """Return when the event of a position was recorded, in microseconds since 1970 UTC; None where there is none."""
    found = connection.execute(
        text("SELECT recorded_at FROM events WHERE position = :position"), {"position": position}
    )
    at: int | None = found.scalar()
    return at


def stream_of(connection: Connection, customer_id: str) -> int:
    """Return the number of a customer's own stream. Raises CustomerNotFound."""
    if type(customer_id) is not str or UNKEPT.search(customer_id):
        raise CustomerNotFound(customer_id)
    found = connection.execute(
        text("SELECT stream FROM streams WHERE customer_id = :customer_id"), {"customer_id": customer_id}
    ).scalar()
    if found is None:
        raise CustomerNotFound(customer_id)
    return int(found)


def customer_ids(connection: Connection, streams: Iterable[int]) -> dict[int, str]:
    """Return the producer's key of every stream; a stream without one is named by its random id."""
    names: dict[int, str] = {}
    for numbers in number_lists(streams):
        rows = connection.exec_driver_sql(f"SELECT stream, customer_id, id FROM streams WHERE stream IN ({numbers})")
        names.update((stream, name if name is not None else bytes(raw).hex()) for stream, name, raw in rows)
    return names


def stream_rows(
    connection: Connection, streams: Sequence[int], until: Until = NOW, *, sealed: bool = False
) -> list[Row]:
    """Return the rows of some streams, by stream and version."""
    where, values = until.where()
    columns = RECORD_COLUMNS + (", sealed" if sealed else "")
    rows: list[Row] = []
    for numbers in number_lists(streams):
        statement = f"SELECT {columns} FROM events WHERE stream IN ({numbers}) AND {where} ORDER BY stream, version"
        rows.extend(_driver_rows(connection, statement, values))
    return rows


def range_rows(connection: Connection, first: int, last: int, until: Until = NOW) -> Iterator[Row]:
    """Yield the rows of the streams numbered `first` to `last`, by stream and version."""
    where, values = until.where()
    statement = (
        f"SELECT {RECORD_COLUMNS} FROM events "
        f"WHERE stream BETWEEN :first AND :last AND {where} ORDER BY stream, version"
    )
    return _driver_rows(connection, statement, {**values, "first": first, "last": last}, cursor="ledger_range")


def _driver_rows(connection: Connection, statement: str, values: dict[str, Any], *, cursor: str = "") -> Iterator[Row]:
    """Yield rows straight from the driver: SQLAlchemy's own cost more than the folds.

    A `cursor` named on a server sends them page by page; without a name they all come at once.
    """
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        # Through map, which has no `close`: a reader given up midway does not reach for a connection that is gone.
        yield from map(tuple, driver.execute(statement, values))
        return
    with driver.cursor(cursor, binary=True) as rows:
        if cursor:
            rows.itersize = PAGE
        rows.execute(re.sub(r":(\w+)", r"%(\1)s", statement), values)
        yield from rows


def position_rows(
    connection: Connection, after: int, upto: int, *, types: Sequence[str] = (), sealed: bool = False
) -> Iterator[Row]:
    """Yield the rows after position `after` up to `upto`, in the order of the log."""
    columns = RECORD_COLUMNS + (", sealed" if sealed else "")
    condition = " AND type IN (" + ", ".join(f":type{i}" for i in range(len(types))) + ")" if types else ""
    while after < upto:
        statement = (
            f"SELECT {columns} FROM events WHERE position > :after AND position <= :upto{condition} "
            "ORDER BY position LIMIT :limit"
        )
        names = {f"type{number}": name for number, name in enumerate(types)}
        page = list(_driver_rows(connection, statement, {"after": after, "upto": upto, "limit": PAGE, **names}))
        if not page:
            return
        yield from page
        after = page[-1][0]


def read_event(connection: Connection, mapper: RowMapper, source: str, event_id: str) -> RecordedEvent[Any]:
    """Return one event with its personal fields. Raises EventNotFound."""
    if any(type(name) is not str or UNKEPT.search(name) for name in (source, event_id)):
        raise EventNotFound(source, event_id)
    row = connection.execute(
        text(
            f"SELECT {RECORD_COLUMNS}, sealed FROM events "
            "WHERE source = (SELECT id FROM sources WHERE name = :source) AND event_key = :key"
        ),
        {"source": source, "key": key_of(event_id)},
    ).first()
    if row is None:
        raise EventNotFound(source, event_id)
    return mapper.whole_event(tuple(row))
