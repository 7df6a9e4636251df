"""Load: what many callers are timed by."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import count

import pytest

from ledger.sample.load import Pace, paced


def test_every_thing_is_handed_over_once_and_what_was_kept_is_counted() -> None:
    given: list[int] = []

    def keep(number: int) -> int:
        given.append(number)
        return number % 2

    pace = paced(keep, range(1_001), threads=7, seconds=60, stock=100)
    assert sorted(given) == list(range(1_001))
    assert pace.kept == 500
    assert len(pace.waits) == 1_001


def test_callers_work_at_once() -> None:
    meeting = threading.Barrier(4)
    paced(lambda _: meeting.wait(20), range(8), threads=4, seconds=60)
    assert not meeting.broken


def test_time_that_makes_the_things_is_not_counted_and_the_rest_ends_in_time() -> None:
    making, handling = Slow(0.01), Slow(0.002)

    def made() -> Iterator[int]:
        for number in count():
            making(number)
            yield number

    began = time.perf_counter()
    pace = paced(handling, made(), threads=1, seconds=0.05, stock=10)
    took = time.perf_counter() - began
    # However long a busy machine lets each of them take, none of it is in two of these.
    assert making.seconds + pace.seconds <= took
    assert handling.seconds <= sum(pace.waits) <= pace.seconds
    assert 0.05 <= pace.seconds < 5
    assert pace.kept == len(pace.waits) == handling.calls


class Slow:
    """Takes a while for each call; `seconds` is how long all of them really took."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self.seconds = 0.0
        self.calls = 0

    def __call__(self, _number: int) -> int:
        began = time.perf_counter()
        time.sleep(self._pause)
        self.calls += 1
        self.seconds += time.perf_counter() - began
        return 1


def test_what_one_caller_raises_ends_all_and_is_told() -> None:
    first: list[int] = []

    def keep(number: int) -> int:
        if number == 0:
            first.append(threading.get_ident())
        time.sleep(0.001)
        if number >= 20 and threading.get_ident() not in first:  # the first to be asked how it went goes on
            raise OSError("the disk failed")
        return 1

    began = time.perf_counter()
    with pytest.raises(OSError, match="the disk failed"):
        paced(keep, count(), threads=4, seconds=60, stock=200_000)
    assert time.perf_counter() - began < 30


def test_a_wait_is_told_as_a_share_of_the_calls() -> None:
    pace = Pace(kept=100, seconds=2.0, waits=[number / 1000 for number in range(100, 0, -1)])
    assert pace.rate == 50
    assert (pace.wait(0), pace.wait(0.5), pace.wait(0.99), pace.wait(1)) == pytest.approx((1, 51, 100, 100))
    assert (Pace().rate, Pace().wait(0.5)) == (0, 0)
