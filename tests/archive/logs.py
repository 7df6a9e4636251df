"""Logs to archive, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger import Ledger
from ledger.archive import merging, segments, writing
from ledger.archive.archive import Archive, open_archive
from ledger.archive.writing import Archived, write_archive
from ledger.store.engine import reading
from ledger.store.log import last_position, range_rows
from ledger.store.mapper import Row
from ledger.store.plan import Recorded
from tests.store.events import fact, merge, order

ALL = (1, 10**9)


def tell(ledger: Ledger, customers: Iterable[int | str]) -> None:
    """Record an event of each of these customers, one after the other; some have personal fields, some none."""
    wires = []
    with reading(ledger.store.engine) as connection:
        after = last_position(connection)
    for number, customer in enumerate(customers, after):
        if number % 5:
            wires.append(order(f"o{number}", f"c{customer}", value=f"{number}.50"))
        else:
            wires.append(fact(f"n{number}", "note.added", f"c{customer}", {"text": f"note {number}"}, source="crm"))
    assert all(isinstance(outcome, Recorded) for outcome in ledger.append_many(wires))


def story(ledger: Ledger) -> None:
    """Record a little of everything: thirty customers, two merges far apart, one customer with much."""
    tell(ledger, [number % 30 for number in range(90)])
    ledger.append([merge("m1", "c1", "c28")])
    ledger.append([merge("m2", "c29", "c0")])
    tell(ledger, [7] * 40)


def logged(ledger: Ledger, first: int = ALL[0], last: int = ALL[1]) -> list[Row]:
    """Return the rows of the streams `first` to `last` as the log gives them."""
    with reading(ledger.store.engine) as connection:
        return list(range_rows(connection, first, last))


def archived(ledger: Ledger, folder: str | Path, *, width: int | None = 4, compact: bool = False) -> Archived:
    return write_archive(ledger.store, folder, width=width, compact=compact)


def held(folder: str | Path | Archive, first: int = ALL[0], last: int = 1_000) -> list[Row]:
    """Return the rows of the streams `first` to `last` as an archive gives them."""
    archive = folder if isinstance(folder, Archive) else open_archive(folder)
    return list(archive.rows(first, last))


def files(folder: Path) -> list[str]:
    """Return the names of the segments that lie in a folder."""
    return sorted(path.name for path in (folder / "segments").iterdir())


@contextmanager
def small(patch: pytest.MonkeyPatch, **sizes: int) -> Iterator[None]:
    """Make everything that is done piece by piece happen in pieces that a test's log has several of."""
    homes = {"AT_ONCE": merging, "MIN": merging, "GROUP_ROWS": segments, "SLICE": writing, "OFTEN": writing}
    with patch.context() as inner:
        for name, size in {"AT_ONCE": 6, "MIN": 3, "GROUP_ROWS": 5, "SLICE": 16, **sizes}.items():
            inner.setattr(homes[name], name, size)
        yield


def spread(items: Sequence[int], parts: int) -> Iterator[Sequence[int]]:
    """Cut items into so many parts."""
    size = -(-len(items) // parts)
    for start in range(0, len(items), size):
        yield items[start : start + size]
