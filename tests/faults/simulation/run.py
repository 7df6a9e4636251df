"""One simulation: callers, clock and faults drawn from a seed, a real ledger, and a model that is never surprised."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random

import psycopg
import pytest

from ledger import Ledger
from ledger.errors import LedgerError, StorageError
from ledger.store.plan import Recorded, Request
from tests.faults.oracle import Key, Place, expect_sound
from tests.faults.simulation.callers import MINUTE, SOURCES, Callers, Errand, Fate
from tests.faults.simulation.judge import Book, Outcomes, as_told
from tests.faults.simulation.meeting import Meeting
from tests.faults.simulation.model import Answer, merged
from tests.faults.simulation.process import Process
from tests.faults.simulation.tables import differences
from tests.faults.simulation.weather import POINTS, Crash, Kind, MakeWriter, Strike, When
from tests.ledgers import SetClock
from tests.properties.ledgers import tables

SEED = os.environ.get("LEDGER_FAULTS_SEED")
REPLAY = "LEDGER_FAULTS_SEED={seed} python -m pytest tests/faults/test_simulation.py"
TAIL = 30
LINKS = ("customer.merged", "customer.unmerged")

Told = list[Answer] | BaseException


class Found(AssertionError):
    """A simulation found the ledger doing what it must not; the message has the seed and the end of its trace."""


class Simulation:
    """Everything one seed decides. `trace` is what happened, a line a step, the same for the same seed."""

    def __init__(self, seed: int, url: str, inner: MakeWriter | None = None) -> None:
        self.seed = seed
        self.trace: list[str] = []
        self.acknowledged: dict[Key, Place] = {}
        self.faults = 0
        self._rng = Random(seed)
        self._url = url
        self._inner = inner
        self._clock = SetClock()
        self._book = Book()
        self._callers = Callers(self._rng, self._clock, self._book.version)
        # Callers may keep what they were told for as long as they like.
        self._errors: list[BaseException] = []
        self._patient = False
        self._here = self._process()
        self._elsewhere = Process(url, self._clock, self._book)

    def _process(self) -> Process:
        return Process(self._url, self._clock, self._book, self._inner)

    def _reopen(self) -> None:
        self._here.end()
        self.faults += self._here.weather.struck
        self._here = self._process()

    def run(self, steps: int, *, projections: bool = True) -> None:
        """Take so many steps, then let everybody come to an end; raise Found for what should not be."""
        try:
            for _ in range(steps):
                self._step()
            self._settle()
            self._compare()
            self._expect_sound(projections)
        except (LedgerError, sqlite3.Error, psycopg.Error) as error:
            raise self._found([*self._here.judge.breaches, repr(error)]) from error
        finally:
            self._elsewhere.end()
            self._here.end()
            self.faults += self._here.weather.struck

    def _expect_sound(self, projections: bool) -> None:
        try:
            expect_sound(
                self._url,
                self.acknowledged,
                sent={(wire["source"], wire["event_id"]) for wire in self._callers.sent},
                projections=projections,
            )
        except AssertionError as error:
            raise self._found([str(error)]) from error
        if projections:
            ledger = self._here.ledger
            before = tables(ledger)
            ledger.rebuild(workers=1)
            self._expect(before == tables(ledger), "catching up made other tables than a rebuild")

    def _step(self) -> None:
        draws = (self._send, self._join, self._meet, self._jump, self._close, self._compare, self._catch_up)
        self._rng.choices(draws, (54, 14, 14, 7, 3, 5, 3))[0]()
        self._expect_no_breach()
        if self._here.weather.crashed:
            self._say("the process is started again")
            self._reopen()

    def _expect_no_breach(self) -> None:
        breaches = self._here.judge.breaches + self._elsewhere.judge.breaches
        if breaches:
            raise self._found(breaches)

    # What a step can be

    def _send(self) -> None:
        """One caller appends, alone."""
        self._begin(self._strikes(1))
        self._errand(self._here, self._callers.draw())

    def _errand(self, process: Process, errand: Errand) -> None:
        told: Told
        process.judge.heard.clear()
        with self._patience():
            try:
                told = alone(process.ledger, errand)
            except LedgerError as error:
                told = error if isinstance(error, StorageError) else [as_told(error)]
            except (KeyboardInterrupt, MemoryError, Crash) as error:
                told = error
        heard = list(process.judge.heard.values())
        if errand.events:
            self._expect(agreed(told, heard), f"the caller was told {told}, the appender said {heard}")
        self._note(errand, told)

    def _join(self) -> None:
        """Several callers share a transaction, as a leader puts them together."""
        errands = [errand for errand in self._distinct(self._rng.randint(2, 5)) if errand.events]
        self._begin(self._strikes(1))
        calls = [self._here.requests(errand) for errand in errands]
        outcomes: Outcomes | BaseException
        with self._patience():
            try:
                outcomes = self._here.appender.append([request for call in calls for request in call])
            except (StorageError, KeyboardInterrupt, MemoryError, Crash) as error:
                outcomes = error
        self._say(f"{len(errands)} callers share a transaction")
        for errand, call in zip(errands, calls, strict=True):
            told = outcomes if isinstance(outcomes, BaseException) else self._heard(call)
            self._note(errand, told)

    def _meet(self) -> None:
        """Callers on threads append at once: who comes while another leads waits for the next transaction."""
        errands = self._distinct(self._rng.randint(2, 6))
        self._begin(self._strikes(3))
        calls = [self._here.requests(errand) for errand in errands]
        due = [0, *(self._rng.randint(1, 12) for _ in errands[1:])]
        closing = self._rng.randint(1, 8) if self._rng.random() < 0.1 else None
        meeting = Meeting(self._here, calls, due, closing)
        with self._patience():
            meeting.run()
        self._say(f"{len(errands)} callers meet, due at {due}, closing at {closing}")
        self._here.judge.breaches += meeting.breaches
        for number, (errand, call) in enumerate(zip(errands, calls, strict=True)):
            if number in meeting.results:
                self._met(errand, call, meeting.results[number])
        if self._here.ledger.store.appender.closed and not self._here.weather.crashed:
            self._reopen()

    def _met(self, errand: Errand, call: Sequence[Request], result: Outcomes | BaseException) -> None:
        told: Told = result if isinstance(result, BaseException) else [as_told(one) for one in result]
        answers = self._here.judge.heard
        heard = [answers[id(request)] for request in call if id(request) in answers]
        if heard:
            self._expect(agreed(told, heard), f"a caller was told {told}, the appender said {heard}")
        self._note(errand, told)

    def _jump(self) -> None:
        """The machine's clock goes on, or back."""
        self._here.weather.beginning = nothing
        minutes = self._rng.choice((1, 60, 1_500, -3, -90, -2_000))
        self._clock.now += minutes * MINUTE * 1_000_000
        self._say(f"the clock moves {minutes} minutes")

    def _close(self) -> None:
        """The process ends in order, and is started again."""
        self._say("the ledger is closed and opened")
        self._reopen()

    def _compare(self) -> None:
        """Hold every table of the log against the model."""
        self._say("the tables are read")
        found = differences(self._url, self._book.model)
        if found:
            raise self._found(found)

    def _catch_up(self) -> None:
        """The projections follow the log."""
        self._say(f"caught up with {self._here.ledger.catch_up().events} events")

    def _settle(self) -> None:
        """Under a fair sky every errand still open is sent until it is answered, and all that was kept once more."""
        self._reopen()
        for errand in self._callers.errands:
            if errand.fate == Fate.UNKNOWN:
                self._errand(self._here, errand)
                self._expect(errand.fate != Fate.UNKNOWN, f"no answer without a fault: {errand}")
        for errand in self._callers.errands:
            if errand.fate == Fate.KEPT and not errand.each:
                self._errand(self._here, errand)
                self._expect(errand.fate == Fate.KEPT, f"what was kept is refused when sent again: {errand}")
        self._expect_no_breach()

    # What steps are made of

    def _begin(self, strikes: Sequence[Strike | None]) -> None:
        weather = self._here.weather
        self._here.judge.heard.clear()
        weather.coming[:] = strikes
        self._patient = self._rng.random() < 0.15
        chance = self._rng.random()
        weather.beginning = self._act_elsewhere if chance < 0.15 else self._jump if chance > 0.95 else nothing
        races = self._here.takes_many and self._rng.random() < 0.25
        weather.writing = self._race if races else nothing
        self._patient = self._patient or races

    def _act_elsewhere(self) -> None:
        """Another process appends just before this one takes the lock."""
        self._here.weather.beginning = nothing
        self._say("another process is quicker:")
        self._errand(self._elsewhere, self._callers.draw())

    def _race(self) -> None:
        """On a server another process appends what this one has looked for, and does not hold."""
        self._here.weather.writing = nothing
        model, asked = self._book.model, self._here.judge.asked
        after, _ = model.transaction(asked, self._clock())
        new = [kept.wire for key, kept in after.log.items() if key not in model.log]
        # What is refused was decided already, and what is held the other would wait for.
        named = {name for one in asked for wire, _ in one.events for name in (wire["customer_id"], *merged(wire))}
        held = named - ({wire["customer_id"] for wire in new} - model.streams.keys())
        links = any(wire["type"] in LINKS for one in asked for wire, _ in one.events)
        if links or not new or {source for source, _ in model.log} < set(SOURCES):
            return
        rival = self._callers.rival(held, new)
        if rival is not None:
            self._say("another process races:")
            self._errand(self._elsewhere, rival)

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """Let an appender try again while the storage is busy, or give up at once."""
        with pytest.MonkeyPatch.context() as patch:
            # Nobody is ever in the way here: whoever has to wait for the lock found one that was left behind.
            patch.setattr("ledger.store.sqlite_writer.BUSY_TIMEOUT", 0.5)
            if not self._patient:
                patch.setattr("ledger.store.append.BUSY_TIMEOUT", 0.0)
            yield

    def _strikes(self, most: int) -> list[Strike | None]:
        return [self._strike() if self._rng.random() < 0.35 else None for _ in range(most)]

    def _strike(self) -> Strike:
        rng = self._rng
        point = rng.choices(POINTS, [4 if name in ("write", "commit") else 1 for name in POINTS])[0]
        when = rng.choice(list(When) if point == "write" else [When.BEFORE, When.AFTER])
        kind = rng.choice(list(Kind))
        worse = rng.choices((None, Kind.GONE, Kind.INTERRUPT), (8, 1, 1))[0]
        return Strike(point, when, kind, Kind.GONE if kind == Kind.GONE else worse)

    def _distinct(self, count: int) -> list[Errand]:
        drawn = [self._callers.draw() for _ in range(count)]
        return list({id(errand): errand for errand in drawn}.values())

    def _heard(self, call: Sequence[Request]) -> list[Answer]:
        heard = [self._here.judge.heard[id(request)] for request in call]
        return [answer for answer in heard if isinstance(answer, Answer)]

    def _note(self, errand: Errand, told: Told) -> None:
        if isinstance(told, BaseException):
            self._errors.append(told)
            self._say(f"{errand}: {type(told).__name__}")
            errand.fate = Fate.UNKNOWN
            return
        self._say(f"{errand}: {'; '.join(map(said, told))}")
        errand.fate = Fate.REFUSED if any(answer.why for answer in told) else Fate.KEPT
        parts = [[wire] for wire in errand.events] if errand.each else [errand.events]
        for wires, answer in zip(parts, told, strict=True):
            for wire, (position, version, _) in zip(wires, answer.places, strict=not answer.why):
                self._acknowledge((wire["source"], wire["event_id"]), Place(position, version))

    def _acknowledge(self, key: Key, place: Place) -> None:
        earlier = self.acknowledged.setdefault(key, place)
        self._expect(earlier == place, f"{key} was acknowledged at {earlier}, and now at {place}")

    def _say(self, line: str) -> None:
        hits = "".join(f" !{strike}" for strike in self._here.weather.hits)
        self._here.weather.hits.clear()
        self.trace.append(f"{len(self.trace) + 1} {line}{hits}")

    def _expect(self, holds: bool, words: str) -> None:
        if not holds:
            raise self._found([words])

    def _found(self, breaches: Sequence[str]) -> Found:
        parts = [*breaches[:10], "the trace ends:", *self.trace[-TAIL:], "replay: " + REPLAY.format(seed=self.seed)]
        return Found(f"seed {self.seed}: " + "\n".join(parts))


def alone(ledger: Ledger, errand: Errand) -> list[Answer]:
    """Send an errand through the ledger's own doors; return what the caller is told."""
    if not errand.each:
        return [as_told(ledger.append(errand.events, expected_version=errand.expected))]
    return [as_told((one,) if isinstance(one, Recorded) else one) for one in ledger.append_many(errand.events)]


def nothing() -> None:
    """Let nobody act."""


def said(answer: Answer) -> str:
    """Return an answer in short, for a trace."""
    if answer.why:
        return f"{answer.why}{list(answer.facts) or ''}"
    return " ".join(f"{position}/{version}{'' if new else ' again'}" for position, version, new in answer.places)


def agreed(told: Told, heard: Sequence[Answer | BaseException]) -> bool:
    """Say whether a caller got what its appender said."""
    if isinstance(told, BaseException):
        return all(type(one) is type(told) for one in heard)
    return told == list(heard)
