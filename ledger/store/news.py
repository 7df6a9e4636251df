"""Waiting for the log to grow: woken at once by this process's commits, and soon by those of others.

Whoever commits here tells; nothing is told through the database. Of all who wait, one looks at the head of the log
now and then and tells the rest: a hundred who wait cost the database, and the pool of connections, what one costs.
"""

from __future__ import annotations

import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock

from sqlalchemy import Engine

from ledger.errors import StorageError
from ledger.store.lookout import Lookout

GATHER = 0.005
"""Seconds at least from one return of a listener's `wait` to the next: what is committed in between is one news."""

SOON = 0.005
"""Seconds until the first look of who begins to wait."""

SELDOM = 0.025
"""Seconds between two looks when nothing happened for a while: another process's commit is seen after half of it."""

SLOWER = 1.3

Bell = SimpleQueue[None]
"""What one thread waits at. A SimpleQueue alone may be rung by a signal's handler in the thread that waits."""


class News:
    """What the threads of one process know of the log's growth; safe to share between them."""

    def __init__(self, engine: Engine) -> None:
        self._lookout = Lookout(engine)
        self._lock = Lock()
        # Under the lock: how often something was told, who waits, who of them looks for all, and up to where that one
        # has seen the log.
        self._told = 0
        self._waiting: set[Bell] = set()
        self._looks: Bell | None = None
        self._seen = 0
        self._closed = False

    @property
    def told(self) -> int:
        """How often something was told; note it before a look at the log, and `Listener.wait` misses nothing."""
        return self._told

    @property
    def closed(self) -> bool:
        """Whether the ledger was closed."""
        return self._closed

    def tell(self) -> None:
        """Say that something was committed: everybody who waits will look."""
        with self._lock:
            self._told += 1
            bells = self._waiting
            if bells:
                self._waiting = set()
        for bell in bells:
            bell.put(None)

    def close(self) -> None:
        """Let nobody wait any longer."""
        self._closed = True
        self.tell()

    def sit_down(self, bell: Bell, told: int, after: int) -> bool | None:
        """Put a bell among those who wait and say whether its owner looks for all; None if there was news since.

        Its owner has seen the log up to `after`. Who looks for all tells nobody of what it saw before it began.
        """
        with self._lock:
            if self._told != told or self._closed:
                return None
            if self._looks is None:
                self._looks, self._seen = bell, after
            elif after < self._seen:
                return None
            self._waiting.add(bell)
            return self._looks is bell

    def look(self, after: int) -> None:
        """Tell everybody if the log does not end at position `after`; only who looks for all calls it."""
        try:
            grown = self._lookout.head() != after
        except StorageError:
            grown = True  # everybody looks for themselves, and is told what is wrong if it still is
        if grown:
            self.tell()

    def get_up(self, bell: Bell, told: int) -> None:
        """Take a bell away. If its owner looked for all and leaves without news, everybody looks, and one looks on."""
        if self._looks is bell:
            self._lookout.close(broken=self._closed)
        with self._lock:
            self._waiting.discard(bell)
            leaves = self._looks is bell
            if leaves:
                self._looks = None
        if leaves and self._told == told:
            self.tell()


class Listener:
    """One thread's place among those who wait; `stop` may be called by any thread and by a signal's handler."""

    def __init__(self, news: News) -> None:
        self._news = news
        self._bell: Bell = SimpleQueue()
        self._stopped = False
        self._returned = 0.0

    @property
    def over(self) -> bool:
        """Whether there is nothing to wait for any more: it was stopped, or the ledger closed."""
        return self._stopped or self._news.closed

    def stop(self) -> None:
        """End the waiting, for good."""
        self._stopped = True
        self._bell.put(None)

    def wait(self, told: int, after: int) -> bool:
        """Return True once there may be more than was seen: told `told` times, up to position `after`; False once over.

        It may return early; who has no news then looks at the log, and is told there what is wrong with it.
        """
        self._rest(self._returned + GATHER - time.monotonic())
        pause = SOON
        try:
            while not self._stopped and (looks := self._news.sit_down(self._bell, told, after)) is not None:
                self._rest(pause if looks else None)
                pause = min(pause * SLOWER, SELDOM)
                if looks and not self.over and self._news.told == told:
                    self._news.look(after)
        finally:
            self._news.get_up(self._bell, told)
            self._returned = time.monotonic()
        return not self.over

    def _rest(self, seconds: float | None) -> None:
        """Wait for the bell, at most so long; None: however long it takes."""
        if seconds is None or seconds > 0:
            with suppress(Empty):
                self._bell.get(timeout=seconds)
