"""Comparing two versions of the read model, customer by customer."""

from __future__ import annotations

from msgspec import Struct

from ledger.projections import PROJECTIONS
from ledger.store.engine import reading
from ledger.store.read_model import table_of
from ledger.store.store import Store


class Comparison(Struct, frozen=True, kw_only=True):
    """Whether two versions of the read model hold the same rows."""

    equal: bool


def compare(store: Store, before: int, after: int) -> Comparison:
    """Compare two versions of the read model."""
    with reading(store.engine) as connection:
        return Comparison(
            equal=all(
                sorted(map(repr, connection.execute(table_of(projection, before).select())))
                == sorted(map(repr, connection.execute(table_of(projection, after).select())))
                for projection in PROJECTIONS
            )
        )
