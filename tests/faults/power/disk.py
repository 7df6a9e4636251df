"""A disk that keeps what was synced, and of everything else what chance will have.

The model: a sync that has ended keeps every change made to its file before it began. Each change after that may have
reached the disk or not, whatever became of the others, and a write in parts of a sector's size, any of them. Names are
kept in the order they were made or removed, up to any point, and are safe only once the folder is synced. A file may
have grown without its contents: what was never written is zeros or noise. As SQLite does (sqlite.org/psow.html), it
takes for granted that a write changes no byte outside its own range.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from random import Random
from typing import NamedTuple

from tests.faults.power.recording import CREATE, CUT, FOLDER, SYNC_BEGINS, SYNC_ENDS, UNLINK, WRITE, Record
from tests.faults.power.workload import MARKS

SECTOR = 512


class Change(NamedTuple):
    """A write or a cut that no sync has covered yet, with its number in the trace."""

    number: int
    record: Record


class Renaming(NamedTuple):
    """A name that was given to a file, or taken away."""

    number: int
    name: str
    file: File | None


class File:
    """One file: the bytes that are safe, and the changes that are not."""

    def __init__(self) -> None:
        self.safe = bytearray()
        self.pending: list[Change] = []

    def synced(self, before: int) -> None:
        """Make safe what was changed before a record."""
        for change in self.pending:
            if change.number < before:
                self.safe = _changed(self.safe, change.record)
        self.pending = [change for change in self.pending if change.number >= before]

    def whole(self) -> bytearray:
        """Return the file as its process sees it."""
        contents = self.safe[:]
        for change in self.pending:
            contents = _changed(contents, change.record)
        return contents


class Disk:
    """The disk of one folder, step by step."""

    def __init__(self) -> None:
        self._files: dict[int, File] = {}
        self._names: dict[str, File] = {}
        self._renamings: list[Renaming] = []
        self._syncs: dict[int, int] = {}

    def take(self, number: int, record: Record) -> None:
        """Let one more step happen."""
        if record.kind == CREATE:
            self._files[record.file] = File()
            self._renamings.append(Renaming(number, record.name, self._files[record.file]))
        elif record.kind == UNLINK:
            self._renamings.append(Renaming(number, record.name, None))
        elif record.kind in (WRITE, CUT):
            if record.name != MARKS:
                self._files[record.file].pending.append(Change(number, record))
        elif record.kind == SYNC_BEGINS:
            self._syncs[record.offset] = number
        elif record.kind == SYNC_ENDS:
            self._synced(record, self._syncs.pop(record.offset))

    def _synced(self, record: Record, before: int) -> None:
        if record.name != FOLDER:
            self._files[record.file].synced(before)
            return
        _rename(self._names, (renaming for renaming in self._renamings if renaming.number < before))
        self._renamings = [renaming for renaming in self._renamings if renaming.number >= before]

    def whole(self) -> dict[str, bytes]:
        """Return every file as the processes see it."""
        names = dict(self._names)
        _rename(names, self._renamings)
        return {name: bytes(file.whole()) for name, file in names.items() if name != MARKS}

    def after_power_loss(self, chance: Random, in_flight: Record | None = None) -> dict[str, bytes]:
        """Return the files as they may be found afterwards; `in_flight` is the step that was not finished."""
        names = dict(self._names)
        unsafe = len(self._renamings)
        _rename(names, self._renamings[: chance.choice((0, unsafe, chance.randint(0, unsafe)))])
        numbers = {id(file): number for number, file in self._files.items()}
        found = {}
        for name, file in sorted(names.items()):
            if name == MARKS:
                continue
            changes = [change.record for change in file.pending]
            if in_flight and in_flight.kind in (WRITE, CUT) and numbers.get(id(file)) == in_flight.file:
                changes.append(in_flight)
            found[name] = bytes(_survived(file.safe, changes, chance))
        return found


def _rename(names: dict[str, File], renamings: Iterable[Renaming]) -> None:
    for renaming in renamings:
        if renaming.file is None:
            names.pop(renaming.name, None)
        else:
            names[renaming.name] = renaming.file


def _changed(contents: bytearray, record: Record) -> bytearray:
    if record.kind == CUT:
        _resize(contents, record.offset)
    else:
        _resize(contents, max(len(contents), record.offset))
        contents[record.offset : record.offset + len(record.data)] = record.data
    return contents


def _resize(contents: bytearray, length: int, filler: int = 0) -> None:
    if length < len(contents):
        del contents[length:]
    else:
        contents.extend(bytes([filler]) * (length - len(contents)))


FATES: tuple[tuple[float, float, float], ...] = (
    (1.0, 0.0, 0.0),
    (0.0, 1.0, 0.0),
    (0.1, 0.8, 0.1),
    (0.8, 0.1, 0.1),
    (0.3, 0.3, 0.4),
    (0.0, 0.0, 1.0),
)
"""How likely a change is dropped, kept or torn; each file of each power loss has one of these."""


def _survived(safe: bytearray, changes: Sequence[Record], chance: Random) -> bytearray:
    contents = safe[:]
    weights = chance.choice(FATES)
    filler = chance.choice((0, 0, 0xA5))
    grows = chance.random() < 0.3
    oldest_dropped = chance.randrange(len(changes)) if changes and chance.random() < 0.15 else 0
    for number, change in enumerate(changes):
        [fate] = chance.choices(("dropped", "kept", "torn"), weights) if number >= oldest_dropped else ["dropped"]
        if change.kind == CUT:
            if fate != "dropped":
                _resize(contents, change.offset, filler)
            continue
        for start, end in _parts(change):
            if fate == "kept" or (fate == "torn" and chance.random() < 0.5):
                _resize(contents, max(len(contents), start), filler)
                contents[start:end] = change.data[start - change.offset : end - change.offset]
            elif grows:
                _resize(contents, max(len(contents), end), filler)
    return contents


def _parts(change: Record) -> list[tuple[int, int]]:
    end = change.offset + len(change.data)
    cuts = [change.offset, *range((change.offset // SECTOR + 1) * SECTOR, end, SECTOR), end]
    return list(pairwise(cuts))
