"""One simulated person: their keys, their journey as intended, and the events that tell of it."""

from __future__ import annotations

from bisect import bisect_right
from random import Random
from typing import Any, NamedTuple

from ledger.events.contacts import CONTACTS
from ledger.sample.bearing import LOOKING, LOWEST, ONLY, silent
from ledger.sample.clock import DAY, MINUTE, event_id, text
from ledger.sample.delays import DELAYS, NIGHT
from ledger.sample.truth import CaseTruth, Truth
from ledger.sample.visit import Visit
from ledger.sample.world import World

Line = dict[str, Any]
"""One event on the wire."""

SOURCES = {
    "web": "web",
    "app": "web",
    "chat": "web",
    "phone": "callcentre",
    "call_centre": "callcentre",
    "store": "store",
    "branch": "store",
}
"""Which system records a channel; the crm records the others, and what has no channel."""


class Told(NamedTuple):
    """An event written: when it arrives and occurred (milliseconds since 1970 UTC), its line, and if it comes again."""

    arrives: int
    at: int
    line: Line
    again: bool = False


class Person:
    """A person whose events are written as they are told; nothing at or after `until` is told.

    Before `known_at` the person is the visitor `anonymous`, from then on the customer `key`; the store knows
    them by `card` where they have one. `visits` is the journey intended, which every figure by stage follows;
    `habit` is the one way in which they look around while they are only aware.
    """

    __slots__ = (
        "anonymous", "card", "cases", "closing", "contacts", "currency", "draw", "entries", "habit", "key", "known_at",
        "offset", "orders", "random", "segments", "spoke_at", "suffix", "told", "truth", "until", "visits", "world",
    )  # fmt: skip

    def __init__(self, world: World, truth: Truth, random: Random, key: str) -> None:
        self.world = world
        self.truth = truth
        self.random = random
        self.draw = random.random
        self.key = key
        self.anonymous = key
        self.card: str | None = None
        self.known_at = 0
        self.until = world.end
        self.currency = "EUR"
        self.offset, self.suffix = world.clock(self.draw())
        self.visits: list[Visit] = []
        self.entries: list[int] = []
        self.habit = "page.viewed"
        self.told: list[Told] = []
        self.closing: list[Told] = []
        self.contacts: list[tuple[int, str, int, str, str, str, str]] = []
        self.cases: list[CaseTruth] = []
        self.orders: list[int] = []
        self.segments: dict[str, tuple[int, str]] = {}
        self.spoke_at: int | None = None

    def intend(self, visits: list[Visit]) -> None:
        """Take the journey that the events are to tell."""
        self.visits = visits
        self.entries = [visit.entered_at for visit in visits]

    def stage_at(self, at: int) -> str:
        """Return the primary stage at the instant `at`, "" before the first."""
        index = bisect_right(self.entries, at)
        return self.visits[index - 1].stage if index else ""

    def tell(
        self,
        at: int,
        kind: str,
        data: dict[str, Any],
        channel: str | None = None,
        direction: str | None = None,
        source: str | None = None,
        **more: Any,
    ) -> str:
        """Write an event of type `kind` at `at` (milliseconds) and return its id.

        Returns "" and writes nothing when that is too late, or when the event would move the journey.
        """
        if at >= self.until or ((kind in LOWEST or kind in ONLY) and not self._silent(kind, at)):
            return ""
        return self.write(at, kind, data, channel, direction, source, **more)

    def _silent(self, kind: str, at: int) -> bool:
        # An instant in which a stage is entered belongs to the entry alone.
        return at not in self.entries and silent(kind, self.stage_at(at)) and self.idle(kind, at)

    def idle(self, kind: str, at: int) -> bool:
        """Say whether looking around in this way at `at` stays without consequence.

        Two ways of it within two weeks take an aware customer on, so the aware have one habit, and those who
        fell back to awareness, with other ways still remembered, have none.
        """
        if kind not in LOOKING:
            return True
        place = bisect_right(self.entries, at)
        stage = self.visits[place - 1].stage if place else ""
        return stage != "win_back" and (stage != "awareness" or (place == 1 and kind == self.habit))

    def write(
        self,
        at: int,
        kind: str,
        data: dict[str, Any],
        channel: str | None = None,
        direction: str | None = None,
        source: str | None = None,
        **more: Any,
    ) -> str:
        """Write an event whatever it does to the journey, and return its id."""
        origin = source or (SOURCES.get(channel, "crm") if channel is not None else "crm")
        start = at - at % DAY + NIGHT if origin == "store" else at
        name = event_id(at, self.random.getrandbits(74))
        precision = more.pop("time_precision", None)
        line: Line = {"event_id": name, "source": origin, "type": kind, "customer_id": self.key_at(at, origin)}
        if precision is None:
            line["occurred_at"] = text(at, self.offset, self.suffix)
        else:
            line["occurred_at"] = self.world.date(at) if precision == "date" else text(at, self.offset, self.suffix)
            line["time_precision"] = precision
        arrives = start + int(DELAYS[origin].at(self.draw()))
        line["received_at"] = text(min(arrives, self.world.end))
        if channel is not None:
            line["channel"] = channel
        if direction is not None:
            line["direction"] = direction
        if more:
            line.update(more)
        line["data"] = data
        self.told.append(Told(arrives, at, line))
        if kind in CONTACTS and channel is not None:
            sequence = more.get("source_sequence", -1)
            self.contacts.append(
                (at, origin, sequence, name, channel, more.get("interaction_id", ""), more.get("case_id", ""))
            )
        return name

    def speak(self, at: int) -> None:
        """Take that the person spoke for the company at `at`."""
        self.spoke_at = at if self.spoke_at is None else min(self.spoke_at, at)

    def key_at(self, at: int, origin: str) -> str:
        """Return the key that the system `origin` knows the person by at `at`."""
        if at < self.known_at:
            return self.anonymous
        return self.card if self.card is not None and origin == "store" else self.key

    def rough(self, at: int) -> tuple[int, dict[str, str]]:
        """Return `at` as a source keeps it that knows only dates or minutes, with that precision; or as it is.

        The instant moves back to the start of its day in the world's zone or of its minute, but never out of
        its stage, so that the journey stays the one intended.
        """
        share = self.draw()
        if share >= 0.6:
            return at, {"time_precision": "unknown"} if share >= 0.98 else {}
        precision = "date" if share < 0.35 else "minute"
        moved = self.world.start_of_day(at) if precision == "date" else at - at % MINUTE
        index = bisect_right(self.entries, at)
        entered = self.entries[index - 1] if index else at
        return (moved, {"time_precision": precision}) if moved > entered else (at, {})
