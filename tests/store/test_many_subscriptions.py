"""Many who follow one log, and many who write it: what waiting costs the database, and that nobody misses anything."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from typing import Any

import pytest
from sqlalchemy import QueuePool, event
from sqlalchemy.engine import make_url

from ledger import Ledger
from ledger.queries.subscribe import Subscription
from tests.store.asking import ask
from tests.store.doors import file_of
from tests.store.events import Wire, fact, order
from tests.store.following import eventually, following

IDLE = 0.3
"""Seconds after which a subscription that gets nothing looks as seldom as it ever does."""

MANY = 50


@pytest.fixture
def other(ledger: Ledger, quick_url: str) -> Iterator[Ledger]:
    """Give the same ledger opened once more: the first hears as little of it as of another process."""
    with Ledger.open(quick_url) as opened:
        yield opened


def in_use(ledger: Ledger) -> int:
    """How many connections are out of the ledger's pool."""
    pool = ledger.store.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


def test_fifty_subscriptions_wait_on_one_connection_and_all_are_served(ledger: Ledger, other: Ledger) -> None:
    ledger.append(order("first"))
    before = in_use(ledger)  # what appends keeps its own
    with following(*(ledger.subscribe() for _ in range(MANY))) as followers:
        for follower in followers:
            follower.reached(1)
        time.sleep(IDLE)
        eventually(lambda: in_use(ledger) <= before + 1)
        for number in range(3):
            other.append(order(f"o{number}"))
            ledger.append(order(f"p{number}"))
        for follower in followers:
            follower.reached(7)
        eventually(lambda: in_use(ledger) <= before + 1)
    assert all(follower.positions == [1, 2, 3, 4, 5, 6, 7] for follower in followers)
    assert in_use(ledger) <= before


def test_whoever_is_left_looks_when_the_one_who_looked_for_all_has_stopped(ledger: Ledger, other: Ledger) -> None:
    with following(*(ledger.subscribe() for _ in range(4))) as followers:
        for number, follower in enumerate(followers):
            time.sleep(IDLE)
            follower.subscription.stop()
            follower.ended()
            other.append(order(f"o{number}"))
            for left in followers[number + 1 :]:
                left.reached(number + 1)


def test_what_is_recorded_right_after_a_look_is_news_to_who_looked(ledger: Ledger) -> None:
    """Nobody else would tell: the one who looks at the log for all has seen it by then."""
    ledger.append(order("o1"))
    with following(ledger.subscribe()) as [first]:
        first.reached(1)
        time.sleep(IDLE)
        late = ledger.subscribe()
        looking = [threading.get_ident()]

        def looked(*_: Any) -> None:
            if looking == [threading.get_ident()]:
                looking.clear()
                ledger.append(order("o2"))
                first.reached(2)
                time.sleep(0.05)

        event.listen(ledger.store.engine, "checkin", looked)
        assert next(late)["position"] == 1
        event.remove(ledger.store.engine, "checkin", looked)
        with following(late) as [second]:
            second.reached(2)


def test_who_waits_behind_the_one_who_looks_for_all_is_not_forgotten(ledger: Ledger, other: Ledger) -> None:
    """What another process recorded is no news to who looks: it was seen when that one began."""
    other.append(order("o1"))
    slow = ledger.subscribe()
    assert next(slow)["position"] == 1
    other.append(order("o2"))
    with following(ledger.subscribe(after="end")):
        time.sleep(IDLE)
        with following(slow) as [behind]:
            behind.reached(2)


def test_a_waiting_subscription_keeps_no_snapshot(ledger: Ledger, other: Ledger, quick_url: str) -> None:
    with following(ledger.subscribe()) as [follower]:
        held, rounds = 0, 16
        for number in range(1, rounds + 1):
            other.append(order(f"o{number}"))
            follower.reached(number)
            time.sleep(0.05)  # until it has looked once more, in vain
            held += snapshots(other, quick_url)
        assert held <= rounds / 2  # a look takes a moment, and on a busy machine it may be met more than once


def snapshots(ledger: Ledger, url: str) -> int:
    """How many others hold something back: the checkpoint of a SQLite file, or a vacuum."""
    if make_url(url).get_backend_name() == "postgresql":
        [(held,)] = ask(
            ledger,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND (state LIKE 'idle in transaction%' OR state = 'idle' AND backend_xmin IS NOT NULL)",
        )
        return int(held)
    with closing(sqlite3.connect(file_of(url), timeout=0, isolation_level=None)) as plain:
        busy, _, _ = plain.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return int(busy)


def test_whoever_starts_anywhere_and_stops_and_goes_on_at_will_sees_every_event_once_in_order(
    ledger: Ledger, other: Ledger, quick_url: str
) -> None:
    """The writers are threads on two open ledgers, and another process."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    for number in range(30):
        ledger.append(fact(f"first{number}", chance.choice(["page.viewed", "order.cancelled"]), f"c{number % 5}"))
    total = 30 + 3 * 60 + 40
    crew = [Wanderer(chance.random(), [ledger, other], total) for _ in range(6)]
    command = [sys.executable, "-m", "tests.store.appending", quick_url, "0", "40"]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
        ThreadPoolExecutor(len(crew) + 4) as pool,
    ):
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        wandering = [pool.submit(wanderer.wander) for wanderer in crew]
        writing = [pool.submit(write, [ledger, other, ledger][thread], thread, chance.random()) for thread in range(3)]
        process.communicate("go\n", timeout=60)
        for task in [*writing, *wandering]:
            task.result(60)
    types = dict(ask(ledger, "SELECT position, type FROM events"))
    assert sorted(types) == list(range(1, total + 1)), f"seed {seed}"
    for wanderer in crew:
        wanted = [place for place in range(wanderer.start + 1, total + 1) if wanderer.takes(types[place])]
        assert wanderer.seen == wanted, f"seed {seed}"


def write(ledger: Ledger, thread: int, seed: float) -> None:
    """Append 60 events, one or several together, with pauses now and then."""
    chance = random.Random(seed)
    left = [viewed_or_cancelled(thread, number, chance) for number in range(60)]
    while left:
        size = chance.choice([1, 1, 1, 2, 7])
        ledger.append(left[:size])
        del left[:size]
        if chance.random() < 0.2:
            time.sleep(chance.random() * 0.03)


def viewed_or_cancelled(thread: int, number: int, chance: random.Random) -> Wire:
    return fact(f"w{thread}-{number}", chance.choice(["page.viewed", "order.cancelled"]), f"c{chance.randrange(5)}")


class Wanderer:
    """Follows the log from somewhere to its end, with stops, on one open ledger or the other."""

    def __init__(self, seed: float, ledgers: list[Ledger], total: int) -> None:
        self._chance = random.Random(seed)
        self._ledgers = ledgers
        self._total = total
        self.start = self._chance.randrange(31)
        self.types = self._chance.choice([(), (), ("page.viewed",), ("order.placed", "order.cancelled")])
        self.seen: list[int] = []

    def takes(self, type: str) -> bool:
        return not self.types or type in self.types

    def wander(self) -> None:
        place = self.start
        while place < self._total:
            ledger = self._chance.choice(self._ledgers)
            with ledger.subscribe(after=place, types=self.types) as subscription:
                self._follow(subscription)
                place = subscription.position

    def _follow(self, subscription: Subscription) -> None:
        """Take some events, until enough were taken or somebody says stop."""
        stopping = threading.Timer(self._chance.random() * 0.1, subscription.stop)
        stopping.start()
        try:
            self.seen.extend(given["position"] for given in islice(subscription, self._chance.randrange(1, 40)))
        finally:
            stopping.cancel()
            stopping.join()
