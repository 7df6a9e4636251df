"""Several projectors over one ledger: one leads, the others wait, and one of them goes on when it is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread, Timer

import pytest

from ledger import Ledger
from ledger.projecting.catch_up import catch_up_batch
from ledger.projecting.leading import Led, lead, stand_by
from tests.ledgers import SetClock
from tests.store.asking import column
from tests.store.events import order

PATIENCE = 60.0
ROUNDS = 6
"""Until they have met both apply some, and a machine that lets the leader rest too long lets the other one lead."""

SECOND = 1_000_000


class Projector:
    """A process that projects, and what it says it applied."""

    def __init__(self, process: subprocess.Popen[bytes], report: Path) -> None:
        self.process = process
        self._report = report

    @property
    def runs(self) -> bool:
        """Whether it has begun."""
        return self._report.exists()

    @property
    def applied(self) -> int:
        """How many events it says it applied."""
        lines = self._report.read_text().split("\n")[:-1] if self._report.exists() else []
        return sum(int(line.split()[0]) for line in lines)


@contextmanager
def projector(url: str, report: Path) -> Iterator[Projector]:
    process = subprocess.Popen([sys.executable, "-m", "tests.projecting.leading", url, str(report)])
    try:
        yield Projector(process, report)
    finally:
        process.kill()
        process.wait()


def until(holds: Callable[[], bool]) -> float:
    """Wait until something holds; return the seconds it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.02)
    return time.monotonic() - began


def position(ledger: Ledger) -> int:
    [at] = column(ledger, "SELECT DISTINCT position FROM checkpoints")
    return int(at)


def test_the_one_who_waits_goes_on_when_the_leader_is_killed_and_nothing_is_applied_twice(
    ledger: Ledger, quick_url: str, tmp_path: Path
) -> None:
    ledger.rebuild(workers=1)
    numbers = iter(range(100_000))

    def told(events: int) -> None:
        for _ in range(events):
            number = next(numbers)
            ledger.append(order(f"o{number}", f"c{number % 7}"))

    with ExitStack() as stack:
        pair = [stack.enter_context(projector(quick_url, tmp_path / f"{number}")) for number in range(2)]
        until(lambda: all(one.runs for one in pair))
        for _ in range(ROUNDS):
            shares = applied_of_fifty(pair, told)
            if max(shares.values()) >= 45:
                break
        else:
            pytest.fail(f"none of them leads: {shares.values()}")
        leader, other = sorted(pair, key=lambda one: -shares[one])
        leader.process.kill()
        leader.process.wait()
        recorded = leader.applied + other.applied
        told(10)
        assert until(lambda: position(ledger) == recorded + 10) < 20
        until(lambda: leader.applied + other.applied >= recorded + 10)
        assert leader.applied + other.applied == next(numbers) == recorded + 10
        assert sum(column(ledger, "SELECT events FROM journey_position")) == recorded + 10


def applied_of_fifty(pair: list[Projector], told: Callable[[int], None]) -> dict[Projector, int]:
    """Record fifty events, five at a time, and return how many of them each of the two applied."""
    before = {one: one.applied for one in pair}
    for _ in range(10):
        told(5)
        time.sleep(0.05)
    until(lambda: sum(one.applied for one in pair) >= sum(before.values()) + 50)
    return {one: one.applied - before[one] for one in pair}


def test_who_waits_is_told_when_the_leader_has_come_far_enough(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.projecting.leading.SILENCE", PATIENCE)
    ledger.rebuild(workers=1)
    ledger.append([order("o1"), order("o2")])
    followed = Timer(0.3, catch_up_batch, (ledger.store,))
    followed.start()
    assert stand_by(ledger.store, 2)
    followed.join()


def test_the_lead_is_free_once_nothing_moves_though_events_wait(
    quick_ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.projecting.leading.SILENCE", 0.3)
    quick_ledger.rebuild(workers=1)
    quick_ledger.append(order("o1"))
    assert not stand_by(quick_ledger.store)


def test_a_projector_tells_how_far_behind_the_log_each_batch_leaves_it(
    clocked: Ledger, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.projecting.leading.BEGIN", 2)
    clocked.rebuild(workers=1)
    clocked.append([order("o1"), order("o2")])
    clocked.append(order("o3", "bo"))
    clock.now += 5 * SECOND
    led = lead(clocked.store, 0.0)
    assert next(led) == Led(events=2, customers=1, position=2, parked=0, lag_events=1, lag_seconds=5.0)
    assert next(led) == Led(events=1, customers=1, position=3, parked=0, lag_events=0, lag_seconds=0.0)


def test_it_takes_in_news_at_once_and_ends_with_the_ledger(quick_ledger: Ledger) -> None:
    quick_ledger.rebuild(workers=1)
    made: list[int] = []
    following = Thread(target=lambda: made.extend(batch.events for batch in lead(quick_ledger.store, 0.0)))
    following.start()
    for number in range(3):
        quick_ledger.append(order(f"o{number}"))
        until(lambda wanted=number + 1: sum(made) == wanted)  # type: ignore[misc]  # bound now, not when it is asked
    quick_ledger.close()
    following.join(PATIENCE)
    assert not following.is_alive()
