"""How far a long command is: a moving line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ledger.cli.words import say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from ledger.cli.session import Session

EVERY = 10.0
"""Seconds between two lines where no terminal shows the progress as it moves."""


class Watch:
    """Shows how far something is; `at` is called as often as the worker likes."""

    def __init__(self, session: Session, what: str) -> None:
        self._what = what
        self._quiet = session.quiet
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._started = self._told = time.monotonic()
        if session.watched:
            self._progress = _moving()

    def at(self, done: int, total: int | None = None) -> None:
        """Say that `done` are done, of `total` where that is known."""
        if self._progress is not None:
            if self._task is None:
                self._task = self._progress.add_task(self._what, total=total, told="")
            self._progress.update(self._task, completed=done, total=total, told=_told(done, total))
        elif not self._quiet and time.monotonic() - self._told >= EVERY:
            self._told = time.monotonic()
            rate = done / (self._told - self._started)
            say(f"{self._what}: {_told(done, total)}, {rate:,.0f} a second")

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()


def _told(done: int, total: int | None) -> str:
    return f"{done:,} of {total:,}" if total else f"{done:,}"


def _moving() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[told]}", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
