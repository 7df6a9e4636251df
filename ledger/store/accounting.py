"""Whether every recorded event is where it belongs: in a customer's rows, set aside with them, or not to be folded.

Nothing is folded for it: heads count a customer's events, `journey_position` those that were folded of them, and the
few events that no fold sees are read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, text

from ledger.journey.reading import BY_KNOWLEDGE, LASTING
from ledger.projections.position import POSITION
from ledger.schemas.prepare import key_of
from ledger.store.links import Units, all_units
from ledger.store.log import Until
from ledger.store.parking import parked_rows, stream_lengths
from ledger.store.read_model import versioned
from ledger.store.rows import CHUNK, chunks, number_lists

RETRACTED = "event.retracted"

NEVER_TAKEN_BACK = BY_KNOWLEDGE | LASTING
"""Types that a retraction takes nothing away from: no fold sees them, or every one does."""


class Miscounted(Struct, frozen=True):
    """A customer whose rows are of another number of events than they have."""

    customer: int
    expected: int
    found: int


class Account(Struct, frozen=True, kw_only=True):
    """The events up to a position: `folded` into rows, `parked` with their customers, or `unfolded` by what they say.

    `miscounted` are the customers with whom that does not come out.
    """

    folded: int
    parked: int
    unfolded: int
    miscounted: list[Miscounted]


class LogCounts(Struct, frozen=True, kw_only=True):
    """How many events there are, their first and last position, the log's head, and the sum of the streams' `heads`.

    All are the same in a sound ledger, but for `first`, which is 1.
    """

    events: int
    first: int
    last: int
    head: int
    heads: int


def count_log(connection: Connection) -> LogCounts:
    """Return what the log's own tables say of its length."""
    # Each apart: a database answers them from an index, or at once, and not both from one scan.
    events, first, last, head, heads = connection.execute(
        text(
            "SELECT (SELECT count(*) FROM events), (SELECT coalesce(min(position), 1) FROM events), "
            "(SELECT coalesce(max(position), 0) FROM events), (SELECT position FROM log_head), "
            "(SELECT coalesce(sum(version), 0) FROM streams)"
        )
    ).one()
    return LogCounts(events=events, first=first, last=last, head=head, heads=int(heads))


def wrong_heads(connection: Connection) -> list[int]:
    """Return the streams whose head is not the number of their events."""
    found = connection.execute(
        text(
            "SELECT s.stream FROM streams s LEFT JOIN (SELECT stream, count(*) AS n FROM events GROUP BY stream) e "
            "ON e.stream = s.stream WHERE s.version <> coalesce(e.n, 0) ORDER BY s.stream"
        )
    )
    return list(found.scalars())


def account(connection: Connection, model: int, position: int) -> Account:
    """Return where the events up to `position` are in a version of the read model that stands there."""
    later = _later(connection, position)
    units = all_units(connection, Until(position=position))
    unfolded = _unfolded(connection, position)
    aside = {row.customer for row in parked_rows(connection, model)}
    streams = {*_uneven(connection, model), *later, *unfolded, *units.merged}
    streams.update(stream for customer in aside for stream in units.streams(customer))
    lengths, folded = stream_lengths(connection, streams), _folded(connection, model, streams)
    recorded = {stream: lengths.get(stream, 0) - later[stream] for stream in streams}
    expected: dict[int, int] = defaultdict(int)
    for stream in streams:
        if units.survivor(stream) not in aside:
            expected[units.survivor(stream)] += recorded[stream] - unfolded[stream]
    return Account(
        folded=_all_folded(connection, model),
        parked=sum(recorded[stream] for stream in streams if units.survivor(stream) in aside),
        unfolded=sum(unfolded[stream] for stream in streams if units.survivor(stream) not in aside),
        miscounted=[
            Miscounted(stream, expected.get(stream, 0), folded[stream])
            for stream in sorted(streams | folded.keys())
            if expected.get(stream, 0) != folded[stream] and _is_unit(units, stream, folded)
        ],
    )


