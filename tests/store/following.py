"""Who follows a log: a thread that keeps what it is given, and a process of its own.

`python -m tests.store.following URL AFTER` prints `ready`, then the position of every event after AFTER as it comes,
until SIGTERM stops the subscription; then the last position.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ledger import Ledger, LedgerError
from ledger.queries.subscribe import Subscription

PATIENCE = 30.0
"""Seconds after which what has not come will not come."""


class Follower:
    """A thread that iterates over a subscription until it is over."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.events: list[dict[str, Any]] = []
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        try:
            for event in self.subscription:
                self.events.append(event)
        except Exception as error:  # noqa: BLE001 — a test looks at it
            self.error = error

    @property
    def positions(self) -> list[int]:
        return [event["position"] for event in self.events]

    def ended(self) -> None:
        """Expect that the iteration ends, and that nothing was wrong."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error

    def failed(self, kind: type[LedgerError]) -> LedgerError:
        """Expect that the iteration ends in such an error, and return it."""
        with pytest.raises(kind) as caught:
            self.ended()
        self.error = None
        return caught.value

    def reached(self, position: int) -> None:
        """Expect that the subscription comes to a position."""
        eventually(lambda: self.subscription.position >= position)


@contextmanager
def following(*subscriptions: Subscription) -> Iterator[list[Follower]]:
    """Follow subscriptions, each in a thread of its own, and stop them in the end."""
    followers = [Follower(subscription) for subscription in subscriptions]
    try:
        yield followers
    finally:
        for follower in followers:
            follower.subscription.stop()
        for follower in followers:
            follower.ended()


def eventually(holds: Callable[[], bool]) -> None:
    """Expect something to hold before long."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it has not come to that"
        time.sleep(0.002)


def main() -> None:
    url, after = sys.argv[1], int(sys.argv[2])
    with Ledger.open(url) as ledger, ledger.subscribe(after=after) as subscription:
        signal.signal(signal.SIGTERM, lambda *_: subscription.stop())
        say("ready")
        for event in subscription:
            say(event["position"])
        say("stopped at", subscription.position)


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
