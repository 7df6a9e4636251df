"""What an append will write, decided without touching the database: `plan(requests, heads, known, …)`.

A request is kept whole or not at all; one that conflicts or is refused fails alone, and the others go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, field

from ledger.aggregates import standing as rules
from ledger.aggregates.standing import NEW, Standing, Target
from ledger.errors import Conflict, ContentConflict, InvalidArgument, Refused, VersionConflict
from ledger.events.control import EventRetracted
from ledger.events.event import Event
from ledger.events.identity import CustomerIdentified, CustomerMerged, CustomerUnmerged
from ledger.schemas.prepare import Prepared, key_of

NOT_PLANNED = -1

Key = tuple[int, bytes]
"""(number of the source, 16 bytes of the event id): the identity of an event in the tables."""


class Recorded(Struct, frozen=True, kw_only=True, gc=False):
    """What became of one event: `recorded` is False where it was there already, at this position."""

    event_id: str
    source: str
    position: int
    version: int
    recorded: bool


class Request(Struct, frozen=True, gc=False):
    """Events to be kept together, and the version their customer must be at, where the caller says so."""

    events: tuple[Prepared, ...]
    expected_version: int | None = None


class Head(Struct):
    """The head of a stream: what an append reads instead of the stream's history."""

    stream: int
    customer_id: str
    version: int = 0
    standing: Standing = NEW
    new: bool = False


class Known(Struct, gc=False):
    """An event that is recorded already, or planned earlier in the same batch (then `position` is still 0)."""

    stream: int
    version: int
    position: int
    type: str
    digest: bytes | None
    row: int | None = None


class NewEvent(Struct, gc=False):
    """A row to insert; its position is the head's plus its place in the plan."""

    prepared: Prepared
    source: int
    stream: int
    version: int


class Link(Struct):
    """What an event says of other rows: a merge (two streams), an unmerge (a key) or an identifier."""

    row: int
    merge: tuple[int, int] | None = None
    unmerge: Key | None = None
    identifier: tuple[str, str] | None = None


class Lineage(Struct):
    """The effective merges around the streams of a batch, and the merges that an unmerge names already."""

    into: dict[int, dict[Key, int]] = field(default_factory=dict)
    unmerged: set[Key] = field(default_factory=set)

    def ancestors(self, stream: int) -> frozenset[int]:
        """Return the streams that `stream` is merged into, directly or not."""
        found: set[int] = set()
        frontier = [stream]
        while frontier:
            for parent in self.into.get(frontier.pop(), {}).values():
                if parent not in found:
                    found.add(parent)
                    frontier.append(parent)
        return frozenset(found)

    def copy(self) -> Lineage:
        """Return a copy that changes by itself."""
        return Lineage({stream: dict(parents) for stream, parents in self.into.items()}, set(self.unmerged))


Outcome = tuple[tuple[Known, bool], ...] | Refused | Conflict | InvalidArgument


class Plan(Struct):
    """What to write, and for each request where its events are (and whether they are new), or why it fails."""

    rows: list[NewEvent] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    touched: dict[str, Head] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    contradicted: dict[int, int] = field(default_factory=dict)
    """By the place of a request that another one of this plan contradicts: the row that does."""


class _Before(Struct):
    """Where a plan stood before a request: how long its parts were, and what a failure puts back."""

    rows: int
    links: int
    touched: int
    heads: dict[str, tuple[int, Standing]]
    lineage: Lineage


