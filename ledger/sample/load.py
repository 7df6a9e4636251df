"""Load: many callers at once, and how fast they were served."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from threading import Event
from typing import TypeVar

T = TypeVar("T")

STOCK = 20_000
"""Things that are made ready at once, while no clock runs."""


@dataclass
class Pace:
    """How fast callers were served; `waits` are the seconds of each call, `kept` what they kept in all."""

    kept: int = 0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """What was kept a second."""
        return self.kept / self.seconds if self.seconds else 0.0

    def wait(self, share: float) -> float:
        """Return the milliseconds within which this share of the calls was answered; 1 is the longest of all."""
        ordered = sorted(self.waits)
        return 1e3 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def paced(keep: Callable[[T], int], things: Iterable[T], *, threads: int, seconds: float, stock: int = STOCK) -> Pace:
    """Let so many threads hand over one thing after another until the time is over or nothing is left.

    `keep` says how much of what it was given was kept. What makes the things is not counted: a stock of them is
    ready before the clock runs, and the clock stands still while the next one is made. What `keep` raises ends
    all and is raised.
    """
    pace, coming = Pace(), iter(things)
    with ThreadPoolExecutor(threads) as pool:
        while pace.seconds < seconds and (ready := list(islice(coming, stock))):
            _round(pool, keep, ready, threads, seconds, pace)
    return pace


def _round(
    pool: ThreadPoolExecutor, keep: Callable[[T], int], ready: list[T], threads: int, seconds: float, pace: Pace
) -> None:
    stopped = Event()
    queue = iter(ready)
    began = time.perf_counter()
    until = began + seconds - pace.seconds
    working = [pool.submit(_work, keep, queue, until, stopped) for _ in range(threads)]
    try:
        for future in working:
            kept, waits = future.result()
            pace.kept += kept
            pace.waits += waits
    finally:
        stopped.set()
    pace.seconds += time.perf_counter() - began


def _work(keep: Callable[[T], int], queue: Iterator[T], until: float, stopped: Event) -> tuple[int, list[float]]:
    kept, waits = 0, []
    try:
        for thing in queue:
            began = time.perf_counter()
            kept += keep(thing)
            ended = time.perf_counter()
            waits.append(ended - began)
            if ended >= until or stopped.is_set():
                break
    except BaseException:
        stopped.set()
        raise
    return kept, waits
