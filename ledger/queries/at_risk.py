"""Who was at risk of leaving, at one time after the other: the log folded anew, as it was known then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec.json import decode

from ledger.metrics.terms import COUNTS, Floats, Known
from ledger.projections.risk import COLUMNS, risk
from ledger.runners.source import Source
from ledger.runners.whole import fold_log
from ledger.schemas.definitions import Definitions
from ledger.store.log import Until
from ledger.store.store import Store

Integers = npt.NDArray[np.int64]

Row = tuple[Any, ...]


class AtRisk(NamedTuple):
    """Horizons of customers: the customer's number, what was known at its start, the period in which they left."""

    customers: Integers
    known: Known
    left_in: Integers

    @property
    def rows(self) -> int:
        """How many horizons there are."""
        return len(self.customers)


class Horizons(NamedTuple):
    """The horizons that were over when the prediction is made, to learn from, and those that begin then."""

    past: AtRisk
    present: AtRisk


def horizons(
    store: Store, definitions: Definitions, until: Until, *, at: int, horizon: int, scheme: str | None = None
) -> Horizons:
    """Return everyone at risk at `at` and at every whole number of horizons before it, by customer.

    The log is folded as `until` bounds it (its position must be set) and no further than `at`, which itself is left
    out. `scheme` names the segments that are looked at.
    """
    before = Until(as_of=at - 1, known_at=until.known_at, position=until.position)
    projection = risk(at, horizon)
    source = Source(url=store.url, definitions=definitions, until=before, projections=(projection,))
    rows = [row for built in fold_log(store, source) for row in built.rows.get(projection.name, ())]
    rows.sort(key=lambda row: row[:2])
    return Horizons(
        _columns([row for row in rows if row[1] < at], scheme), _columns([row for row in rows if row[1] == at], scheme)
    )


def _columns(rows: Sequence[Row], scheme: str | None) -> AtRisk:
    named: dict[str, Sequence[Any]] = dict.fromkeys(("customer", *(column.name for column in COLUMNS)), ())
    named.update(zip(named, zip(*rows, strict=True), strict=False))
    return AtRisk(
        customers=np.array(named["customer"], dtype=np.int64),
        known=Known(
            stage=np.array(named["stage"], dtype=np.str_),
            cycle=_numbers(named["cycle"]),
            in_stage=_numbers(named["in_stage"]),
            quiet=_numbers(named["quiet"]),
            counts={name: _numbers(named[name]) for name in COUNTS},
            rating=_numbers(named["rating"]),
            segment=np.array(_segments(named["segments"], scheme), dtype=np.str_),
        ),
        left_in=np.array(named["left_in"], dtype=np.int64),
    )


def _numbers(values: Sequence[Any]) -> Floats:
    """Return numbers; what is not known becomes nan."""
    return np.array(values, dtype=np.float64)


def _segments(segments: Sequence[str], scheme: str | None) -> list[str]:
    if scheme is None:
        return [""] * len(segments)
    named = {text: str(decode(text).get(scheme, "")) for text in set(segments)}
    return [named[text] for text in segments]
