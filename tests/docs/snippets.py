"""Runs what a page shows: its shell blocks and sessions in one folder, its Python in another process.

A page is Markdown. A block marked `sh` is run as it stands. In one marked `console` the lines after a `$ ` line are
what the command prints on a terminal of 80 columns, errors too; a line with `…` in it stands for any line that has
the rest, a line that is only `…` for any number of lines. `python -m tests.docs.snippets PAGE` writes what is
printed now into the page.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from tests.cli.running import ROOT, environment

BLOCK = re.compile(r"^```(sh|console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Difference(NamedTuple):
    """A command whose output is not what the page says."""

    command: str
    said: list[str]
    printed: list[str]


class Reader:
    """Someone who does what a page says, from top to bottom, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "examples").symlink_to(ROOT / "examples")
        self._env = environment("") | {"LEDGER_FORMAT": "table", "COLUMNS": "80", "NO_COLOR": "1"}
        del self._env["LEDGER_URL"]

    def follow(self, page: str) -> Iterator[Difference]:
        """Do what the page says; yield where what is printed is not what it shows."""
        for kind, block in BLOCK.findall(page):
            if kind == "sh":
                self._shell(block, check=True)
            elif kind == "python":
                self._python(block)
            else:
                for command, said in session(block):
                    printed = [line.rstrip() for line in self._shell(command).splitlines()]
                    if not matches(said, printed):
                        yield Difference(command, said, printed)

    def _python(self, program: str) -> None:
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=self._folder, env=self._env, check=True, timeout=120, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def _shell(self, script: str, *, check: bool = False) -> str:
        program = f'customer-ledger() {{ {shlex.quote(sys.executable)} -m ledger "$@"; }}\n'
        done = subprocess.run(
            ["bash", "-c", program + script],
            cwd=self._folder, env=self._env, check=check, timeout=120, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return done.stdout


def session(block: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a session, with what is said to be printed."""
    command, said = "", list[str]()
    for line in block.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, said
            command, said = line.removeprefix("$ "), []
        else:
            said.append(line.rstrip())
    if command:
        yield command, said


def matches(said: list[str], printed: list[str]) -> bool:
    """Say whether what is said fits what is printed; blank lines at the end do not count."""
    pattern = "\n".join(said).rstrip()
    parts = [".*" if part == "…" else re.escape(part).replace("…", "[^\n]*") for part in pattern.split("\n")]
    return re.fullmatch("\n".join(parts), "\n".join(printed).rstrip(), re.DOTALL) is not None


def updated(page: str, folder: Path) -> str:
    """Return the page with what is printed now."""
    for difference in Reader(folder).follow(page):
        said = "\n".join([f"$ {difference.command}", *difference.said])
        kept = [
            old if old is not None and new is not None and "…" in old and matches([old], [new]) else new
            for old, new in zip_longest(difference.said, difference.printed)
            if new is not None
        ]
        while kept and not kept[-1]:
            kept.pop()
        now = "\n".join([f"$ {difference.command}", *kept])
        # A command may begin like another: it ends where the next begins, or the block.
        place = re.search(re.escape(said.rstrip("\n")) + r"\n(?=\$|```|\n)", page)
        if place is not None:
            page = page[: place.start()] + now + "\n" + page[place.end() :]
    return page


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        with tempfile.TemporaryDirectory() as scratch:
            path.write_text(updated(path.read_text(), Path(scratch)))
