"""The funnel: how many customers reached each primary stage, in order, and how many went on to the next."""

from __future__ import annotations

from typing import Any, Unpack

from ledger.queries.figure_row import FigureRow
from ledger.queries.metrics import metrics
from ledger.queries.question import Asked
from ledger.store.store import Store


def funnel(store: Store, **asked: Unpack[Asked]) -> list[dict[str, Any]]:
    """Return for each primary stage, in the journey's order: customers that ever entered it, and the way on.

    A row has the keys of the split, `stage`, `customers` (of `of` in all), and to the `next_stage` the closed
    funnel: `share` with `low` and `high`, `n` that reached this stage, `excluded`; then what it was seen from.
    Raises InvalidArgument, ProjectionStale.
    """
    rows = metrics(store, ["conversion"], **asked)
    ways_on = {
        (*_group(row), str(row.figure.by["from_stage"])): row
        for row in rows
        if row.figure.statistic == "share" and row.figure.by["funnel"] == "closed"
    }
    return [
        _stage(row, ways_on.get((*_group(row), str(row.figure.by["to_stage"]))))
        for row in rows
        if row.figure.statistic == "count"
    ]


PARTS = frozenset({"from_stage", "to_stage", "funnel"})


def _group(row: FigureRow) -> tuple[tuple[str, str | int], ...]:
    return tuple((key, value) for key, value in row.figure.by.items() if key not in PARTS)


def _stage(row: FigureRow, on: FigureRow | None) -> dict[str, Any]:
    shown = row.as_row()
    about = ("definition", "window", "from", "to", "as_of", "known_at", "zone", "position", "journey")
    return {
        **dict(_group(row)),
        "stage": row.figure.by["to_stage"],
        "customers": row.figure.value,
        "of": row.figure.n,
        "next_stage": on.figure.by["to_stage"] if on else None,
        "share": on.figure.value if on else None,
        "low": on.figure.low if on else None,
        "high": on.figure.high if on else None,
        "n": on.figure.n if on else None,
        "excluded": on.figure.excluded if on else row.figure.excluded,
        **{name: shown[name] for name in about},
    }
