"""A rebuild killed at any moment: no table is wrong, readers are always served a whole version, and it goes on."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from sqlalchemy import text

from ledger import Ledger
from ledger.projecting.rebuild import rebuild
from ledger.store.engine import reading
from ledger.store.plan import Recorded
from ledger.store.serving import require_serving
from tests.faults.extent import many
from tests.store.events import merge, order

KILLS = many(4, 100)
CUSTOMERS = 60
CONTROL = 2
"""Merges, which no fold sees."""

LONGEST = 4.0
"""Seconds within which the rebuild is killed, or is done."""


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    wires = [merge("m1", "c01", "c50"), merge("m2", "c59", "c02")]
    wires += [order(f"o{number}", f"c{number % CUSTOMERS:02}") for number in range(300)]
    assert all(isinstance(outcome, Recorded) for outcome in ledger.append_many(wires))
    ledger.rebuild()
    return ledger


def served(ledger: Ledger) -> int:
    """Return the version that is served, once it holds every event up to the position it says it stands at."""
    with reading(ledger.store.engine) as connection:
        model, position = require_serving(connection, ledger.store.context)
        [events, customers] = connection.execute(text("SELECT sum(events), count(*) FROM journey_position")).one()
        [touchpoints] = connection.execute(text("SELECT sum(touchpoints) FROM channel_history")).one()
    assert (events, customers) == (position - CONTROL, CUSTOMERS - CONTROL)
    assert touchpoints == position - CONTROL
    return model


@contextmanager
def readers(url: str) -> Iterator[dict[str, int]]:
    """Read all the while; what was read, and whatever went wrong is raised at the end."""
    counts, wrong, over = {"reads": 0}, list[BaseException](), Event()

    def read() -> None:
        with Ledger.open(url) as own:
            while not over.is_set():
                try:
                    served(own)
                    counts["reads"] += 1
                except BaseException as error:  # noqa: BLE001 — told by the test's own thread
                    wrong.append(error)
                    return
                time.sleep(0.005)

    thread = Thread(target=read)
    thread.start()
    try:
        yield counts
    finally:
        over.set()
        thread.join(60)
    if wrong:
        raise wrong[0]


def killed(url: str, workers: int, after: float) -> bool:
    """Rebuild in a process that is killed; say whether it was done before."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.projecting.rebuilding", url, str(workers)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate(timeout=60)
    return "done" in rest


def test_no_table_is_ever_wrong_and_the_next_rebuild_goes_on(told: Ledger, tell: Callable[..., None]) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    done = resumed = 0
    longest = 1.0
    with readers(told.store.url) as counts:
        for number in range(KILLS):
            told.append(order(f"late {number}", f"c{chance.randrange(CUSTOMERS):02}"))
            started = time.monotonic()
            if killed(told.store.url, chance.choice([1, 2]), chance.random() * longest):
                done += 1
                longest = max(0.1, min(longest, time.monotonic() - started))
            else:
                longest = min(LONGEST, longest * 1.1)
            served(told)
            assert told.verify(whole=True).ok, f"seed {seed}"
            if chance.random() < 0.5:
                made = rebuild(told.store)
                assert made.live, f"seed {seed}"
                resumed += made.resumed > 0
                assert told.verify(whole=True).ok, f"seed {seed}"
    assert rebuild(told.store).live
    assert told.verify(whole=True).ok
    tell(seed=seed, kills=KILLS, done_before=done, gone_on_with=resumed, reads=counts["reads"], wrong=0)
