"""Ledgers of the real logs, made by the commands a user would type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Shell
from tests.real.figures import Log, Rows

ROOT = Path(__file__).parents[2]


class Imported:
    """One real log in a ledger; `rows` runs a command and returns what it prints."""

    def __init__(self, log: Log, folder: Path, shell: Shell) -> None:
        self.log = log
        self.truth: dict[str, Any] = json.loads((folder / log.name / "truth.json").read_text(encoding="utf-8"))
        self._shell = shell
        self._printed: dict[str, Rows] = {}
        self.imported = self._made(folder / log.name)

    def rows(self, command: str) -> Rows:
        """Return the rows that a command prints as JSON; each command runs once."""
        if command not in self._printed:
            self._printed[command] = self._shell(*command.split(), "-f", "json").json
        return self._printed[command]

    def _made(self, data: Path) -> dict[str, Any]:
        definitions = [str(ROOT / said) if "/" in said else said for said in self.log.definitions]
        self._shell("init", "-q", *definitions)
        mapping = ROOT / "examples" / self.log.name / "mapping.toml"
        summary: dict[str, Any] = self._shell("import", str(mapping), "--data", str(data), "-q", "-f", "json").json
        self._shell("rebuild", "-q")
        return summary


@contextmanager
def imported(log: Log, folder: Path, at: Path) -> Iterator[Imported]:
    """Make a ledger of a real log in the folder `at`."""
    with pytest.MonkeyPatch.context() as patch:
        yield Imported(log, folder, Shell(at, "sqlite:///ledger.db", patch))
