"""What figures are made from: a read model and the log, seen as of a time, as known at one, under some definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from ledger.journey.context import Context
from ledger.metrics.figure import Figure
from ledger.queries.question import Question
from ledger.queries.window import days
from ledger.runners.scratch import scratch
from ledger.schemas.definitions import compile_context
from ledger.store.engine import reading
from ledger.store.figures.positions import observed, segments
from ledger.store.figures.scan import Scan
from ledger.store.figures.tallies import orders
from ledger.store.links import all_units
from ledger.store.log import Until, last_position, position_known_at
from ledger.store.mapper import RowMapper
from ledger.store.parking import count_parked
from ledger.store.serving import require_serving
from ledger.store.store import Store

Order = tuple[int, int, str, str, int, int]


class View:
    """One consistent view for all figures of one call.

    `tables` is a connection to the read model, None where no figure needs one; `log` one to the log, to be read
    as `until` bounds it. Both stand at `until.position`.
    """

    def __init__(self, store: Store, asked: Question, context: Context, log: Any, tables: Any, until: Until) -> None:
        self.asked = asked
        self.context = context
        self.log = log
        self.until = until
        self._tables = tables
        self._mapper = store.mapper if context is store.context else RowMapper(context.vocabulary)
        self._clock = store.clock

    @property
    def tables(self) -> Any:
        if self._tables is None:
            raise RuntimeError("a figure of the read model was made without one: name its metric in NEEDS_NO_TABLES")
        return self._tables

    @property
    def position(self) -> int:
        return self.until.position or 0

    @cached_property
    def observed(self) -> tuple[int | None, int | None]:
        """The first and the last occurrence, in microseconds since 1970."""
        first, last = observed(self._tables) if self._tables is not None else self.scan.observed()
        # A segment may be assigned from a day to come.
        return first, None if last is None else min(last, self._clock())

    @property
    def as_of(self) -> int:
        """The time observation ends: what was asked for, else the last occurrence; 0 in an empty log."""
        if self.asked.as_of is not None:
            return self.asked.as_of
        return self.observed[1] or 0

    @cached_property
    def scan(self) -> Scan:
        return Scan(self.log, all_units(self.log, self.until), self.until)

    @property
    def parked(self) -> int:
        """How many customers are in no figure, because an event of theirs cannot be read; ask when all are made."""
        return count_parked(self._tables) if self._tables is not None else len(self.scan.parked)

    @cached_property
    def segments(self) -> dict[int, str]:
        """The segments each customer is in, as canonical JSON text."""
        return segments(self._tables) if self._tables is not None else self.scan.segments(self._mapper)

    @cached_property
    def orders(self) -> list[Order]:
        """The orders of the window: customer, day, channel, currency, how many, total in 1/10,000."""
        return orders(self.tables, days(self.asked, self.context))


def extent(store: Store) -> tuple[int | None, int | None]:
    """Return when the first and the last event of the log occurred, in microseconds since 1970."""
    with view(store, Question(), needs_tables=False) as seen:
        return seen.observed


Figures = Mapping[str, Callable[[View], list[Figure]]]
"""What makes the figures of each metric, by its name."""


@contextmanager
def view(store: Store, asked: Question, *, needs_tables: bool) -> Iterator[View]:
    """Open what a question is answered from.

    It is the live read model, which may lag (its position says so), unless the question is as of a time, as known
    at one, in another zone or by another journey: then the log is folded anew, into memory. Raises ProjectionStale
    where the live read model was never built or was made by another definition.
    """
    definitions = asked.definitions(store.definitions)
    live = asked.as_of is None and asked.known_at is None
    same = definitions == store.definitions or (
        asked.journey is None and (asked.zone is None or asked.zone == store.context.zone.key)
    )
    context = store.context if same else compile_context(definitions)
    if live and same:
        with reading(store.engine) as log:
            position = require_serving(log, store.context).position if needs_tables else last_position(log)
            yield View(store, asked, context, log, log if needs_tables else None, Until(position=position))
        return
    with reading(store.engine) as log:
        position = position_known_at(log, asked.known_at)
    until = Until(as_of=asked.as_of, known_at=asked.known_at, position=position)
    if not needs_tables:
        with reading(store.engine) as log:
            yield View(store, asked, context, log, None, until)
        return
    with scratch(store, until, definitions) as tables, reading(store.engine) as log:
        yield View(store, asked, context, log, tables, until)