class Planner:
    """Holds what the database told, and plans one request after another on top of the ones before."""

    def __init__(
        self,
        heads: dict[str, Head],
        known: dict[Key, Known],
        sources: dict[str, int],
        lineage: Lineage,
        *,
        now: int,
        tolerance: int,
    ) -> None:
        self._heads = heads
        self._known = known
        self._sources = sources
        self._lineage = lineage
        self._now = now
        self._tolerance = tolerance
        self._latest = now + tolerance
        self._plan = Plan()
        self._contradicted = NOT_PLANNED

    def plan(self, requests: Sequence[Request]) -> Plan:
        """Return the plan for all requests, in their order."""
        for request in requests:
            self._contradicted = NOT_PLANNED
            planned = len(self._plan.rows)
            try:
                self._plan.outcomes.append(self._one(request))
            except (Refused, Conflict, InvalidArgument) as error:
                if self._contradicted in range(planned):
                    self._plan.contradicted[len(self._plan.outcomes)] = self._contradicted
                self._plan.outcomes.append(error)
        return self._plan

    def _one(self, request: Request) -> Outcome:
        if len(request.events) == 1 and request.expected_version is None:
            # Tuples all the way: the collector lets go of those, and a batch makes one for every event.
            return (self._event(request.events[0]),)
        before = self._here(request)
        try:
            outcome = tuple(self._event(prepared) for prepared in request.events)
            if request.expected_version is not None:
                self._expect(request.expected_version, before, any(new for _, new in outcome))
        except (Refused, Conflict, InvalidArgument):
            self._return(before)
            raise
        return outcome

    @staticmethod
    def _expect(expected: int, before: _Before, writes: bool) -> None:
        if len(before.heads) != 1:
            raise InvalidArgument("expected_version speaks of one customer: append the customers' events one by one")
        [(customer, (actual, _))] = before.heads.items()
        if writes and actual != expected:
            raise VersionConflict(customer, expected, actual)

    def _here(self, request: Request) -> _Before:
        heads = (self._heads[prepared.event.customer_id] for prepared in request.events)
        return _Before(
            rows=len(self._plan.rows),
            links=len(self._plan.links),
            touched=len(self._plan.touched),
            heads={head.customer_id: (head.version, head.standing) for head in heads},
            lineage=self._lineage.copy(),
        )

    def _return(self, before: _Before) -> None:
        """Forget what a request planned before it failed: nothing of it is written, no stream of its own either."""
        for planned in self._plan.rows[before.rows :]:
            self._known.pop((planned.source, planned.prepared.key), None)
        del self._plan.rows[before.rows :]
        del self._plan.links[before.links :]
        for customer in list(self._plan.touched)[before.touched :]:
            del self._plan.touched[customer]
        for customer, (version, standing) in before.heads.items():
            head = self._heads[customer]
            head.version, head.standing = version, standing
        self._lineage = before.lineage

    def _event(self, prepared: Prepared) -> tuple[Known, bool]:
        event = prepared.event
        key = (self._sources[event.source], prepared.key)
        there = self._known.get(key)
        if there is not None:
            if there.digest != prepared.digest:
                self._contradicted = NOT_PLANNED if there.row is None else there.row
                raise ContentConflict(event.source, event.event_id, there.position if there.row is None else None)
            return there, False
        head = self._heads[event.customer_id]
        ruled = type(event.data) in rules.RULED
        if ruled or head.standing.erased or prepared.at > self._latest:
            self._decide(head, prepared, key)
        row = len(self._plan.rows)
        head.version += 1
        self._plan.rows.append(NewEvent(prepared, key[0], head.stream, head.version))
        self._plan.touched[event.customer_id] = head
        if ruled:
            head.standing = rules.evolve(head.standing, event)
            self._link(event, row)
        known = Known(head.stream, head.version, 0, event.type, prepared.digest, row)
        self._known[key] = known
        return known, True

    def _decide(self, head: Head, prepared: Prepared, key: Key) -> None:
        event = prepared.event
        rules.decide_time(event, prepared.at, self._now, self._tolerance)
        rules.decide(head.standing, event)
        data = event.data
        if isinstance(data, EventRetracted):
            rules.decide_retraction(event, head.stream, self._target(data, head, key))
        elif isinstance(data, CustomerMerged) and key not in self._lineage.unmerged:
            from_stream, into_stream = self._merged(data)
            rules.decide_merge(event, from_stream, into_stream, self._lineage.ancestors(into_stream))
            self._lineage.into.setdefault(from_stream, {})[key] = into_stream

    def _target(self, data: EventRetracted, head: Head, key: Key) -> Target | None:
        named = self._reference(data.source, data.event_id)
        if named == key:
            return Target(head.stream, "event.retracted")
        target = self._known.get(named)
        return None if target is None else Target(target.stream, target.type)

    def _link(self, event: Event[Any], row: int) -> None:
        data = event.data
        if isinstance(data, CustomerMerged):
            self._plan.links.append(Link(row, merge=self._merged(data)))
            for customer_id in (data.from_ or "", data.into or ""):
                self._plan.touched[customer_id] = self._heads[customer_id]
        elif isinstance(data, CustomerUnmerged):
            merge = self._reference(data.source, data.event_id)
            self._lineage.unmerged.add(merge)
            for parents in self._lineage.into.values():
                parents.pop(merge, None)
            self._plan.links.append(Link(row, unmerge=merge))
        elif isinstance(data, CustomerIdentified):
            self._plan.links.append(Link(row, identifier=(data.namespace, data.value or "")))

    def _merged(self, data: CustomerMerged) -> tuple[int, int]:
        return self._heads[data.from_ or ""].stream, self._heads[data.into or ""].stream

    def _reference(self, source: str, event_id: str) -> Key:
        return self._sources[source], key_of(event_id)
