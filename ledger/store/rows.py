"""How a head's small state, a planned event and its links become rows, the same on both databases."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import msgspec

from ledger.aggregates.standing import NEW, Standing
from ledger.store.plan import Link, NewEvent

EVENT_COLUMNS = (
    "position, stream, version, source, event_key, type, type_version, occurred_at, received_at, recorded_at, "
    "header, sealed, digest"
)

_encode = msgspec.json.Encoder().encode
_standing = msgspec.json.Decoder(Standing)

T = TypeVar("T")

CHUNK = 500
"""Values of one `IN (…)` at most."""


def dump_standing(standing: Standing) -> bytes | None:
    """Return the stored form of a decision state; none for that of an ordinary customer."""
    return None if standing == NEW else _encode(standing)


def load_standing(stored: bytes | None) -> Standing:
    """Return the decision state of its stored form."""
    return NEW if stored is None else _standing.decode(stored)


def event_rows(rows: Sequence[NewEvent], first: int, recorded: int) -> Iterator[tuple[Any, ...]]:
    """Return the values of EVENT_COLUMNS for planned events, from position `first` on."""
    for position, row in enumerate(rows, first):
        prepared = row.prepared
        yield (
            position,
            row.stream,
            row.version,
            row.source,
            prepared.key,
            prepared.event.type,
            prepared.event.type_version,
            prepared.at,
            prepared.received,
            recorded,
            prepared.header,
            prepared.sealed,
            prepared.digest,
        )


def link_rows(
    links: Iterable[Link], rows: Sequence[NewEvent], first: int, recorded: int
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield what keeps each link: a statement with a question mark for each value, and the values."""
    for link in links:
        row, position = rows[link.row], first + link.row
        if link.merge is not None:
            yield (
                (
                    "INSERT INTO merges (position, source, event_key, from_stream, into_stream, recorded_at) "
                    "VALUES (?, ?, ?, ?, ?, ?)"
                ),
                (position, row.source, row.prepared.key, *link.merge, recorded),
            )
        elif link.unmerge is not None:
            yield (
                "INSERT INTO unmerges (position, source, event_key, recorded_at) VALUES (?, ?, ?, ?)",
                (position, *link.unmerge, recorded),
            )
        elif link.identifier is not None:
            yield (
                "INSERT INTO identifiers (position, stream, namespace, value) VALUES (?, ?, ?, ?)",
                (position, row.stream, *link.identifier),
            )


def random_ids(count: int) -> Iterator[bytes]:
    """Return new random UUIDs (version 4) as bytes: what a stream is called where no name may stand."""
    noise = os.urandom(16 * count)
    for start in range(0, 16 * count, 16):
        raw = bytearray(noise[start : start + 16])
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        yield bytes(raw)


def chunks(values: Collection[T], size: int) -> Iterator[list[T]]:
    """Cut `values` into lists of at most `size`."""
    remaining: Iterable[T] = iter(values)
    while chunk := list(islice(remaining, size)):
        yield chunk


def number_lists(numbers: Iterable[int]) -> Iterator[str]:
    """Yield what stands inside of each `IN (…)` that numbers are asked for by: each once, in order."""
    for chunk in chunks(sorted(set(numbers)), CHUNK):
        yield ", ".join(str(int(number)) for number in chunk)
