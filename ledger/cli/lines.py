"""Lines of a file or a pipe, in batches of as many as are there, so that no event waits for others to come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, NamedTuple

MAX_LINE = 1_048_576
"""Bytes of the longest line that is kept; of a longer one only its number is."""

BLOCK = 1 << 18
MOST = 5_000
PATIENCE = 0.05
"""Seconds to wait for more of a pipe before what is there is recorded."""


class Line(NamedTuple):
    """A line that is not blank, without its end; None where it is longer than MAX_LINE."""

    number: int
    text: bytes | None


def batches(stream: IO[bytes]) -> Iterator[list[Line]]:
    """Yield the lines of a stream: a batch when MOST are there, or when a pipe has no more to give just now."""
    read = getattr(stream, "read1", stream.read)
    cut = _Cutter()
    batch: list[Line] = []
    while block := read(BLOCK):
        for line in cut.lines(block):
            batch.append(line)
            if len(batch) == MOST:
                yield batch
                batch = []
        if batch and not _more(stream):
            yield batch
            batch = []
    batch.extend(cut.rest())
    if batch:
        yield batch


class _Cutter:
    """Keeps the beginning of a line whose end has not come yet, but no more of it than may be kept."""

    def __init__(self) -> None:
        self._number = 0
        self._parts: list[bytes] = []
        self._size = 0

    def lines(self, block: bytes) -> Iterator[Line]:
        *ended, tail = block.split(b"\n")
        for part in ended:
            self._keep(part)
            yield from self.rest()
        self._keep(tail)

    def rest(self) -> Iterator[Line]:
        """Yield the line that is kept, ended or not; nothing where it is blank."""
        self._number += 1
        text = b"".join(self._parts) if self._size <= MAX_LINE else None
        self._parts, self._size = [], 0
        if self._number == 1 and text is not None:
            text = text.removeprefix(b"\xef\xbb\xbf")
        if text is None or text.strip():
            yield Line(self._number, text)

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= MAX_LINE:
            self._parts.append(part)
        else:
            self._parts = []


def _more(stream: IO[bytes]) -> bool:
    """Say whether a stream has more to give without much waiting; a file always has, until its end."""
    import select

    try:
        return bool(select.select([stream.fileno()], [], [], PATIENCE)[0])
    except (OSError, ValueError):
        return True  # no stream of the system's: a test's own
