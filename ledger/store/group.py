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
from contextlib import suppress
from itertools import islice
from queue import Empty, SimpleQueue
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

LONGEST_GATHER = 0.005
"""Seconds that it waits at most: a commit may have been long because one of its callers had much."""

LONG = 1.0
"""Seconds: where it took longer to find the database unreachable, those who came meanwhile do not try it too."""

DRAIN = 30.0
"""Seconds that closing waits for what was accepted."""

Outcomes = list[tuple[Recorded, ...] | LedgerError]


class _Call:
    """One caller's requests, and what became of them."""

    __slots__ = ("bell", "error", "outcomes", "requests", "size")

    def __init__(self, requests: Sequence[Request]) -> None:
        self.requests = requests
        self.size = sum(len(request.events) for request in requests)
        self.outcomes: Outcomes | None = None
        self.error: Exception | None = None
        # Rung when the call is answered or has to lead; once too often does no harm.
        self.bell: SimpleQueue[None] = SimpleQueue()

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
        # Under this lock: who waits and how many events that is, who leads and whose calls it took, whether we are
        # closed. Whoever waits has a leader before it.
        self._waiting: deque[_Call] = deque()
        self._size = 0
        self._leader: _Call | None = None
        self._group: list[_Call] = []
        self._closed = False
        # The last commit: how many callers shared it, and until when they may come again. The bell is rung when they
        # have, and once too often does no harm.
        self._shared = 1
        self._until = 0.0
        self._wanted = 0
        self._company: SimpleQueue[None] = SimpleQueue()

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
        try:
            if self._enter(call) or self._follow(call):
                self._lead(call)
        except BaseException:
            # Ctrl-C, wherever it struck: this call goes, and what others wait for is another's to write.
            self._leave(call)
            raise
        if call.error is not None:
            raise call.error
        return call.outcomes or []

    def close(self) -> None:
        """Refuse what comes from now on; return when everything accepted is answered, or after DRAIN seconds."""
        with self._lock:
            self._closed = True
            drained = self._idle.wait_for(lambda: self._leader is None, DRAIN)
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
                self._company.put(None)
            if self._leader is None:
                self._leader = call
            return self._leader is call

    def _follow(self, call: _Call) -> bool:
        """Wait to be answered; say whether the call has to lead instead."""
        while True:
            call.bell.get()
            with self._lock:
                if call.answered or self._leader is call:
                    return not call.answered

    def _lead(self, call: _Call) -> None:
        self._gather()
        self._take(TRANSACTION)
        started = time.monotonic()
        self._write(self._group)
        ended = time.monotonic()
        if call.error is None:
            self._shared = len(self._group)
            self._until = ended + min((ended - started) * GATHER, LONGEST_GATHER)
        elif isinstance(call.error, LedgerUnreachable) and ended - started > LONG:
            self._take(math.inf)
            _answer_all([other for other in self._group if not other.answered], call.error)
        self._leave(call)

    def _gather(self) -> None:
        """Wait a moment for those who shared the last commit, if it was just now."""
        with self._lock:
            patience = self._until - time.monotonic()
            if self._shared == 1 or len(self._waiting) >= self._shared or patience <= 0:
                return
            self._wanted = self._shared
        with suppress(Empty):
            self._company.get(timeout=patience)

    def _take(self, limit: float) -> None:
        """Take what one transaction holds of those who wait, in their order."""
        with self._lock:
            self._wanted = 0
            taken: list[_Call] = []
            size = 0
            for call in self._waiting:
                if taken and size + call.size > limit:
                    break
                taken.append(call)
                size += call.size
            # Known to be taken before it is gone from the others: an interrupted leader gives it back.
            self._group = [*self._group, *taken]
            for _ in taken:
                self._waiting.popleft()
            self._size -= size

    def _leave(self, call: _Call) -> None:
        """Let a call go that is answered or was interrupted; done twice, it does what was left undone.

        A leader tells the others of its group, gives back those it has no answer for, and lets the first lead.
        """
        with self._lock:
            if call in self._waiting:
                self._waiting.remove(call)
            if self._leader is call:
                back = [other for other in self._group if other is not call and not other.answered]
                self._waiting.extendleft(other for other in reversed(back) if other not in self._waiting)
                for other in self._group:
                    if other.answered:
                        other.bell.put(None)
                self._group = []
                if self._waiting:
                    self._waiting[0].bell.put(None)
                else:
                    self._idle.notify_all()
                self._leader = self._waiting[0] if self._waiting else None
            self._size = sum(waiting.size for waiting in self._waiting)

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
