"""Customers that are set aside, because an event of theirs cannot be read or projected."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct
from sqlalchemy import Connection, text

from ledger.store.read_model import LIVE, PARKED, versioned
from ledger.store.rows import number_lists

PARKED_COLUMNS = "customer, position, reason, parked_at"


def count_parked(connection: Connection, version: int | None = LIVE) -> int:
    """Return how many customers are parked."""
    return int(connection.execute(text(f"SELECT count(*) FROM {versioned(PARKED, version)}")).scalar_one())


def park(
    connection: Connection,
    aside: Mapping[int, tuple[int, str]],
    recovered: Collection[int],
    now: int,
    version: int | None,
) -> None:
    """Set aside customers whose events cannot be projected (position, reason), and take back the `recovered`."""
    table = versioned(PARKED, version)
    for numbers in number_lists({*aside, *recovered}):
        connection.execute(text(f"DELETE FROM {table} WHERE customer IN ({numbers})"))
    if aside:
        connection.execute(
            text(
                f"INSERT INTO {table} (customer, position, reason, parked_at) "
                "VALUES (:customer, :position, :reason, :now)"
            ),
            [
                {"customer": customer, "position": position, "reason": reason, "now": now}
                for customer, (position, reason) in aside.items()
            ],
        )


class ParkedRow(Struct, frozen=True, kw_only=True):
    """A customer set aside, as stored: the stream they live on in, the position named, why, and since when (µs UTC)."""

    customer: int
    position: int
    reason: str
    parked_at: int


def parked_rows(connection: Connection, version: int) -> list[ParkedRow]:
    """Return who is set aside in a version, in the order of the positions named."""
    found = connection.execute(
        text(f"SELECT {PARKED_COLUMNS} FROM {versioned(PARKED, version)} ORDER BY position, customer")
    )
    return [ParkedRow(**row) for row in found.mappings()]


class NamedEvent(Struct, frozen=True, kw_only=True):
    """What the columns tell of an event whether it can be read or not; times in µs UTC."""

    position: int
    stream: int
    version: int
    source: str | None
    type: str
    type_version: int
    occurred_at: int | None
    received_at: int | None
    recorded_at: int
    header: bytes


def named_events(connection: Connection, positions: Collection[int]) -> dict[int, NamedEvent]:
    """Return the events at some positions by their position; none where nothing is recorded there."""
    events: dict[int, NamedEvent] = {}
    for numbers in number_lists(positions):
        found = connection.execute(
            text(
                "SELECT e.position, e.stream, e.version, o.name AS source, e.type, e.type_version, e.occurred_at, "
                "e.received_at, e.recorded_at, e.header FROM events e LEFT JOIN sources o ON o.id = e.source "
                f"WHERE e.position IN ({numbers})"
            )
        )
        for row in found.mappings():
            events[row["position"]] = NamedEvent(**{**row, "header": bytes(row["header"])})
    return events


def stream_lengths(connection: Connection, streams: Collection[int]) -> dict[int, int]:
    """Return how many events some streams have by now."""
    lengths: dict[int, int] = {}
    for numbers in number_lists(streams):
        lengths.update(
            (int(stream), int(version))
            for stream, version in connection.execute(
                text(f"SELECT stream, version FROM streams WHERE stream IN ({numbers})")
            )
        )
    return lengths
