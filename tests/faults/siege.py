"""A ledger whose writers are killed again and again: what they noted is gathered, and sent again in the next cycle."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.crew import Crew, kill
from tests.faults.oracle import Key, Place, violations
from tests.faults.writing import STOP, wire, write

WRITERS = 4

AGAIN = 24
"""So many of the events that were never acknowledged a writer sends again, before its own."""


class Books:
    """What all writers of a ledger sent and were told."""

    def __init__(self) -> None:
        self.sent: dict[str, Key] = {}
        self.kept: dict[Key, Place] = {}
        self.wrong: list[str] = []
        self._new: set[Key] = set()

    def read(self, folder: Path) -> None:
        """Take in the notes of a cycle."""
        for path in sorted(folder.iterdir()):
            for line in path.read_bytes().splitlines(keepends=True):
                if not line.endswith(b"\n"):
                    continue  # killed while noting: what a line does not say whole was not said
                kind, values = json.loads(line)
                take = {"sent": self._sent, "kept": self._kept, "failed": self._failed}[kind]
                take(values)

    def unanswered(self) -> list[str]:
        """Return the ids of what was sent and never acknowledged."""
        return [event_id for event_id, key in self.sent.items() if key not in self.kept]

    def _failed(self, words: list[Any]) -> None:
        self.wrong += words

    def _sent(self, event_ids: list[Any]) -> None:
        self.sent.update((event_id, (wire(event_id)["source"], event_id)) for event_id in event_ids)

    def _kept(self, places: list[Any]) -> None:
        for source, event_id, position, version, new in places:
            key, place = (source, event_id), Place(position, version)
            if self.kept.setdefault(key, place) != place:
                self.wrong.append(f"{key} was acknowledged at {self.kept[key]}, and again at {place}")
            if new and key in self._new:
                self.wrong.append(f"{key} was twice said to be new")
            if new:
                self._new.add(key)


class Siege:
    """One ledger under attack. Its draws follow from a seed; which system call a kill meets does not."""

    def __init__(self, crew: Crew, url: str, folder: Path, seed: str) -> None:
        self.url = url
        self.books = Books()
        self.chance = random.Random(seed)
        self.cycles = self.killed = self.again = 0
        self._crew = crew
        self._folder = folder

    def cycle(self, strike: Callable[[list[int]], list[int]]) -> None:
        """Let writers write, strike at a random moment, and gather what they noted.

        `strike` is given the writers' pids and returns those that it killed.
        """
        self.cycles += 1
        folder = self._folder / f"cycle{self.cycles}"
        folder.mkdir(parents=True)
        pids = [self._start(folder, number) for number in range(WRITERS)]
        if self.chance.random() < 0.85:  # else they may be killed as they open the ledger
            self._wait_for_the_first(folder)
        time.sleep(self.chance.uniform(0, 0.2))
        struck = strike(pids)
        if len(struck) < len(pids):
            time.sleep(self.chance.uniform(0, 0.1))
        (folder / STOP).touch()
        for pid in pids:
            ended, expected = self._crew.wait(pid), -signal.SIGKILL if pid in struck else 0
            if ended != expected:
                self.books.wrong.append(f"a writer ended with {ended} instead of {expected} in cycle {self.cycles}")
        self.killed += len(struck)
        self.books.read(folder)

    def some(self, pids: list[int]) -> list[int]:
        """Kill all writers, or some of them, and return whom."""
        struck = pids if self.chance.random() < 0.4 else self.chance.sample(pids, self.chance.randint(1, len(pids)))
        kill(struck)
        return struck

    def found(self, url: str | None = None) -> list[str]:
        """Return what is wrong with the ledger, or with a copy of it."""
        sent = self.books.sent.values()
        return [*self.books.wrong, *violations(url or self.url, self.books.kept, sent)]

    def _wait_for_the_first(self, folder: Path) -> None:
        """Wait until something is acknowledged, however busy the machine is."""
        deadline = time.monotonic() + 60
        while not any(b'"kept"' in path.read_bytes() for path in folder.iterdir()):
            if time.monotonic() > deadline:
                self.books.wrong.append(f"nothing was acknowledged in cycle {self.cycles}")
                return
            time.sleep(0.002)

    def _start(self, folder: Path, number: int) -> int:
        lost, kept = self.books.unanswered(), [event_id for _, event_id in self.books.kept]
        # Others may send it at the same time: what a dead process left undone is anyone's to finish.
        again = self.chance.sample(lost, min(AGAIN, (len(lost) + 1) // 2)) + self.chance.sample(kept, min(5, len(kept)))
        self.again += len(again)
        name, seed, threads = f"{self.cycles}.{number}", self.chance.getrandbits(32), self.chance.randint(2, 3)
        return self._crew.start(
            write, url=self.url, folder=str(folder), name=name, seed=seed, threads=threads, again=again
        )


def figures(sieges: list[Siege], found: list[str]) -> dict[str, int]:
    """Return what a test tells of its sieges, and of what was found wrong with them."""
    return {
        "cycles": sum(siege.cycles for siege in sieges),
        "killed": sum(siege.killed for siege in sieges),
        "acknowledged": sum(len(siege.books.kept) for siege in sieges),
        "sent again": sum(siege.again for siege in sieges),
        "lost": sum("lost" in words for words in found),
        "doubled": sum("times" in words or "twice" in words for words in found),
        "gaps": sum("stands where" in words for words in found),
        "violations": len(found),
    }
