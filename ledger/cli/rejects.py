"""The file that rejected rows go to: where each stands and why, so that none is lost silently."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from ledger.cli.output import encoded, place


class RejectsFile:
    """NDJSON of `file`, `line`, `reason`; made when the first row is rejected, each row on disk when it is told.

    A file that was asked for is refused at once where none can be made; `usual` is the one that nobody asked for.
    """

    def __init__(self, asked: str | None, usual: str | None = None) -> None:
        self.path = place(Path(asked)) if asked is not None else Path(usual) if usual is not None else None
        self.count = 0
        self._file: IO[bytes] | None = None

    def add(self, file: str, line: int, reason: str, **facts: Any) -> None:
        """Keep a rejected row."""
        self.count += 1
        if self.path is None:
            return
        if self._file is None:
            self._file = self.path.open("wb", buffering=0)
        self._file.write(encoded({"file": file, "line": line, "reason": reason, **facts}) + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
