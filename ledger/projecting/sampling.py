"""Customers whose rows differ between two versions: each difference, and the events behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct

from ledger.events.event import utc
from ledger.projections import PROJECTIONS
from ledger.projections.shape import Projection
from ledger.store.comparing import Pair, rows_in
from ledger.store.engine import Connection
from ledger.store.links import units_of
from ledger.store.log import customer_ids, stream_rows
from ledger.store.mapper import Row

DIFFERENCES = 12
"""Differences of one customer that are shown."""

EVENTS = 5
"""Events that are named behind one difference: the latest."""

EVIDENCE = "evidence"
"""The column in which a row names the events that made it."""

TOUCHPOINTS = "touchpoints"
"""The column in which rows of a place count every touch, whatever its type."""

EPOCH = date(1970, 1, 1)
DAY = 86_400_000_000
FIRST_DAY, LAST_DAY = (date.min - EPOCH).days, (date.max - EPOCH).days

BY_NAME: dict[str, Projection[Any]] = {projection.name: projection for projection in PROJECTIONS}

Cells = dict[str, Any]
Side = Literal["both", "before", "after"]


class Evidence(Struct, frozen=True, kw_only=True):
    """An event behind a value."""

    source: str
    event_id: str
    type: str
    occurred_at: str


class Difference(Struct, frozen=True, kw_only=True):
    """A value that is not the same; where `column` is None, a row that only one version has.

    `row` names the row by its key, `events` the latest of the events it stands on.
    """

    projection: str
    row: Cells
    column: str | None
    before: Any
    after: Any
    events: list[Evidence]


class DifferingCustomer(Struct, frozen=True, kw_only=True):
    """A customer whose rows differ; `more` differences are not shown.

    `stands_in` says which versions know them; the digests are of their rows, in whatever order these stand.
    """

    customer_id: str
    stands_in: Side
    digest_before: str
    digest_after: str
    differences: list[Difference]
    more: int


class _Told(Struct, frozen=True):
    """The fields of an event by which it belongs to a row."""

    source: str
    event_id: str
    type: str
    occurred_at: str
    channel: str | None = None
    case_id: str | None = None

    @property
    def evidence(self) -> Evidence:
        return Evidence(source=self.source, event_id=self.event_id, type=self.type, occurred_at=self.occurred_at)


_told = msgspec.json.Decoder(_Told)


class _Event(NamedTuple):
    """An event as told, with its position and its instant in microseconds since 1970 UTC."""

    position: int
    at: int
    told: _Told


def differing_customers(
    connection: Connection, sides: Mapping[int, Side], pairs: Sequence[Pair], parked: Pair | None
) -> list[DifferingCustomer]:
    """Return what differs for some customers, in their order; `sides` says in which versions each stands."""
    names = customer_ids(connection, sides)
    units = units_of(connection, sides)
    found = []
    for customer, side in sides.items():
        old, new = (
            {pair.name: _rows(connection, table, pair.columns, customer) for pair, table in tables}
            for tables in ([(pair, pair.before) for pair in pairs], [(pair, pair.after) for pair in pairs])
        )
        events = _events(stream_rows(connection, units.streams(units.survivor(customer))))
        differences = [one for pair in pairs for one in _differences(pair, old[pair.name], new[pair.name], events)]
        if parked is not None:
            differences += _parked(connection, parked, customer, events)
        found.append(
            DifferingCustomer(
                customer_id=names[customer],
                stands_in=side,
                digest_before=_digest(old),
                digest_after=_digest(new),
                differences=differences[:DIFFERENCES],
                more=max(0, len(differences) - DIFFERENCES),
            )
        )
    return found


def _rows(connection: Connection, table: str, columns: Sequence[str], customer: int) -> list[Cells]:
    own = columns[1:]
    return [dict(zip(own, row, strict=True)) for row in rows_in(connection, table, own, [customer])[customer]]


def _digest(rows: Mapping[str, list[Cells]]) -> str:
    told = sorted(repr((name, list(row.items()))) for name, its in rows.items() for row in its)
    return blake2b("\n".join(told).encode(), digest_size=16).hexdigest()


def _events(rows: Sequence[Row]) -> list[_Event]:
    """Return the events of a customer that can be read, by position, in the order they occurred."""
    found = []
    for row in sorted(rows, key=lambda row: (row[5], row[0])):
        try:
            found.append(_Event(row[0], row[5], _told.decode(row[8])))
        except msgspec.MsgspecError:
            continue
    return found


def _differences(pair: Pair, before: list[Cells], after: list[Cells], events: list[_Event]) -> Iterator[Difference]:
    projection = BY_NAME[pair.name]
    kinds = {column.name: column.kind for column in projection.columns}
    old, new = _by_key(projection, before), _by_key(projection, after)
    for key in sorted({*old, *new}, key=repr):
        rows = old.get(key), new.get(key)
        cells = [None if row is None else _shown(row, kinds) for row in rows]
        if rows[0] == rows[1]:
            continue
        known = cells[0] or cells[1] or {}
        row = {name: known[name] for name in projection.key if name in known}
        behind = _behind(projection, [row for row in rows if row is not None], events)
        if cells[0] is None or cells[1] is None:
            yield Difference(projection=pair.name, row=row, column=None, before=cells[0], after=cells[1], events=behind)
            continue
        for name, value in cells[0].items():
            if value != cells[1][name]:
                yield Difference(
                    projection=pair.name, row=row, column=name, before=value, after=cells[1][name], events=behind
                )


def _by_key(projection: Projection[Any], rows: Sequence[Cells]) -> dict[tuple[Any, ...], Cells]:
    """Return rows by their key; one that is there again counts on."""
    made: dict[tuple[Any, ...], Cells] = {}
    seen: Counter[tuple[Any, ...]] = Counter()
    for row in sorted(rows, key=repr):
        key = tuple(row.get(name) for name in projection.key)
        made[*key, seen[key]] = row
        seen[key] += 1
    return made


def _shown(row: Cells, kinds: Mapping[str, str]) -> Cells:
    return {name: _value(value, kinds.get(name, "")) for name, value in row.items()}


def _value(value: Any, kind: str) -> Any:
    if value is None or kind not in ("instant", "date"):
        return value
    return utc(value).isoformat() if kind == "instant" else (EPOCH + timedelta(days=value)).isoformat()


def _behind(projection: Projection[Any], rows: Sequence[Cells], events: list[_Event]) -> list[Evidence]:
    """Return the latest events that rows stand on: those they name, else those of their case or channel."""
    named = {tuple(pair) for row in rows for pair in msgspec.json.decode(row.get(EVIDENCE, "[]"))}
    if named:
        found = [event for event in events if (event.told.source, event.told.event_id) in named]
    else:
        found = [event for event in events if any(_belongs(projection, row, event) for row in rows)]
    return [event.told.evidence for event in found[-EVENTS:]]


def _belongs(projection: Projection[Any], row: Cells, event: _Event) -> bool:
    told = event.told
    if "case_id" in projection.key:
        return row["case_id"] in (told.case_id, f"{told.source}/{told.event_id}")
    if "channel" in projection.key and row["channel"] != (told.channel or ""):
        return False
    if "period" in projection.key and not _around(row["period"], event.at):
        return False
    # What counts every touch is no matter of the type; other rows count what their projection knows by name.
    return len(projection.key) <= 1 or TOUCHPOINTS in row or told.type in projection.handles


def _around(period: int, at: int) -> bool:
    """Say whether an instant may lie, in some zone, on the day that is `period` days after 1970, or in its month."""
    days = [at // DAY + shift for shift in (-1, 0, 1)]
    if period in days:
        return True
    months = [EPOCH + timedelta(days=day) for day in days if FIRST_DAY <= day <= LAST_DAY]
    return EPOCH + timedelta(days=period) in {day.replace(day=1) for day in months}


def _parked(connection: Connection, pair: Pair, customer: int, events: list[_Event]) -> Iterator[Difference]:
    """Yield that a customer is set aside in one version only, and at which event."""
    cells = [
        next(
            (dict(zip(PARKING, row, strict=True)) for row in rows_in(connection, table, PARKING, [customer])[customer]),
            None,
        )
        for table in pair[:2]
    ]
    if (cells[0] is None) == (cells[1] is None):
        return
    position = (cells[0] or cells[1] or {})["position"]
    yield Difference(
        projection=pair.name,
        row={},
        column=None,
        before=cells[0],
        after=cells[1],
        events=[event.told.evidence for event in events if event.position == position],
    )


PARKING = ("position", "reason")
"""What is told of a customer that is set aside."""
