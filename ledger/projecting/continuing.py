"""Folding what is new: on the stored states, from an earlier state where it comes late, or the whole customer anew."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from ledger.errors import Undecodable
from ledger.journey.context import Context
from ledger.journey.reading import Event, Horizon, effective
from ledger.projecting import marks
from ledger.projections.driver import CustomerState, Folds
from ledger.runners.inline import TOO_LARGE, stumbling
from ledger.store.engine import Connection
from ledger.store.fold_states import EarlierState, Mark, States, load_earlier, load_marks, load_states
from ledger.store.links import Units
from ledger.store.log import Until, stream_rows
from ledger.store.mapper import Row, RowMapper
from ledger.store.row_changes import RowChanges
from ledger.store.rows import chunks
from ledger.store.store import Store

CUSTOMERS_AT_ONCE = 200
"""Customers whose events are read together to be folded anew."""

Rows = Mapping[str, Sequence[tuple[Any, ...]]]


class Batch(Struct, kw_only=True):
    """What a batch of new events touches, read from one snapshot: `model` from position `old` to `new`.

    `rows` are the new events by customer; those of `refold` are folded anew, whatever is stored of them, and
    nothing is left of the `gone`.
    """

    model: int
    old: int
    new: int
    rows: dict[int, list[Row]]
    units: Units
    refold: set[int]
    gone: set[int]

    @property
    def touched(self) -> set[int]:
        """The customers to fold: those with new events, and those whose streams were joined or parted."""
        return {*self.rows, *self.refold}


class _Stored(Struct, frozen=True):
    """What is kept of a customer between two batches: the folds' states, and how far they reach."""

    horizon: Horizon
    state: bytes


class _Known(Struct):
    """A customer as stored, after `seen` events, and what arrived for them; `rows` are those in the tables."""

    customer: int
    stored: _Stored
    state: CustomerState
    rows: Rows
    new: Sequence[Row]
    arrived: list[Event]
    seen: int


_stored = msgspec.msgpack.Decoder(_Stored)


@lru_cache(maxsize=4)
def _folds(context: Context) -> Folds:
    return Folds(context)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Leave the garbage collector be: a long history's state is many objects, none of which is part of a cycle."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


