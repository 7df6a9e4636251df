"""Ledgers made quickly, and what their read model says in terms that no order of arrival can change."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, text

from ledger import Ledger
from ledger.projections import PROJECTIONS
from ledger.store.engine import reading
from ledger.store.read_model import table_of
from tests.ledgers import MEMORY, sqlite_copy

Tables = dict[str, list[tuple[Any, ...]]]


class Ticking:
    """A clock that moves a second at every look."""

    def __init__(self, start: int = 1_800_000_000_000_000) -> None:
        self.now = start

    def __call__(self) -> int:
        self.now += 1_000_000
        return self.now


@contextmanager
def fresh_ledger() -> Iterator[Ledger]:
    """Open an empty ledger of its own, with a ticking clock."""
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as folder,
        Ledger.open(sqlite_copy(Path(folder)), clock=Ticking()) as ledger,
    ):
        yield ledger


def tables(ledger: Ledger, connection: Connection | None = None) -> Tables:
    """Return the read model's rows by projection, customers by their own key."""
    with reading(ledger.store.engine) as own:
        names = {row[0]: row[1] for row in own.execute(text("SELECT stream, customer_id FROM streams"))}
        source = connection if connection is not None else own
        return {
            projection.name: sorted(
                ((names[row[0]], *row[1:]) for row in source.execute(select(table_of(projection)))), key=repr
            )
            for projection in PROJECTIONS
        }
