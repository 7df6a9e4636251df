"""What must be in the log, told by a plain list of what was kept: it shares no code with what it judges.

It holds histories where the ledger holds heads, and finds every answer by looking through them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

Wire: TypeAlias = dict[str, Any]
Key = tuple[str, str]
"""(source, event_id)."""

TOLERANCE = 300 * 1_000_000
UNRETRACTABLE = ("event.retracted", "customer.merged", "customer.unmerged", "customer.erased")


class Asked(NamedTuple):
    """A caller's request: events to keep together, as wire objects, and when the ledger received each."""

    events: tuple[tuple[Wire, int], ...]
    expected: int | None


class Kept(NamedTuple):
    """An event of the log, as the model knows it."""

    position: int
    version: int
    wire: Wire
    received: int
    recorded: int


class Answer(NamedTuple):
    """What a caller is told: the places of its events, with whether each is new, or why nothing was kept."""

    places: tuple[tuple[int, int, bool], ...] = ()
    why: str | None = None
    facts: tuple[object, ...] = ()


class RefusalError(Exception):
    """Why the model keeps a request out."""

    def __init__(self, why: str, *facts: object) -> None:
        super().__init__(why)
        self.answer = Answer(why=why, facts=facts)


class Model:
    """The log that must be: what was kept, in the order of positions, and each customer's part of it."""

    def __init__(self) -> None:
        self.log: dict[Key, Kept] = {}
        self.streams: dict[str, tuple[Kept, ...]] = {}
        self.recorded = 0

    def copy(self) -> Model:
        """Return a log that grows by itself."""
        copied = Model()
        copied.log, copied.streams, copied.recorded = dict(self.log), dict(self.streams), self.recorded
        return copied

    def version(self, customer: str) -> int:
        """Return how many events a customer has."""
        return len(self.streams.get(customer, ()))

    def transaction(self, requests: Iterable[Asked], now: int) -> tuple[Model, list[Answer]]:
        """Return the log after the requests, if their transaction is committed, and what each is told."""
        after = self.copy()
        after.recorded = max(now, self.recorded)
        answers = []
        for asked in requests:
            trial = after.copy()
            try:
                answers.append(trial._request(asked, now))
                after = trial
            except RefusalError as refusal:
                answers.append(refusal.answer)
        if len(after.log) == len(self.log):
            after.recorded = self.recorded
        return after, answers

    def _request(self, asked: Asked, now: int) -> Answer:
        customers = {wire["customer_id"] for wire, _ in asked.events}
        versions = {customer: self.version(customer) for customer in customers}
        before = len(self.log)
        places = tuple(self._event(wire, received, now, before) for wire, received in asked.events)
        if asked.expected is not None and asked.events:
            if len(versions) != 1:
                raise RefusalError("InvalidArgument")
            [(customer, actual)] = versions.items()
            if actual != asked.expected and any(new for *_, new in places):
                raise RefusalError("VersionConflict", customer, asked.expected, actual)
        return Answer(places)

    def _event(self, wire: Wire, received: int, now: int, before: int) -> tuple[int, int, bool]:
        key = (wire["source"], wire["event_id"])
        there = self.log.get(key)
        if there is not None:
            if there.wire != wire:
                # Of its own call's events none is kept, so that one has no position.
                raise RefusalError("ContentConflict", *key, None if there.position > before else there.position)
            return there.position, there.version, False
        self._decide(wire, key, now)
        customer = wire["customer_id"]
        kept = Kept(len(self.log) + 1, self.version(customer) + 1, wire, received, self.recorded)
        self.log[key] = kept
        self.streams[customer] = (*self.streams.get(customer, ()), kept)
        for other in merged(wire):
            self.streams.setdefault(other, ())
        return kept.position, kept.version, True

    def _decide(self, wire: Wire, key: Key, now: int) -> None:
        if instant(wire["occurred_at"]) > now + TOLERANCE:
            raise RefusalError("OccurredInFuture")
        history = [kept.wire for kept in self.streams.get(wire["customer_id"], ())]
        if erased(history) and wire["type"] != "consent.granted":
            raise RefusalError("CustomerErased")
        if wire["type"] == "event.retracted":
            self._decide_retraction(wire, key, history)
        if wire["type"] == "customer.merged" and key not in self.undone():
            self._decide_merge(*merged(wire))

    def _decide_retraction(self, wire: Wire, key: Key, history: Sequence[Wire]) -> None:
        named = named_by(wire)
        if named in [named_by(earlier) for earlier in history if earlier["type"] == "event.retracted"]:
            raise RefusalError("AlreadyRetracted")
        target = self.log.get(named)
        if named == key:
            raise RefusalError("CannotRetract")
        if target is not None and target.wire["customer_id"] != wire["customer_id"]:
            raise RefusalError("CannotRetract")
        if target is not None and target.wire["type"] in UNRETRACTABLE:
            raise RefusalError("CannotRetract")

    def _decide_merge(self, absorbed: str, into: str) -> None:
        undone = self.undone()
        links = [
            merged(kept.wire)
            for key, kept in self.log.items()
            if kept.wire["type"] == "customer.merged" and key not in undone
        ]
        above = {into}
        for _ in links:
            above |= {link_into for link_from, link_into in links if link_from in above}
        if absorbed in above:
            raise RefusalError("MergeCycle")

    def undone(self) -> set[Key]:
        """Return the merges that an unmerge names."""
        return {named_by(kept.wire) for kept in self.log.values() if kept.wire["type"] == "customer.unmerged"}


def erased(history: Sequence[Wire]) -> bool:
    """Say whether the last word of a customer's history is an erasure."""
    words = [wire["type"] for wire in history if wire["type"] in ("customer.erased", "consent.granted")]
    return bool(words) and words[-1] == "customer.erased"


def named_by(wire: Wire) -> Key:
    """Return the event that an event is about."""
    return wire["data"]["source"], wire["data"]["event_id"]


def merged(wire: Wire) -> tuple[str, ...]:
    """Return the customer absorbed and the one who survives; nothing for any other event."""
    return (wire["data"]["from"], wire["data"]["into"]) if wire["type"] == "customer.merged" else ()


def instant(text: str) -> int:
    """Return microseconds since 1970 UTC."""
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000