class Folding:
    """One batch being folded: what is to be written of it."""

    def __init__(self, store: Store, connection: Connection, batch: Batch) -> None:
        self.changes = RowChanges()
        self.parked: dict[int, tuple[int, str]] = {}
        self._latest: dict[int, bytes] = {}
        self._gone: set[int] = set(batch.gone)
        self._earlier: list[EarlierState] = []
        self._dropped: list[tuple[int, int]] = []
        self._mapper: RowMapper = store.mapper
        self._folds = _folds(store.context)
        self._connection = connection
        self._batch = batch
        for customer in batch.gone:
            self.changes.replace(customer, {})

    @property
    def states(self) -> States:
        """The states to be kept."""
        return States(latest=self._latest, gone=self._gone, earlier=self._earlier, dropped=self._dropped)

    def run(self) -> None:
        """Fold everybody whom the batch touches."""
        with _uncollected():
            self._run()

    def _run(self) -> None:
        anew: dict[int, Rows | None] = dict.fromkeys(self._batch.refold)
        for chunk in chunks(sorted(self._batch.rows.keys() - self._batch.refold), CUSTOMERS_AT_ONCE):
            anew |= self._continue(chunk)
        for chunk in chunks(sorted(anew), CUSTOMERS_AT_ONCE):
            for customer, rows in self._histories(chunk).items():
                with self._parking(customer):
                    self._fold_anew(customer, rows, anew[customer])
        too_large = self.changes.too_large()
        self.changes.forget(too_large)
        for customer in too_large:
            self._park(customer, self._batch.new, TOO_LARGE)

    def _continue(self, customers: Sequence[int]) -> dict[int, Rows | None]:
        """Fold what arrived on what is stored of some customers.

        Return those who are to be folded anew, with their rows where what is stored tells them.
        """
        anew: dict[int, Rows | None] = {}
        stored = load_states(self._connection, customers, self._batch.model)
        for customer in customers:
            with self._parking(customer):
                known = self._known(customer, self._batch.rows[customer], stored.get(customer))
                if known is None or not self._go_on(known):
                    anew[customer] = known.rows if known else None
        return anew

    def _known(self, customer: int, rows: Sequence[Row], stored: bytes | None) -> _Known | None:
        """Return a customer as stored, and what arrived; None where nothing is that these folds can go on from."""
        if stored is None:
            return None
        with stumbling(rows):
            try:
                kept = _stored.decode(stored)
            except msgspec.MsgspecError:
                return None
            state = self._folds.load(kept.state)
            if state is None:
                return None
            arrived = self._mapper.events(rows)
            return _Known(customer, kept, state, self._folds.rows(state), rows, arrived, state.tracker.seen)

    def _go_on(self, known: _Known) -> bool:
        """Fold what arrived on a stored state, the latest or an earlier one; say whether there was one."""
        horizon, before = known.stored.horizon, known.state.at
        with stumbling(known.new):
            allowed = horizon.allows(known.arrived)
            if allowed:
                events = effective(known.arrived)
                self._folds.feed(known.state, events)
                self._keep(known, known.state, horizon.after(events))
        if not allowed:
            return known.seen > marks.MANY and self._go_back(known)
        if known.seen > marks.MANY and before is not None:
            self._mark(known, EarlierState(known.customer, before, known.seen, known.stored.state))
        return True

    def _go_back(self, known: _Known) -> bool:
        """Fold from the latest of the earlier states that what arrived leaves as it is; say whether there is one."""
        with stumbling(known.new):
            since = known.stored.horizon.since(known.arrived)
        stand = self._marks(known.customer)
        left = [mark for mark in stand if since is not None and mark.at < since]
        if not left:
            return False
        stored = load_earlier(self._connection, known.customer, left[0].at, self._batch.model)
        rows = self._rows((known.customer,), Until(position=self._batch.new, after=left[0].at))
        with stumbling(known.new):
            state = self._folds.load(stored)
            if state is None:
                return False
            # What acts at another time than its own may be in the earlier state already.
            events = [event for event in effective(self._mapper.events(rows)) if event.at > left[0].at]
            made = self._feed(known.customer, state, events)
            self._keep(known, state, known.stored.horizon.after_all(known.arrived, state.at))
        self._dropped += [(known.customer, mark.at) for mark in stand if mark not in left]
        self._thin(known.customer, left, made, state.tracker.seen)
        return True

    def _fold_anew(self, customer: int, rows: Sequence[Row], before: Rows | None) -> None:
        with stumbling(rows):
            recorded = self._mapper.events(rows)
            events = effective(recorded)
            state = self._folds.initial()
            made = self._feed(customer, state, events)
            after = self._folds.rows(state)
            stored = msgspec.msgpack.encode(_Stored(Horizon.of(recorded, events), self._folds.dump(state)))
        self._gone.add(customer)
        self._latest[customer] = stored
        self._earlier += made
        if before is None:
            self.changes.replace(customer, after)
        else:
            self.changes.between(customer, before, after)

    def _feed(self, customer: int, state: CustomerState, events: list[Event]) -> list[EarlierState]:
        """Take events into a state, and return what it was at the cuts where it is to be kept."""
        seen = state.tracker.seen
        if seen + len(events) <= marks.MANY:
            self._folds.feed(state, events)
            return []
        made = []
        begin = 0
        for cut in marks.cuts(events, seen):
            self._folds.feed(state, events[begin:cut])
            made.append(EarlierState(customer, events[cut - 1].at, seen + cut, self._folds.dump(state)))
            begin = cut
        self._folds.feed(state, events[begin:])
        return made

    def _keep(self, known: _Known, state: CustomerState, horizon: Horizon) -> None:
        after = self._folds.rows(state)
        stored = msgspec.msgpack.encode(_Stored(horizon, self._folds.dump(state)))
        self._latest[known.customer] = stored
        self.changes.between(known.customer, known.rows, after)

    def _mark(self, known: _Known, before: EarlierState) -> None:
        """Keep the state before this batch where enough was folded since the last one that is kept."""
        stand = self._marks(known.customer)
        if not stand or before.seen - stand[0].seen >= marks.STEP:
            self._thin(known.customer, stand, [before], known.state.tracker.seen)

    def _thin(self, customer: int, stand: Sequence[Mark], made: Sequence[EarlierState], events: int) -> None:
        """Add earlier states to those that stand, and drop whichever are no longer needed."""
        needed = marks.thinned([*(mark.seen for mark in stand), *(one.seen for one in made)], events)
        self._earlier += [one for one in made if one.seen in needed]
        self._dropped += [(customer, mark.at) for mark in stand if mark.seen not in needed]

    def _marks(self, customer: int) -> list[Mark]:
        return load_marks(self._connection, customer, self._batch.model)

    def _histories(self, customers: Iterable[int]) -> dict[int, list[Row]]:
        """Return all events of some customers."""
        histories: dict[int, list[Row]] = {customer: [] for customer in customers}
        for row in self._rows(histories, Until(position=self._batch.new)):
            histories[self._batch.units.survivor(row[1])].append(row)
        return histories

    def _rows(self, customers: Iterable[int], until: Until) -> list[Row]:
        streams = sorted(stream for customer in customers for stream in self._batch.units.streams(customer))
        return stream_rows(self._connection, streams, until)

    @contextmanager
    def _parking(self, customer: int) -> Iterator[None]:
        """Set a customer aside where one of their events cannot be read."""
        try:
            yield
        except Undecodable as error:
            self._park(customer, error.position, str(error))

    def _park(self, customer: int, position: int, why: str) -> None:
        self.parked[customer] = (position, why)
        self._latest.pop(customer, None)
        self._earlier = [one for one in self._earlier if one.customer != customer]
        self._gone.add(customer)
        self.changes.replace(customer, {})