def _is_unit(units: Units, stream: int, folded: Counter[int]) -> bool:
    """Say whether a stream is a customer's, or has rows nevertheless."""
    return units.survivor(stream) == stream or folded[stream] != 0


def _later(connection: Connection, position: int) -> Counter[int]:
    found = connection.execute(
        text("SELECT stream, count(*) FROM events WHERE position > :position GROUP BY stream"), {"position": position}
    )
    return Counter({int(stream): int(count) for stream, count in found})


def _uneven(connection: Connection, model: int) -> list[int]:
    """Return the streams that do not have as many events as their rows tell, and those of rows that have no stream."""
    table = versioned(POSITION.name, model)
    found = connection.execute(
        text(
            f"SELECT s.stream FROM streams s LEFT JOIN {table} p ON p.customer = s.stream "
            "WHERE s.version <> coalesce(p.events, 0) UNION "
            f"SELECT p.customer FROM {table} p LEFT JOIN streams s ON s.stream = p.customer "
            "WHERE s.stream IS NULL UNION "
            f"SELECT customer FROM {table} GROUP BY customer HAVING count(*) > 1"
        )
    )
    return list(found.scalars())


def _folded(connection: Connection, model: int, streams: Collection[int]) -> Counter[int]:
    folded: Counter[int] = Counter()
    for numbers in number_lists(streams):
        found = connection.execute(
            text(
                f"SELECT customer, sum(events) FROM {versioned(POSITION.name, model)} "
                f"WHERE customer IN ({numbers}) GROUP BY customer"
            )
        )
        folded.update({int(customer): int(events) for customer, events in found})
    return folded


def _all_folded(connection: Connection, model: int) -> int:
    statement = f"SELECT coalesce(sum(events), 0) FROM {versioned(POSITION.name, model)}"
    return int(connection.execute(text(statement)).scalar_one())


def _unfolded(connection: Connection, position: int) -> Counter[int]:
    """Return, by stream, how many events no fold sees: those that act by what is known, and those retracted."""
    names = ", ".join(f"'{name}'" for name in sorted(BY_KNOWLEDGE))
    found = connection.execute(
        text(
            f"SELECT stream, type, CASE WHEN type = '{RETRACTED}' THEN header END FROM events "
            f"WHERE type IN ({names}) AND position <= :position"
        ),
        {"position": position},
    )
    unfolded: Counter[int] = Counter()
    targets: dict[str, list[tuple[bytes, int]]] = defaultdict(list)
    for stream, type_name, header in found:
        unfolded[stream] += 1
        named = _target(header) if type_name == RETRACTED else None
        if named is not None:
            targets[named[0]].append((key_of(named[1]), stream))
    for source, retracted in targets.items():
        unfolded.update(_standing_targets(connection, source, retracted, position))
    return unfolded


def _target(header: bytes) -> tuple[str, str] | None:
    """Return the (source, event_id) a retraction names; None where it cannot be read, and so parks its customer."""
    try:
        read = _retraction.decode(header)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return read.data.source, read.data.event_id


class _Named(Struct):
    source: str
    event_id: str


class _Retraction(Struct):
    data: _Named


_retraction = msgspec.json.Decoder(_Retraction)


def _standing_targets(
    connection: Connection, source: str, retracted: list[tuple[bytes, int]], position: int
) -> Counter[int]:
    """Return, by stream, how many of the events that retractions name are recorded there and would be folded else."""
    wanted = set(retracted)
    statement = (
        "SELECT event_key, stream, type FROM events WHERE source = (SELECT id FROM sources WHERE name = :source) "
        "AND event_key IN ({}) AND position <= :position"
    )
    targets: Counter[int] = Counter()
    for chunk in chunks(sorted({key for key, _ in wanted}), CHUNK):
        keys = {f"key{number}": key for number, key in enumerate(chunk)}
        found = connection.execute(
            text(statement.format(", ".join(f":{name}" for name in keys))),
            {"source": source, "position": position, **keys},
        )
        for key, stream, type_name in found:
            if (bytes(key), stream) in wanted and type_name not in NEVER_TAKEN_BACK:
                targets[stream] += 1
    return targets
