"""A ledger that recorded a simulation, asked by the commands a user would type."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.sample import Truth, simulate
from tests.cli.running import Shell, ndjson
from tests.truth.known import Rows
from tests.truth.lives import Life, lives
from tests.truth.topics import topics

SEED = 11


class Simulation:
    """So many people in a ledger; `rows` runs a command and returns what it prints."""

    def __init__(self, people: int, shell: Shell) -> None:
        self._shell = shell
        self._printed: dict[str, Rows] = {}
        truth = Truth(keep_customers=True)
        written = list(simulate(people, SEED, truth=truth))
        self.people = people
        self.events = len({(event["source"], event["event_id"]) for event in written})
        self.lives: list[Life] = lives(written, truth)
        shell("init", "-q")
        shell("append", "-", "-q", stdin=ndjson(written))
        shell("rebuild", "-q")

    def rows(self, command: str) -> Rows:
        """Return the rows that a command prints as JSON; each command runs once."""
        if command not in self._printed:
            self._printed[command] = self._shell(*shlex.split(command), "-f", "json").json
        return self._printed[command]

    def file(self, name: str, content: str) -> None:
        """Write a file that a command names."""
        self._shell.file(name, content)


@contextmanager
def simulation(people: int, at: Path) -> Iterator[Simulation]:
    """Make a ledger of a simulation in the folder `at`."""
    with pytest.MonkeyPatch.context() as patch:
        made = Simulation(people, Shell(at, "sqlite:///ledger.db", patch))
        for module in topics().values():
            for name, content in getattr(module, "FILES", {}).items():
                made.file(name, content)
        yield made
