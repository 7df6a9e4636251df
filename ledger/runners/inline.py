"""The folds, run by the caller: a unit of work is one surviving customer with all its streams."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any

from msgspec import Struct, field

from ledger.errors import LedgerError, Undecodable
from ledger.events.event import RecordedEvent
from ledger.journey.reading import effective
from ledger.projections.driver import Folds
from ledger.runners.source import Reader
from ledger.store.links import Units
from ledger.store.mapper import Row, RowMapper

Rows = dict[str, list[tuple[Any, ...]]]

LARGEST = 2**63


class Built(Struct):
    """What a run of the folds made: rows by projection (the customer's number first), and who was parked.

    It stands for the customers whose surviving stream has a number from `first` to `last`. Rows that were written to
    files are not here but counted in `written`. A worker process says its
    number and the most memory it has held, in KiB; where the caller ran the folds both are 0.
    """

    rows: Rows = field(default_factory=dict)
    parked: dict[int, tuple[int, str]] = field(default_factory=dict)
    events: int = 0
    customers: int = 0
    first: int = 0
    last: int = 0
    written: dict[str, int] = {}
    worker: int = 0
    peak_kib: int = 0

    def add(self, customer: int, rows: Mapping[str, Sequence[tuple[Any, ...]]], events: int) -> None:
        """Take in one customer's rows."""
        self.customers += 1
        self.events += events
        named = (customer,)
        for name, its in rows.items():
            self.rows.setdefault(name, []).extend([named + row for row in its])


def fold_unit(folds: Folds, mapper: RowMapper, rows: Sequence[Row]) -> Mapping[str, Sequence[tuple[Any, ...]]]:
    """Return one customer's rows from the rows of its streams. Raises Undecodable."""
    with stumbling(rows):
        state = folds.initial()
        folds.feed(state, decode(mapper, rows))
        return folds.rows(state)


def decode(mapper: RowMapper, rows: Iterable[Row]) -> list[RecordedEvent[Any]]:
    """Return a customer's effective events in the order of the fold. Raises Undecodable."""
    return effective(mapper.for_folds(rows))


@contextmanager
def stumbling(rows: Sequence[Row]) -> Iterator[None]:
    """Turn whatever the folds stumble over into Undecodable at the latest of the rows: one customer, and no other."""
    try:
        yield
    except LedgerError:
        raise
    except Exception as error:
        latest = max(rows)
        why = f"with it the customer cannot be projected ({type(error).__name__}: {error})"
        raise Undecodable(latest[0], latest[3], why) from error


def too_large(rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> set[int]:
    """Return the customers with a number in their rows that no column holds."""
    return {
        row[0]
        for its in rows.values()
        for row in its
        if any(isinstance(value, int) and not -LARGEST <= value < LARGEST for value in row)
    }


TOO_LARGE = "a sum of theirs is larger than the read model can hold: retract the event whose number is wrong"


def park_too_large(rows: Rows, parked: dict[int, tuple[int, str]], position: int) -> int:
    """Take customers with a number that no column holds out of `rows`, park them at `position`, and count them."""
    beyond = too_large(rows)
    for name, its in rows.items():
        rows[name] = [row for row in its if row[0] not in beyond]
    parked.update((customer, (position, TOO_LARGE)) for customer in beyond)
    return len(beyond)


Range = tuple[int, int]
"""The first and the last stream of a range."""


def fold_range(reader: Reader, folds: Folds, mapper: RowMapper, units: Units, first: int, last: int) -> Built:
    """Fold every customer whose surviving stream has a number from `first` to `last`."""
    [built] = fold_ranges(reader, folds, mapper, units, [(first, last)])
    return built


def fold_ranges(
    reader: Reader, folds: Folds, mapper: RowMapper, units: Units, cuts: Sequence[Range]
) -> Iterator[Built]:
    """Yield, for ranges that follow each other, what becomes of the customers who live on in them, read in one go.

    A range is yielded once all streams of its merged customers have been read.
    """
    start, end = cuts[0][0], cuts[-1][1]
    # What else belongs to merged customers who live on here stands outside.
    apart: dict[int, list[Row]] = defaultdict(list)
    for row in reader.stream_rows([stream for stream in units.of_survivors(start, end) if not start <= stream <= end]):
        apart[units.survivor(row[1])].append(row)
    waiting = deque(_waiting(units, cuts, end))
    built = iter([one for one, _ in waiting])
    current = next(built)
    for stream, rows in groupby(reader.rows(start, end), key=itemgetter(1)):
        while stream > waiting[0][1]:
            yield _with_merged(waiting.popleft()[0], folds, mapper, units, apart)
        while stream > current.last:
            current = next(built)
        if stream not in units.merged:
            _fold_into(current, folds, mapper, stream, list(rows))
        elif start <= units.survivor(stream) <= end:
            apart[units.survivor(stream)].extend(rows)
    for one, _ in waiting:
        yield _with_merged(one, folds, mapper, units, apart)


def _waiting(units: Units, cuts: Sequence[Range], end: int) -> Iterator[tuple[Built, int]]:
    """Yield for each range the last stream up to `end` that has a part in it."""
    for first, last in cuts:
        within = [stream for stream in units.of_survivors(first, last) if stream <= end]
        yield Built(first=first, last=last), max([last, *within[-1:]])


def _with_merged(built: Built, folds: Folds, mapper: RowMapper, units: Units, apart: dict[int, list[Row]]) -> Built:
    for survivor in units.survivors(built.first, built.last):
        if survivor in apart:
            _fold_into(built, folds, mapper, survivor, apart.pop(survivor))
    return built


def ranges(gaps: Iterable[Range], size: int) -> Iterator[Range]:
    """Cut ranges into such of at most `size` streams, none of which reaches over a multiple of it."""
    for start, last in gaps:
        first = start
        while first <= last:
            to = min(last, -(-first // size) * size)
            yield first, to
            first = to + 1


def _fold_into(built: Built, folds: Folds, mapper: RowMapper, customer: int, rows: list[Row]) -> None:
    try:
        made = fold_unit(folds, mapper, rows)
    except Undecodable as error:
        # One event that cannot be read sets its customer aside; all others go on.
        built.parked[customer] = (error.position, str(error))
        return
    built.add(customer, made, len(rows))
