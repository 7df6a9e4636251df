"""Simulated callers: each sends events of its own making, and again what it sent, by the draw of the seed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from random import Random

from msgspec import Struct

from tests.faults.simulation.model import Key, Wire, merged
from tests.properties.logs import KINDS

SOURCES = ("crm", "web", "shop", "größe")
CUSTOMERS = ("ada@example.org", "bo", "cy", "dé", "'; --", "anonymous:7", "g", "h")
MINUTE = 60


class Fate(StrEnum):
    """What a caller knows of what it sent."""

    UNKNOWN = "unknown"
    KEPT = "kept"
    REFUSED = "refused"


class Errand(Struct):
    """What a caller wants kept: events together, or in bulk `each` for itself; and how far it has come."""

    caller: int
    events: list[Wire]
    expected: int | None = None
    each: bool = False
    fate: Fate = Fate.UNKNOWN

    def __str__(self) -> str:
        events = " ".join(shown(wire) for wire in self.events)
        expecting = "" if self.expected is None else f" expecting {self.expected}"
        return f"caller {self.caller} {'bulk' if self.each else 'append'} [{events}]{expecting}"


def shown(wire: Wire) -> str:
    """Return an event in short, for a trace."""
    data = wire["data"]
    about = f" of {data['source']}/{data['event_id']}" if "event_id" in data else ">".join(merged(wire))
    return f"{wire['source']}/{wire['event_id']} {wire['type']}{about} of {wire['customer_id']}"


class Callers:
    """Draws what is asked next; nothing but the seed and what was drawn before decides it."""

    def __init__(self, rng: Random, clock: Callable[[], int], version: Callable[[str], int]) -> None:
        self._rng = rng
        self._clock = clock
        self._version = version
        self._promised: list[Key] = []
        self._numbers = 0
        self.sent: list[Wire] = []
        self.errands: list[Errand] = []

    def draw(self) -> Errand:
        """Return the next errand of any caller: one still open first, as often as not."""
        caller = self._rng.randrange(4)
        mine = [errand for errand in self.errands if errand.caller == caller]
        unknown = [errand for errand in mine if errand.fate == Fate.UNKNOWN]
        if unknown and self._rng.random() < 0.6:
            return self._rng.choice(unknown)
        if mine and self._rng.random() < 0.15:
            return self._again(caller, self._rng.choice(mine))
        errand = self._new(caller)
        self.errands.append(errand)
        return errand

    def rival(self, held: Collection[str], wanted: Sequence[Wire]) -> Errand | None:
        """Return an errand for customers that nobody holds: of its own, or what another caller is about to keep."""
        free = [name for name in CUSTOMERS if name not in held]
        same = [wire for wire in wanted if wire["customer_id"] in free]
        if not free:
            return None
        wire = copy.deepcopy(self._rng.choice(same)) if same and self._rng.random() < 0.3 else self._fresh(free, wanted)
        self.sent.append(wire)
        self.errands.append(Errand(4, [wire]))
        return self.errands[-1]

    def _fresh(self, free: Sequence[str], wanted: Sequence[Wire]) -> Wire:
        promised, self._promised = self._promised, []
        wire = self._fact(self._rng.choice(free))
        self._promised = promised
        if self._rng.random() < 0.4:
            named = self._rng.choice(wanted)
            wire |= {"source": named["source"], "event_id": named["event_id"]}
        return wire

    def _new(self, caller: int) -> Errand:
        rng = self._rng
        shape = rng.choices(("one", "together", "bulk", "empty"), (55, 30, 14, 1))[0]
        if shape == "bulk":
            return Errand(caller, [self._event() for _ in range(rng.randint(2, 12))], each=True)
        customer = rng.choice(CUSTOMERS)
        count = {"one": 1, "together": rng.randint(2, 5), "empty": 0}[shape]
        alone = rng.random() < 0.7
        events = [self._event(customer if alone else None) for _ in range(count)]
        return Errand(caller, events, expected=self._expectation(customer))

    def _expectation(self, customer: str) -> int | None:
        chance = self._rng.random()
        if chance < 0.7:
            return None
        return self._version(customer) + (self._rng.choice((-1, 1, 2)) if chance > 0.9 else 0)

    def _again(self, caller: int, earlier: Errand) -> Errand:
        """Send what was answered already: as it was, with company, in part, or the other way round."""
        events = copy.deepcopy(earlier.events)
        how = self._rng.choice(("same", "company", "part", "reversed", "received"))
        if how == "company":
            events.append(self._event())
        elif how == "part":
            events = events[: max(1, len(events) // 2)]
        elif how == "reversed":
            events.reverse()
        elif how == "received":
            events = [{**wire, "received_at": self._time(-1)} for wire in events]
        expected = earlier.expected if how == "same" else None
        errand = Errand(caller, events, expected, each=earlier.each and how != "same")
        self.errands.append(errand)
        return errand

    def _event(self, customer: str | None = None) -> Wire:
        rng = self._rng
        who = customer if customer is not None else rng.choice(CUSTOMERS)
        if self.sent and rng.random() < 0.06:
            wire = self._other_content(rng.choice(self.sent))
        elif self.sent and rng.random() < 0.03:
            wire = copy.deepcopy(rng.choice(self.sent))
        else:
            draws = (self._fact, self._retraction, self._merge, self._unmerge, self._consent, self._correction)
            wire = rng.choices(draws, (66, 9, 6, 5, 9, 4))[0](who)
        self.sent.append(wire)
        return wire

    def _other_content(self, earlier: Wire) -> Wire:
        wire = copy.deepcopy(earlier)
        if self._rng.random() < 0.3:
            wire["customer_id"] = self._rng.choice([name for name in CUSTOMERS if name != wire["customer_id"]])
        else:
            wire["reason"] = f"again {len(self.sent)}"
        return wire

    def _wire(self, type: str, customer: str, data: dict[str, object]) -> Wire:
        source, event_id = self._key()
        ahead = self._rng.random() < 0.03
        return {
            "event_id": event_id,
            "source": source,
            "type": type,
            "customer_id": customer,
            "occurred_at": self._time(self._rng.randint(6, 3_000) if ahead else -self._rng.randint(0, 9_000)),
            "data": data,
        }

    def _key(self) -> Key:
        rng = self._rng
        if self._promised and rng.random() < 0.3:
            return self._promised.pop(rng.randrange(len(self._promised)))
        self._numbers += 1
        form = rng.randrange(3)
        digits = f"{rng.getrandbits(128):032x}"
        uuid = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
        return rng.choice(SOURCES), (uuid, f"e{self._numbers}", f"é{self._numbers} ✓")[form]

    def _time(self, minutes: int) -> str:
        """Return an instant so far from now, at half a minute, where no jump of the clock makes it a border case."""
        seconds = self._clock() // 1_000_000 + minutes * MINUTE - MINUTE // 2
        return datetime.fromtimestamp(seconds, UTC).isoformat()

    def _fact(self, customer: str) -> Wire:
        kind, data = self._rng.choice(KINDS)
        wire = self._wire(kind, customer, dict(data))
        for name, values in (("channel", ("web", "phone")), ("case_id", ("k1", "k2")), ("stage_hint", ("use",))):
            if self._rng.random() < 0.3:
                wire[name] = self._rng.choice(values)
        return wire

    def _target(self, types: Sequence[str] = ()) -> tuple[Key, str | None]:
        """Return an event to refer to and its customer: one that was sent, or one that is yet to come."""
        found = [wire for wire in self.sent if not types or wire["type"] in types]
        if found and self._rng.random() < 0.8:
            wire = self._rng.choice(found)
            return (wire["source"], wire["event_id"]), wire["customer_id"]
        key = self._key()
        self._promised.append(key)
        return key, None

    def _retraction(self, customer: str) -> Wire:
        (source, event_id), owner = self._target()
        who = owner if owner is not None and self._rng.random() < 0.8 else customer
        wire = self._wire("event.retracted", who, {"source": source, "event_id": event_id})
        if self._rng.random() < 0.03:
            wire["data"] = {"source": wire["source"], "event_id": wire["event_id"]}
        return wire

    def _merge(self, customer: str) -> Wire:
        absorbed = self._rng.choice(CUSTOMERS)
        return self._wire("customer.merged", customer, {"from": absorbed, "into": customer})

    def _unmerge(self, customer: str) -> Wire:
        (source, event_id), owner = self._target(("customer.merged",))
        who = owner if owner is not None and self._rng.random() < 0.8 else customer
        return self._wire("customer.unmerged", who, {"source": source, "event_id": event_id})

    def _consent(self, customer: str) -> Wire:
        kind, data = self._rng.choices(
            (
                ("customer.erased", {}),
                ("consent.granted", {"purpose": "mail"}),
                ("customer.identified", {"namespace": "email", "value": "a@b.c"}),
            ),
            (4, 6, 3),
        )[0]
        return self._wire(kind, customer, dict(data))

    def _correction(self, customer: str) -> Wire:
        (source, event_id), owner = self._target()
        return self._wire(
            "stage.corrected", owner or customer, {"source": source, "event_id": event_id, "stage": "renewal"}
        )
