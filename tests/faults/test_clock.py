"""The ledger's clock jumps, by microseconds and by centuries, back and forth: the log's own order stays what it is."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from ledger import Ledger
from ledger.errors import CustomerNotFound, OccurredInFuture
from ledger.events.event import utc
from ledger.store.append import TOLERANCE
from ledger.store.plan import Recorded
from tests.databases import DATABASES
from tests.faults.extent import many
from tests.faults.oracle import TIMES, answers, expect_sound, places, violations
from tests.ledgers import SetClock, empty, sqlite_copy
from tests.store.events import Wire, order

SECOND = 1_000_000
DAY = 86_400 * SECOND
LEAPS = (1, 1_000, SECOND, 3_600 * SECOND, DAY, 365 * DAY, 40 * 365 * DAY)
LAST = 253_402_300_799 * SECOND
"""The last second of the year 9999, the latest that an instant of the ledger can tell; 0 is 1970."""

THREADS = 4
HEAD = "SELECT recorded_at FROM log_head"


class JumpingClock:
    """A clock that goes on, but at one look in three is set anew: back by anything, ahead by a little, seldom by a lot.

    recorded_at waits at the latest time there was, so a clock that is always set far ahead would try nothing more.
    """

    def __init__(self, seed: int, start: int) -> None:
        self._chance = random.Random(seed)
        self._true = start
        self._off = 0
        self._lock = threading.Lock()
        self.jumps = 0

    def __call__(self) -> int:
        with self._lock:
            self._true += self._chance.randrange(DAY)
            if self._chance.random() < 0.3:
                self.jumps += 1
                self._off = self._set_to()
            return min(max(self._true + self._off, 0), LAST)

    def _set_to(self) -> int:
        kind = self._chance.random()
        if kind < 0.5:
            return -self._chance.choice(LEAPS)
        return self._chance.choice(LEAPS[:4] if kind < 0.995 else LEAPS[:6])


@pytest.fixture(params=DATABASES)
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[int], str]:
    """Give a function that returns the URL of an empty ledger, on SQLite and again on PostgreSQL."""
    if request.param == "sqlite":
        return lambda seed: sqlite_copy(tmp_path, f"ledger{seed}.db")
    kept: str = request.getfixturevalue("kept_postgres")

    def emptied(seed: int) -> str:
        empty(kept)
        return kept

    return emptied


def long_ago(customer: str) -> Wire:
    """Return an event that no clock of ours calls future, without an event_id of its producer."""
    wire = order("", customer, occurred_at="1970-01-01T00:00:00Z")
    return {name: value for name, value in wire.items() if name != "event_id"}


def append_all(ledger: Ledger, count: int) -> list[Recorded]:
    """Append one by one and by three together, for customers that all threads share."""
    kept: list[Recorded] = []
    for number in range(count):
        together = [long_ago(f"c{(number + place) % 5}") for place in range(3 if number % 4 == 0 else 1)]
        kept += ledger.append(together)
    return kept


def known(ledger: Ledger, customer: str, at: int) -> list[dict[str, Any]]:
    """Return what was known of a customer at an instant."""
    try:
        return ledger.history(customer, known_at=utc(at))
    except CustomerNotFound:
        # Said of a customer without any event; one whose events all came later has an empty history.
        return []


class Look(NamedTuple):
    """What was known of a customer at an instant, as it was told then."""

    customer: str
    at: int
    then: list[dict[str, Any]]


def look_back(ledger: Ledger, url: str, seed: int, over: threading.Event) -> list[Look]:
    """Ask again and again what was known before the last event was recorded; return what was told.

    The instant of the last event itself is not over: what is recorded while the clock is behind it bears it too.
    """
    chance = random.Random(seed)
    seen: list[Look] = []
    while not over.is_set():
        [(head,)] = answers(url, HEAD)
        at = max(0, head - chance.choice((1, 1, 2, SECOND, DAY)))
        if at < head:
            customer = f"c{chance.randrange(5)}"
            seen.append(Look(customer, at, known(ledger, customer, at)))
    return seen


def test_positions_times_and_past_knowledge_stand_whatever_the_clock_does(
    fresh: Callable[[int], str], tell: Callable[..., None]
) -> None:
    jumps = acknowledged = looks = times = 0
    for seed in range(many(1, 20)):
        url = fresh(seed)
        # The first clocks start at 1970, in our days, and where nanoseconds in 64 bits end.
        clock = JumpingClock(seed, (1_800_000_000 * SECOND, 0, 2**63 // 1_000)[seed % 3])
        over = threading.Event()
        with (
            Ledger.open(url, clock=clock) as ledger,
            ThreadPoolExecutor(THREADS + 1) as pool,
        ):
            reader = pool.submit(look_back, ledger, url, seed, over)
            writers = [pool.submit(append_all, ledger, many(12, 40)) for _ in range(THREADS)]
            kept = [place for writer in writers for place in writer.result(120)]
            over.set()
            seen = reader.result(60)
            changed = [look for look in seen if known(ledger, look.customer, look.at) != look.then]
            assert changed == [], f"seed {seed}"
        assert len({place.event_id for place in kept}) == len(kept), f"seed {seed}"
        assert {UUID(place.event_id).version for place in kept} == {7}
        assert all(place.recorded for place in kept)
        assert violations(url, places(kept), places(kept)) == [], f"seed {seed}"
        times += len({at for (at,) in answers(url, TIMES)})
        jumps += clock.jumps
        acknowledged += len(kept)
        looks += len(seen)
        expect_sound(url, {}, projections=seed % 5 == 0)
    # A clock that stood still for the log, or was never asked about, would show nothing.
    assert times > many(1, 100)
    assert looks > many(0, 100)
    tell(jumps=jumps, acknowledged=acknowledged, times=times, looks_back=looks, changed=0)


def test_the_future_begins_where_the_clock_is_now_whatever_it_was(
    clocked: Ledger, clock: SetClock, tell: Callable[..., None]
) -> None:
    chance = random.Random(7)
    recorded: list[tuple[Wire, Recorded]] = []
    refused = 0
    for number in range(many(40, 600)):
        clock.now = chance.choice((chance.randrange(LAST - DAY), clock.now + chance.choice(LEAPS), 0, LAST - DAY))
        clock.now = min(clock.now, LAST - DAY)
        ahead = chance.choice((-SECOND, 0, TOLERANCE, TOLERANCE + 1, TOLERANCE + DAY // 2))
        wire = order(f"o{number}", occurred_at=utc(max(0, clock.now + ahead)).isoformat())
        if ahead > TOLERANCE:
            with pytest.raises(OccurredInFuture):
                clocked.append(wire)
            refused += 1
        else:
            recorded += [(wire, place) for place in clocked.append(wire)]
        # What is recorded already is found, though its time be the future once more.
        if recorded:
            sent, place = chance.choice(recorded)
            [again] = clocked.append(sent)
            assert (again.position, again.recorded) == (place.position, False)
    assert [place.position for _, place in recorded] == list(range(1, len(recorded) + 1))
    assert refused > 0
    expect_sound(clocked.store.url, places(place for _, place in recorded))
    tell(appends=len(recorded), refused=refused)
