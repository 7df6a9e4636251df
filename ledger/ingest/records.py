"""Cuts a text file into records that each know their line, and sets aside those that no reader could read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from ledger.ingest.grammar import Quoting, State

BLOCK = 4 << 20
"""Bytes read at once."""

LONGEST = 1 << 20
"""Bytes a record may have."""

MOST_LINES = 1_000
"""Lines a record may have; one that never closes its quotes must not swallow the file."""


class Piece(NamedTuple):
    """Some records: their first lines, their text with that number put before it, and those set aside."""

    numbers: list[int]
    text: bytes
    rejects: list[tuple[int, str]]


Number = Callable[[int, bytes], bytes | str | None]
"""Returns the numbered text of a record, the reason why it cannot be read, or None for a blank line."""


def pieces(stream: BinaryIO, numbered: Number, quoting: Quoting | None, first_line: int) -> Iterator[Piece]:
    """Yield the records of `stream`, whose next line is `first_line`, in pieces of about four mebibytes.

    Every line that is not blank ends up in exactly one record or reject.
    """
    cutter = _Cutter(numbered, quoting)
    line = first_line
    for block in _blocks(stream):
        lines = block.removesuffix(b"\n").split(b"\n")
        yield cutter.cut(line, lines, sound=_is_sound(block, lines), plain=_is_plain(block, quoting))
        line += len(lines)
    yield cutter.end()


def first_record(stream: BinaryIO, quoting: Quoting | None) -> tuple[bytes, int]:
    """Return the first record of `stream` that is not blank, and how many lines were read for it."""
    lines: list[bytes] = []
    read = 0
    while raw := stream.readline(LONGEST + 1):
        read += 1
        line = raw.rstrip(b"\r\n")
        if not lines and not line.strip():
            continue
        state = _state(quoting, lines, line)
        lines.append(line)
        if state != "open" or read > MOST_LINES:
            break
    return b"\n".join(lines), read


def _state(quoting: Quoting | None, before: list[bytes], line: bytes) -> State:
    if quoting is None or not (before or quoting.sign in line or b"\r" in line):
        return "whole"
    return quoting.goes_on(line) if before else quoting.begins(line)


class _Cutter:
    """Keeps the lines of a record that is still open between two blocks."""

    def __init__(self, numbered: Number, quoting: Quoting | None) -> None:
        self._numbered = numbered
        self._quoting = quoting
        self._open: list[bytes] = []
        self._opened_at = 0
        self._size = 0
        self._sound = True
        self._start_piece()

    def _start_piece(self) -> None:
        self._numbers: list[int] = []
        self._texts: list[bytes] = []
        self._rejects: list[tuple[int, str]] = []

    def cut(self, number: int, lines: list[bytes], *, sound: bool = False, plain: bool = False) -> Piece:
        """Return the records that end in these lines, the first of which is line `number`.

        `sound` says that every line can be read, `plain` that each is a record: both are nearly always so.
        """
        self._sound = sound and (self._sound or not self._open)
        if sound and plain and not self._open:
            for line in lines:
                self._number(number, line.removesuffix(b"\r"))
                number += 1
            return self._piece()
        waiting = deque(lines)
        while waiting:
            line = waiting.popleft()
            if self._open:
                number = self._go_on(number, line, waiting)
            else:
                self._begin(number, line)
                number += 1
        return self._piece()

    def end(self) -> Piece:
        """Return what is left at the end of the file: an open record is none, but the lines after its first may be."""
        rejects: list[tuple[int, str]] = []
        numbers: list[int] = []
        texts: list[bytes] = []
        while self._open:
            lines, number = self._open, self._opened_at
            self._open = []
            self._reject(number, "a quote opens here that nothing closes")
            piece = self.cut(number + 1, lines[1:])
            numbers += piece.numbers
            texts.append(piece.text)
            rejects += piece.rejects
        return Piece(numbers, b"".join(texts), rejects)

    def _piece(self) -> Piece:
        piece = Piece(self._numbers, b"".join(self._texts), self._rejects)
        self._start_piece()
        return piece

    def _begin(self, number: int, line: bytes) -> None:
        state = _state(self._quoting, self._open, line.removesuffix(b"\r"))
        if state == "open":
            self._open, self._opened_at, self._size = [line], number, len(line)
        elif state == "broken":
            self._reject(number, "its quotes or carriage returns do not add up")
        else:
            self._take(number, line)

    def _go_on(self, number: int, line: bytes, waiting: deque[bytes]) -> int:
        """Add a line to the open record and return the number of the next line to look at."""
        self._size += len(line) + 1
        state = "broken" if self._too_large() else _state(self._quoting, self._open, line.removesuffix(b"\r"))
        self._open.append(line)
        if state == "open":
            return number + 1
        lines, start = self._open, self._opened_at
        self._open = []
        if state == "whole":
            self._take(start, b"\n".join(lines))
            return number + 1
        # The line that opened the quote is at fault; those after it get their own chance.
        self._reject(start, "a quote opens here that nothing closes rightly")
        waiting.extendleft(reversed(lines[1:]))
        return start + 1

    def _too_large(self) -> bool:
        return self._size > LONGEST or len(self._open) >= MOST_LINES

    def _take(self, number: int, record: bytes) -> None:
        record = record.removesuffix(b"\r")
        fault = None if self._sound else _fault(record)
        if fault is not None:
            self._reject(number, fault)
        else:
            self._number(number, record)

    def _number(self, number: int, record: bytes) -> None:
        text = self._numbered(number, record)
        if isinstance(text, str):
            self._reject(number, text)
        elif text is not None:
            self._numbers.append(number)
            self._texts.append(text)

    def _reject(self, number: int, reason: str) -> None:
        self._rejects.append((number, reason))


def _fault(record: bytes) -> str | None:
    if len(record) > LONGEST:
        return f"is longer than {LONGEST:,} bytes"
    if b"\0" in record:
        return "has a NUL byte"
    try:
        record.decode()
    except UnicodeDecodeError as error:
        return f"is not UTF-8 from its byte {error.start + 1} on: say the file's encoding in the mapping"
    return None


def _is_plain(block: bytes, quoting: Quoting | None) -> bool:
    """Say whether each line of `block` is a record."""
    return (quoting is None or quoting.sign not in block) and block.count(b"\r") == block.count(b"\r\n")


def _is_sound(block: bytes, lines: list[bytes]) -> bool:
    """Say whether `_fault` would find nothing in any line of `block`."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in block and max(map(len, lines)) <= LONGEST


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the stream in blocks that end with a line; of a line without end, only as much as shows it is too long."""
    rest = b""
    while block := stream.read(BLOCK):
        whole, newline, tail = block.rpartition(b"\n")
        if newline:
            yield rest + whole + newline
            rest = tail
        elif len(rest) <= LONGEST:
            rest += tail
    if rest:
        yield rest
