"""Group commit: appends that come at once share one transaction and one fsync, each with its own outcome.

Whoever finds nobody writing leads: it writes what waits, its own call among it, answers the others and passes the
lead on. A lone caller therefore writes at once, on its own thread; nobody is written for by a thread in between.
"""

from __future__ import annotations

import copy
import math
import time
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from threading import Condition, Lock

from ledger.errors import LedgerBusy, LedgerClosed, LedgerError, LedgerOverloaded, LedgerUnreachable
from ledger.store.append import Appender
from ledger.store.plan import Recorded, Request

TRANSACTION = 5_000
"""Events of one transaction; a call that has more is written whole, by itself."""

CAPACITY = 50_000
"""Events that may wait to be written before the next append is refused."""

GATHER = 0.25
"""How long a leader waits for those just answered to come again, as a share of the last commit's time."""

LONG = 1.0
"""Seconds: where it took longer to find the database unreachable, those who came meanwhile do not try it too."""

DRAIN = 30.0
"""Seconds that closing waits for what was accepted; every append gives up before that."""

Outcomes = list[tuple[Recorded, ...] | LedgerError]


class _Call:
    """One caller's requests, and what became of them."""

    __slots__ = ("error", "leads", "outcomes", "requests", "size", "turn")

    def __init__(self, requests: Sequence[Request]) -> None:
        self.requests = requests
        self.size = sum(len(request.events) for request in requests)
        self.outcomes: Outcomes | None = None
        self.error: Exception | None = None
        self.leads = False
        # Held until this call is answered or has to lead: the cheapest thing a thread can wait for.
        self.turn = Lock()
        self.turn.acquire()

    @property
    def answered(self) -> bool:
        return self.outcomes is not None or self.error is not None


class GroupCommit:
    """Appends to one ledger for many threads; `close` refuses newcomers and waits for what was accepted."""

    def __init__(self, appender: Appender, *, capacity: int = CAPACITY) -> None:
        self._appender = appender
        self._capacity = capacity
        self._lock = Lock()
        self._idle = Condition(self._lock)
        # Under this lock: the calls that wait, their size, whether somebody leads, whether we are closed.
        self._waiting: deque[_Call] = deque()
        self._size = 0
        self._led = False
        self._closed = False
        # The last commit: how many callers shared it, how long it took and until when they may come again.
        self._shared = 1
        self._until = 0.0
        self._company = Lock()
        self._company.acquire()
        self._wanted = 0

    @property
    def waiting(self) -> int:
        """How many events wait to be written."""
        return self._size

    @property
    def closed(self) -> bool:
        """Whether newcomers are refused."""
        return self._closed

    def append(self, requests: Sequence[Request]) -> Outcomes:
        """Keep the requests, perhaps in one transaction with others'; return the outcome of each.

        Raises LedgerOverloaded and LedgerClosed, having kept nothing, or a StorageError as `Appender.append` does.
        """
        call = _Call(requests)
        if not call.size:
            return [() for _ in requests]
        if self._enter(call) or self._follow(call):
            self._lead(call)
        if call.error is not None:
            raise call.error
        return call.outcomes or []

    def close(self) -> None:
        """Refuse what comes from now on; return when everything accepted is answered."""
        with self._lock:
            self._closed = True
            drained = self._idle.wait_for(lambda: not self._led, DRAIN)
        if drained:
            self._appender.rest()

    def _enter(self, call: _Call) -> bool:
        """Let the call wait with the others; say whether it has to lead."""
        with self._lock:
            if self._closed:
                raise LedgerClosed("the ledger is closed: open it again to append")
            if self._size and self._size + call.size > self._capacity:
                raise LedgerOverloaded(self._size, self._capacity)
            self._waiting.append(call)
            self._size += call.size
            if self._wanted and len(self._waiting) >= self._wanted:
                self._wanted = 0
                self._company.release()
            leads = not self._led
            self._led = True
            return leads

    def _follow(self, call: _Call) -> bool:
        """Wait to be answered; say whether the call has to lead instead."""
        try:
            call.turn.acquire()
        except BaseException:
            with self._lock:
                if call in self._waiting:
                    self._waiting.remove(call)
                    self._size -= call.size
                if call.leads:
                    self._pass_on()
            raise
        return not call.answered

    def _lead(self, call: _Call) -> None:
        group: list[_Call] = []
        try:
            self._gather()
            group = self._take(TRANSACTION)
            started = time.monotonic()
            self._write(group)
            ended = time.monotonic()
            if call.error is None:
                self._shared, self._until = len(group), ended + (ended - started) * GATHER
            elif isinstance(call.error, LedgerUnreachable) and ended - started > LONG:
                late = self._take(math.inf)
                group += late
                _answer_all(late, call.error)
        finally:
            # Interrupted, the leader takes its own call away and nobody else's.
            others = [other for other in group if other is not call]
            for other in others:
                if other.answered:
                    other.turn.release()
            with self._lock:
                left = [other for other in others if not other.answered]
                self._waiting.extendleft(reversed(left))
                self._size += sum(other.size for other in left)
                if call in self._waiting:
                    self._waiting.remove(call)
                    self._size -= call.size
                self._pass_on()

    def _gather(self) -> None:
        """Wait a moment for those who shared the last commit, if it was just now."""
        with self._lock:
            patience = self._until - time.monotonic()
            if self._shared == 1 or len(self._waiting) >= self._shared or patience <= 0:
                return
            self._wanted = self._shared
        try:
            self._company.acquire(timeout=patience)
        finally:
            with self._lock:
                if not self._wanted:  # they came, perhaps just after the wait was over
                    self._company.acquire(blocking=False)
                self._wanted = 0

    def _take(self, limit: float) -> list[_Call]:
        """Take what one transaction holds of those who wait, in their order."""
        group: list[_Call] = []
        size = 0
        with self._lock:
            while self._waiting and (not group or size + self._waiting[0].size <= limit):
                taken = self._waiting.popleft()
                size += taken.size
                group.append(taken)
            self._size -= size
        return group

    def _pass_on(self) -> None:
        """Let the first who waits lead; called with the lock held."""
        if self._waiting:
            first = self._waiting[0]
            first.leads = True
            first.turn.release()
        else:
            self._led = False
            self._idle.notify_all()

    def _write(self, group: Sequence[_Call]) -> None:
        """Write the calls in one transaction; where the database refuses that as a whole, one by one."""
        try:
            outcomes = iter(self._appender.append([request for call in group for request in call.requests]))
        except (LedgerBusy, LedgerUnreachable) as error:
            # Trying each alone would wait as long again for every one of them.
            _answer_all(group, error)
        except Exception as error:  # noqa: BLE001 — whatever it is, each caller is told its own
            if len(group) == 1:
                group[0].error = error
            else:
                for call in group:
                    self._write([call])
        else:
            for call in group:
                call.outcomes = list(islice(outcomes, len(call.requests)))


def _answer_all(group: Iterable[_Call], error: LedgerError) -> None:
    for call in group:
        # Each thread raises an error of its own: a traceback grows where it is raised.
        call.error = copy.copy(error)
        call.error.__cause__ = error.__cause__
