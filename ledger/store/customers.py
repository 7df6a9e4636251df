"""Finding customers: by part of a key, an identifier, the stage they stand in, a channel they used, a segment."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.json import decode, encode
from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, func, or_, select

from ledger.projections.channels import CHANNELS
from ledger.projections.position import POSITION
from ledger.store.links import all_units
from ledger.store.read_model import table_of
from ledger.store.rows import CHUNK, chunks
from ledger.store.tables import identifiers, streams

STANDINGS = table_of(POSITION)
USAGES = table_of(CHANNELS)


class Sought(Struct, frozen=True, kw_only=True):
    """Which customers: `search` is part of a key or a whole identifier, `segment` is (scheme, segment).

    `stage` is one they stand in, on the primary track or an overlay; None asks nothing, "" for no stage at all.
    """

    search: str | None = None
    stage: str | None = None
    channel: str | None = None
    segment: tuple[str, str] | None = None


def find_customers(connection: Connection, sought: Sought, after: int, limit: int) -> list[dict[str, Any]]:
    """Return the positions of at most `limit` customers numbered above `after`, in the order of their numbers."""
    table = STANDINGS
    conditions = [table.c.customer > after, *_conditions(sought)]
    if sought.search is not None:
        conditions.append(_is_found(connection, sought.search))
    rows = connection.execute(select(table).where(*conditions).order_by(table.c.customer).limit(limit))
    return [dict(row) for row in rows.mappings()]


def channels_used(connection: Connection, customers: list[int]) -> dict[int, list[str]]:
    """Return the channels each of some customers used, the latest first ('' unknown)."""
    table = USAGES
    used: dict[int, list[str]] = {}
    for chunk in chunks(customers, CHUNK):
        rows = connection.execute(
            select(table.c.customer, table.c.channel)
            .where(table.c.customer.in_(chunk))
            .order_by(table.c.customer, table.c.last_at.desc(), table.c.channel)
        )
        for customer, channel in rows:
            used.setdefault(customer, []).append(channel)
    return used


def names_used(connection: Connection) -> tuple[set[str], list[dict[str, str]]]:
    """Return the channels that anybody was seen on, and every set of segments, by scheme, that anybody is in."""
    channels = connection.execute(select(USAGES.c.channel).distinct()).scalars()
    segments = connection.execute(select(STANDINGS.c.segments).distinct()).scalars()
    return {channel for channel in channels if channel}, [decode(placed) for placed in segments]


def keys_holding(connection: Connection, search: str, limit: int) -> list[str]:
    """Return the first keys, in order, that hold a text and have events, whether they count or not."""
    found = select(streams.c.customer_id).where(streams.c.version > 0, _named(search))
    return list(connection.execute(found.order_by(streams.c.customer_id).limit(limit)).scalars())


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    table = STANDINGS
    conditions: list[ColumnElement[bool]] = []
    if sought.stage == "":
        conditions.append(table.c.stage.is_(None))
    elif sought.stage is not None:
        overlay = '"stage":' + encode(sought.stage).decode() + "}"
        conditions.append(or_(table.c.stage == sought.stage, _holds(table.c.overlays, overlay)))
    if sought.channel is not None:
        on_it = select(USAGES.c.customer).where(USAGES.c.channel == sought.channel)
        conditions.append(table.c.customer.in_(on_it))
    if sought.segment is not None:
        # The text is canonical, and a quote inside a name is escaped, so this is a key with its value, whole.
        pair = ":".join(encode(part).decode() for part in sought.segment)
        whole = (f"{before}{pair}{behind}" for before in "{," for behind in ",}")
        conditions.append(or_(*(_holds(table.c.segments, text) for text in whole)))
    return conditions


def _holds(column: ColumnElement[str], part: str) -> ColumnElement[bool]:
    # LIKE looks past the case of letters on SQLite, and finding a place in a text has a name of its own everywhere.
    return func.replace(column, part, "") != column


def _named(search: str) -> ColumnElement[bool]:
    return func.lower(streams.c.customer_id).contains(search.lower(), autoescape=True)


def _is_found(connection: Connection, search: str) -> ColumnElement[bool]:
    """Return the condition that a customer's key, or one merged into it, holds `search`, or an identifier is it."""
    named = select(streams.c.stream).where(_named(search))
    matching = named.union(select(identifiers.c.stream).where(identifiers.c.value == search))
    units = all_units(connection)
    merged = units.merged
    survivors = {units.survivor(row[0]) for row in connection.execute(matching) if row[0] in merged}
    named_by_another: BindParameter[int] = bindparam(
        "survivors", sorted(survivors), expanding=True, literal_execute=True
    )
    return or_(STANDINGS.c.customer.in_(matching), STANDINGS.c.customer.in_(named_by_another))
