"""Callers who meet in one group commit: on threads of their own, of which one at a time gets anywhere.

The leader's thread passes the points of its writer, and at each it lets in who is due there: that caller's thread
runs until it waits in the queue or is turned away. Nothing but the order of arrival decides who shares a transaction.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Thread

from ledger.errors import LedgerClosed, LedgerOverloaded
from ledger.store.plan import Request
from tests.faults.simulation.judge import Outcomes
from tests.faults.simulation.process import CAPACITY, Process

GLANCE = 0.0002
PATIENCE = 30.0


class Meeting:
    """Several calls of one group commit; `results` is what became of each that arrived, by its number."""

    def __init__(
        self, process: Process, calls: Sequence[Sequence[Request]], due: Sequence[int], closing: int | None
    ) -> None:
        self.results: dict[int, Outcomes | BaseException] = {}
        self.breaches: list[str] = []
        self._ledger = process.ledger
        self._group = process.ledger.store.appender
        self._weather = process.weather
        self._calls = calls
        self._due = due
        self._closing = closing
        self._points = 0
        self._threads: list[Thread] = []

    def run(self) -> None:
        """Let the first caller lead and the others arrive; return when all who came are answered."""
        self._weather.passing = self._passing
        try:
            self._start(Thread(target=self._call, args=(0,)))
            for thread in self._threads:  # it grows as callers arrive
                thread.join(PATIENCE)
                if thread.is_alive():
                    self.breaches.append("a caller was never answered")
        finally:
            self._weather.passing = lambda point: None
        if self._group.waiting:
            self.breaches.append(f"{self._group.waiting} events wait, and nobody does")

    def _start(self, thread: Thread) -> Thread:
        self._threads.append(thread)
        thread.daemon = True
        thread.start()
        return thread

    def _call(self, number: int) -> None:
        try:
            self.results[number] = self._group.append(self._calls[number])
        except BaseException as error:  # noqa: BLE001 — whatever the caller gets is judged
            self.results[number] = error

    def _passing(self, point: str) -> None:
        self._points += 1
        for number, due in enumerate(self._due):
            if due == self._points:
                self._arrive(number)
        if self._closing == self._points:
            thread = self._start(Thread(target=self._ledger.close))
            while thread.is_alive() and not self._group.closed:
                time.sleep(GLANCE)

    def _arrive(self, number: int) -> None:
        waiting, closed = self._group.waiting, self._group.closed
        size = sum(len(request.events) for request in self._calls[number])
        full = waiting > 0 and waiting + size > CAPACITY
        thread = self._start(Thread(target=self._call, args=(number,)))
        while thread.is_alive() and self._group.waiting == waiting:
            time.sleep(GLANCE)
        if size and (closed or full):
            thread.join(PATIENCE)
            wanted = LedgerClosed if closed else LedgerOverloaded
            if not isinstance(self.results[number], wanted):
                self.breaches.append(f"call {number} was to be told {wanted.__name__}, not {self.results[number]!r}")
