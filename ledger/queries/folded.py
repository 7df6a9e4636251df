"""One customer folded now, from the log: the rows their projections would have, as of a time and as known at one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from ledger.journey.context import Context
from ledger.journey.reading import effective
from ledger.projections.driver import Folds
from ledger.projections.shape import Projection
from ledger.queries.customer import read_customer
from ledger.schemas.definitions import Definitions, compile_context
from ledger.store.log import NOW, Until
from ledger.store.store import Store

Row = dict[str, Any]


class Folded(Struct, frozen=True, kw_only=True):
    """One customer's rows by the name of their projection, each row by the names of its columns."""

    customer_id: str
    rows: dict[str, list[Row]]


def fold_customer(
    store: Store,
    customer_id: str,
    projections: Sequence[Projection[Any]],
    until: Until = NOW,
    definitions: Definitions | None = None,
) -> Folded:
    """Return what some projections make of a customer. Raises CustomerNotFound, Undecodable, InvalidDefinition."""
    log = read_customer(store, customer_id, until)
    folds = Folds(_context(store, definitions), projections)
    state = folds.initial()
    folds.feed(state, effective(log.events))
    made = folds.rows(state)
    return Folded(
        customer_id=log.customer_id,
        rows={
            projection.name: [
                dict(zip((column.name for column in projection.columns), row, strict=True))
                for row in made[projection.name]
            ]
            for projection in projections
        },
    )


def _context(store: Store, definitions: Definitions | None) -> Context:
    return store.context if definitions in (None, store.definitions) else compile_context(definitions)
