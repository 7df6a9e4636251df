"""One pass over the log, in the order of arrival, that notices what the quality report tells."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, and_, case, func, select, text

from ledger.journey.reading import BY_KNOWLEDGE, LASTING
from ledger.store.figures.bounds import UNBOUNDED, Bounds
from ledger.store.figures.cases import FILES
from ledger.store.figures.scan import Scan
from ledger.store.figures.straight import straight
from ledger.store.links import Units
from ledger.store.log import Until

ROUGH = frozenset({"date", "unknown"})
"""The precisions of a time whose hour is not known."""

IDENTIFYING = frozenset({"customer.registered", "customer.identified"})

Step = tuple[int, str]
"""A customer and a case of theirs."""


class Kind(NamedTuple):
    """What events that are counted together have in common; '' where they do not say."""

    source: str
    type: str
    channel: str
    direction: str
    actor: str
    department: str
    precision: str


class _Actor(Struct, gc=False):
    type: str = ""


class _Seen(Struct, gc=False):
    event_id: str
    source: str
    type: str
    time_precision: str = "instant"
    channel: str | None = None
    direction: str | None = None
    actor: _Actor | None = None
    department: str | None = None
    case_id: str | None = None
    source_sequence: int | msgspec.UnsetType | None = msgspec.UNSET


class Noticed:
    """What the events of a window are like.

    `kinds` counts them; by source are `delays` (µs, of those whose hour is known), `disordered`, `retracted` and
    `contents`, a number for each event that is equal where all but their names is. `customers` are those who have an
    event here. Of any time are `steps`, the first instants of some types by case, and who is `identified`.
    """

    def __init__(self) -> None:
        self._kinds: defaultdict[tuple[str | None, ...], int] = defaultdict(int)
        self.delays: dict[str, array[int]] = defaultdict(lambda: array("q"))
        self.contents: dict[str, array[int]] = defaultdict(lambda: array("q"))
        self.disordered: Counter[str] = Counter()
        self.retracted: Counter[str] = Counter()
        self.steps: dict[str, dict[Step, int]] = defaultdict(dict)
        self.customers: set[int] = set()
        self.identified: set[int] = set()

    @property
    def kinds(self) -> Counter[Kind]:
        """How many events there are of each kind."""
        return Counter({Kind._make(part or "" for part in kind): n for kind, n in self._kinds.items()})

    def whenever(self, event: _Seen, customer: int, at: int) -> None:
        """Take in what an event says that matters whether it occurred in the window or not."""
        if event.type in IDENTIFYING:
            self.identified.add(customer)
        elif event.case_id is not None:
            steps, step = self.steps[event.type], (customer, event.case_id)
            steps[step] = min(at, steps.get(step, at))

    def within(self, event: _Seen, customer: int, delay: int, disordered: bool) -> None:
        """Take in an event of the window, with how long it was on its way (µs)."""
        source, precision = event.source, event.time_precision
        actor = None if event.actor is None else event.actor.type
        # A plain tuple: a named one takes as long to make as all the rest.
        self._kinds[source, event.type, event.channel, event.direction, actor, event.department, precision] += 1
        self.customers.add(customer)
        if disordered:
            self.disordered[source] += 1
        if precision not in ROUGH:
            self.delays[source].append(delay)


_read = msgspec.json.Decoder(_Seen).decode


class Pass:
    """A pass over the log as bounded by `until`, with what a scan of it knows to be retracted or parked."""

    def __init__(self, connection: Connection, units: Units, until: Until, scan: Scan) -> None:
        self._connection = connection
        self._units = units
        self._until = until
        self._scan = scan

    def noticed(self, within: Bounds, stepped: Collection[str]) -> Noticed:
        """Return what is noticed of the events that occurred within bounds; `stepped` are the types of `steps`.

        A customer of whom an event cannot be read is left out whole, as everywhere.
        """
        while True:
            parked = len(self._scan.parked)
            noticed = self._once(within, frozenset(stepped))
            if len(self._scan.parked) == parked:
                return noticed

    def _once(self, within: Bounds, stepped: frozenset[str]) -> Noticed:
        noticed, latest = Noticed(), dict[int, int]()
        parked, retracted, everything = self._scan.parked, self._scan.retracted, within == UNBOUNDED
        # A million events a question: what is looked up for each of them is looked up in a dict.
        survivors = {stream: self._units.survivor(stream) for stream in self._units.merged}
        for stream, kind, at, received, header, sealed in self._rows():
            customer = survivors.get(stream, stream)
            if kind in BY_KNOWLEDGE or customer in parked:
                continue
            try:
                event = _read(header)
            except msgspec.MsgspecError:
                parked.add(customer)
                continue
            inside = everything or within.hold(at)
            if retracted and (stream, event.source, event.event_id) in retracted and kind not in LASTING:
                noticed.retracted[event.source] += inside
                continue
            before = latest.get(customer, at)
            if at >= before:
                latest[customer] = at
            if kind in stepped or kind in IDENTIFYING:
                noticed.whenever(event, customer, at)
            if inside:
                noticed.within(event, customer, received - at, at < before)
                noticed.contents[event.source].append(hash((customer, _content(header, event), sealed)))
        return noticed

    def _rows(self) -> Iterator[Any]:
        where, values = self._until.where()
        return straight(
            self._connection,
            text(
                "SELECT stream, type, occurred_at, received_at, header, sealed FROM events "
                f"WHERE event_key IS NOT NULL AND {where} ORDER BY position"
            ),
            values,
        )


def _content(header: bytes, event: _Seen) -> bytes:
    """Return a stored event without its event_id, its source and its source_sequence."""
    start = header.find(b'","type":"')
    if start < 0 or not header.startswith(b'{"event_id":"'):
        # As an earlier type version was sent: its fields stand in another order.
        fields = msgspec.json.decode(header)
        named = ("event_id", "source", "source_sequence")
        return msgspec.json.encode({name: fields[name] for name in sorted(fields) if name not in named})
    if event.source_sequence is not msgspec.UNSET:
        sequence = header.find(b',"source_sequence":', start)
        data = header.find(b',"data":', start)
        if 0 <= sequence < data:
            return header[start:sequence] + header[data:]
    return header[start:]


def visitors(connection: Connection, prefix: str, until: Until) -> set[int]:
    """Return the streams with an event until then whose customer has a key that begins with `prefix`."""
    where, values = until.where()
    met = f"EXISTS (SELECT 1 FROM events WHERE events.stream = streams.stream AND {where})"
    found = connection.execute(
        text(f"SELECT stream FROM streams WHERE substr(customer_id, 1, :length) = :prefix AND {met}"),
        {"length": len(prefix), "prefix": prefix, **values},
    )
    return set(found.scalars())


def case_quality(connection: Connection, begun: Bounds) -> list[tuple[str, int, int, int]]:
    """Return rows of (kind, cases, of them out of order, of them without an opening)."""
    table = FILES
    rows = connection.execute(
        select(table.c.kind, func.count(), func.sum(table.c.out_of_order), func.count(table.c.opened_at))
        .where(*begun.of(func.coalesce(table.c.opened_at, table.c.first_at)))
        .group_by(table.c.kind)
        .order_by(table.c.kind)
    )
    return [(kind, int(n), int(disordered), int(n - opened)) for kind, n, disordered, opened in rows]


def negatives(
    connection: Connection, pairs: Sequence[tuple[str, str]], begun: Bounds
) -> dict[str, list[tuple[int, int]]]:
    """Return for each kind and each pair of instants how many cases have both, and how many the wrong way round."""
    table = FILES
    counted: list[Any] = []
    for start, end in pairs:
        first, last = table.c[start], table.c[end]
        counted.append(func.count(case((and_(first.is_not(None), last.is_not(None)), 1))))
        counted.append(func.count(case((last < first, 1))))
    rows = connection.execute(
        select(table.c.kind, *counted)
        .where(*begun.of(func.coalesce(table.c.opened_at, table.c.first_at)))
        .group_by(table.c.kind)
        .order_by(table.c.kind)
    )
    return {
        row[0]: [(int(row[place]), int(row[place + 1])) for place in range(1, len(row), 2)]
        for row in (tuple(row) for row in rows)
    }
