"""A rebuild that is broken off: wherever it was, it gives back the room it took."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import inspect

from ledger import Ledger
from ledger.projecting.rebuild import rebuild
from ledger.store.engine import reading
from ledger.store.log import Until, range_rows
from ledger.store.read_model import BUILDING
from tests.store.events import order


def test_a_rebuild_stopped_in_the_middle_of_its_rows_leaves_no_table_behind(ledger: Ledger) -> None:
    ledger.append([order(f"o{number}") for number in range(3)])
    ledger.rebuild()
    held: list[Iterator[object]] = []  # what a traceback keeps alive of the work that was stopped

    def stopped(_done: int, _total: int) -> None:
        with reading(ledger.store.engine) as connection:
            held.append(range_rows(connection, 0, 10, Until(position=3)))
            next(held[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(ledger.store, progress=stopped)
    with reading(ledger.store.engine) as connection:
        assert not [name for name in inspect(connection).get_table_names() if BUILDING in name]
    assert ledger.verify(whole=True).ok
