"""One simulated person: their keys, their journey as intended, and the events that tell of it."""

from __future__ import annotations

from bisect import bisect_right
from random import Random
from typing import Any

from ledger.events.contacts import CONTACTS
from ledger.sample.bearing import LOOKING, MOVING, silent
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


Told = tuple[int, int, Line, bool]
"""An event written: when it arrives and occurred (milliseconds since 1970 UTC), its line, whether it comes again."""


class Person:
    """A person whose events are written as they are told; nothing at or after `until` is told.

    Before `known_at` the person is the visitor `anonymous`, from then on the customer `key`; the store knows
    them by `card` where they have one. `visits` is the journey intended, which every figure by stage follows;
    `habit` is the one way in which they look around while they are only aware. `open_spans` are the times in
    which a case of theirs was open, in microseconds.
    """

    __slots__ = (
        "anonymous", "card", "cases", "closing", "contacts", "currency", "draw", "entries", "habit", "key",
        "known_at", "offset", "open_spans", "orders", "random", "segments", "spoke_at", "suffix", "told", "truth",
        "until", "visits", "world",
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
        self.open_spans: list[tuple[int, int | None]] = []
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
        """Write an event of type `kind` at `at` (milliseconds), with `more` envelope fields, and return its id.

        Returns "" and writes nothing when that is too late, or when the event would move the journey.
        """
        if at >= self.until or (kind in MOVING and not self.idle(kind, at)):
            return ""
        return self.write(at, kind, data, channel, direction, source, **more)

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
        """Write an event as `tell` does, but whatever it does to the journey, and return its id."""
        # Half of a simulation's time is spent here: lookups are made once, and texts are not formatted.
        origin = source or (SOURCES.get(channel, "crm") if channel is not None else "crm")
        arrives = at + int(DELAYS[origin].at(self.draw()))
        key = self.key if at >= self.known_at else self.anonymous
        if origin == "store":
            arrives += NIGHT - at % DAY
            key = self.card if self.card is not None and at >= self.known_at else key
        arrives = min(arrives, self.world.end)
        name = event_id(at, self.random.getrandbits(80))
        line: Line = {
            "event_id": name,
            "source": origin,
            "type": kind,
            "customer_id": key,
            "occurred_at": text(at, self.offset, self.suffix),
            "received_at": text(arrives),
        }
        if channel is not None:
            line["channel"] = channel
            if kind in CONTACTS:
                self._contact(at, line, more)
        if direction is not None:
            line["direction"] = direction
        if more:
            line.update(more)
            if "time_precision" in more:
                self._round(at, line)
        line["data"] = data
        self.told.append((arrives, at, line, False))
        return name

    def _contact(self, at: int, line: Line, more: dict[str, Any]) -> None:
        self.contacts.append(
            (
                at, line["source"], more.get("source_sequence", -1), line["event_id"], line["channel"],
                more.get("interaction_id", ""), more.get("case_id", ""),
            )
        )  # fmt: skip

    def _round(self, at: int, line: Line) -> None:
        self.truth.count("precisions", line["time_precision"])
        if line["time_precision"] == "date":
            line["occurred_at"] = self.world.date(at)

    def idle(self, kind: str, at: int) -> bool:
        """Say whether an event of type `kind` at `at` leaves the journey as it is intended.

        Two ways of looking around within two weeks take an aware customer on, so the aware have one habit, and
        those who fell back to awareness, with other ways still remembered, have none.
        """
        place = bisect_right(self.entries, at)
        if not place or self.entries[place - 1] == at:
            # The instant in which a stage is entered belongs to the entry alone.
            return False
        stage = self.visits[place - 1].stage
        if kind in LOOKING and (stage == "win_back" or (stage == "awareness" and (place > 1 or kind != self.habit))):
            return False
        return silent(kind, stage)

    def speak(self, at: int) -> None:
        """Take that the person spoke for the company at `at`."""
        self.spoke_at = at if self.spoke_at is None else min(self.spoke_at, at)

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
