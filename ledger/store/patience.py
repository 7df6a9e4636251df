"""How long a connection to PostgreSQL waits for a server that says nothing, before it gives the server up.

The link's own timers find a peer that is gone; they never find a server process that hangs while its machine still
acknowledges every packet. Only the client's own wait can end that, and only where no honest answer takes as long.
"""

from __future__ import annotations

import time
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

T = TypeVar("T")

ANSWER = 9.6
"""Seconds without a word from the server, in an append or a small read, until it is said to be unreachable."""

GREETING = 2.0
"""Seconds for the first answer on a link, new or out of the pool; then a pooled one is replaced."""

CONNECT = 4
"""Seconds to connect to one address; a host may have two, and a pooled link may have been greeted in vain before."""

INTERVAL = 0.1
"""Seconds between two looks at the clock and at Ctrl-C, as psycopg does."""

LINK = {
    # A link that carries data nobody acknowledges, and one that carries none.
    "tcp_user_timeout": 8000,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 2,
}
"""The client's timers of the link, in milliseconds and seconds."""

SERVER_LINK = "-c tcp_user_timeout=8000 -c tcp_keepalives_idle=4 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=2"
"""The server's timers of the link: without them a writer that is gone keeps its locks for minutes."""


class ServerSilent(psycopg.OperationalError):
    """The server has said nothing for as long as the connection waits."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection that closes itself and raises ServerSilent where an answer takes longer than `patience`."""

    patience: float | None = GREETING
    """Seconds without a sign of the server; None waits for as long as it takes."""

    def wait(self, gen: PQGen[T], interval: float = INTERVAL, timeout: float | None = None) -> T:
        if self.patience is not None:
            gen = _giving_up(gen, self.patience)
        try:
            return super().wait(gen, interval) if timeout is None else super().wait(gen, interval, timeout)
        except ServerSilent:
            # What it was doing is unknown, and a rollback would wait for the same server again.
            self.pgconn.finish()
            raise


def _giving_up(gen: PQGen[T], seconds: float) -> PQGen[T]:
    """Do what `gen` does, and raise ServerSilent when the socket was not ready for so many seconds."""
    try:
        wanted = next(gen)
        until = time.monotonic() + seconds
        while True:
            ready = yield wanted
            if ready:
                until = time.monotonic() + seconds
            elif time.monotonic() >= until:
                raise ServerSilent(f"the server said nothing for {seconds:g} seconds")
            wanted = gen.send(ready)
    except StopIteration as end:
        result: T = end.value
        return result
