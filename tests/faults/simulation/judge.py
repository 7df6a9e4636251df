"""Listens to an appender, and holds every answer against the model's."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Engine

from ledger.errors import ContentConflict, LedgerError, VersionConflict
from ledger.store.append import Appender
from ledger.store.clock import Clock
from ledger.store.plan import Recorded, Request
from tests.faults.simulation.model import Answer, Asked, Model, Wire
from tests.faults.simulation.weather import Attempt, Crash, Weather

Outcomes = list[tuple[Recorded, ...] | LedgerError]


class Book:
    """The one model of a ledger, whoever writes into it."""

    def __init__(self) -> None:
        self.model = Model()

    def version(self, customer: str) -> int:
        """Return how many events a customer has by now."""
        return self.model.version(customer)


class Judge:
    """Follows every transaction of a process with the model, and notes every breach.

    `asked` is what its appender is at, `heard` what became of each request of the present step, by the request's id().
    """

    def __init__(self, book: Book, weather: Weather, clock: Clock) -> None:
        self.heard: dict[int, Answer | BaseException] = {}
        self.breaches: list[str] = []
        self._book = book
        self.asked: list[Asked] = []
        self._weather = weather
        self._weather.committed = self._follow
        self._clock = clock

    def listen(self, requests: Sequence[Request]) -> None:
        """Take note of what an appender is asked."""
        self.asked = [as_asked(request) for request in requests]

    def _follow(self, attempt: Attempt) -> None:
        self._book.model, attempt.answers = self._book.model.transaction(self.asked, self._clock())

    def hear(self, requests: Sequence[Request], outcome: Outcomes | BaseException) -> None:
        """Take note of what it said."""
        attempts, self._weather.attempts = self._weather.attempts, []
        if isinstance(outcome, BaseException):
            self._expect_raised(outcome, attempts)
            self.heard.update((id(request), outcome) for request in requests)
            return
        told = [as_told(one) for one in outcome]
        last = attempts[-1] if attempts else Attempt()
        answers = last.answers if last.committed else self._book.model.transaction(self.asked, self._clock())[1]
        self._expect_told(told, answers)
        self._expect_durable(told, last)
        self.heard.update((id(request), answer) for request, answer in zip(requests, told, strict=True))

    def _expect_raised(self, error: BaseException, attempts: Sequence[Attempt]) -> None:
        last = attempts[-1] if attempts else Attempt()
        strike = last.strike if last.struck else None
        wanted = Crash if self._weather.crashed else strike and strike.told
        if wanted is None or not isinstance(error, wanted):
            self.breaches.append(f"{type(error).__name__} after {strike or 'no fault'}: {error}")

    def _expect_told(self, told: Sequence[Answer], wanted: Sequence[Answer]) -> None:
        if len(told) != len(wanted):
            self.breaches.append(f"{len(told)} answers to {len(wanted)} requests")
        for number, (one, want) in enumerate(zip(told, wanted, strict=False)):
            if one != want:
                self.breaches.append(f"request {number} was told {one}, the model says {want}")

    def _expect_durable(self, told: Sequence[Answer], last: Attempt) -> None:
        new = any(place[2] for answer in told for place in answer.places)
        if new != last.committed:
            self.breaches.append("an event was acknowledged as new before its commit" if new else "a needless commit")


class JudgedAppender(Appender):
    """An appender whose every call a judge hears."""

    def __init__(self, engine: Engine, clock: Clock, weather: Weather, judge: Judge) -> None:
        super().__init__(engine, clock, writer=weather)
        self._judge = judge

    def append(self, requests: Sequence[Request]) -> Outcomes:
        """Append, and let the judge hear what came of it."""
        self._judge.listen(requests)
        try:
            outcomes = super().append(requests)
        except BaseException as error:
            self._judge.hear(requests, error)
            raise
        self._judge.hear(requests, outcomes)
        return outcomes


def as_asked(request: Request) -> Asked:
    """Return a request in the model's terms."""
    return Asked(
        tuple((wire_of(prepared.event), prepared.received) for prepared in request.events), request.expected_version
    )


def wire_of(event: object) -> Wire:
    """Return an event's wire object, without the time it was received."""
    wire: Wire = msgspec.to_builtins(event)
    wire.pop("received_at", None)
    return wire


def as_told(outcome: Sequence[Recorded] | LedgerError) -> Answer:
    """Return an outcome in the model's terms."""
    if isinstance(outcome, VersionConflict):
        return Answer(why="VersionConflict", facts=(outcome.customer_id, outcome.expected, outcome.actual))
    if isinstance(outcome, ContentConflict):
        return Answer(why="ContentConflict", facts=(outcome.source, outcome.event_id, outcome.position))
    if isinstance(outcome, LedgerError):
        return Answer(why=type(outcome).__name__)
    return Answer(tuple((place.position, place.version, place.recorded) for place in outcome))
