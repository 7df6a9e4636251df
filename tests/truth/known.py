"""What a figure with a known truth is: the command that prints it, and how the simulated lives tell it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.truth.lives import Life

Rows = list[dict[str, Any]]


class Known(NamedTuple):
    """A figure whose truth is known: `told` takes it from the rows a command prints, `truth` from the lives.

    They must be equal (numbers within 1e-9 of each other); where `told` gives a pair, it is an interval in which the
    truth, a parameter of the simulator, must lie.
    """

    figure: str
    command: str
    told: Callable[[Rows], Any]
    truth: Callable[[list[Life]], Any]


def one(rows: Rows, statistic: str, field: str = "value", **by: Any) -> Any:
    """Return one field of the one row of that statistic and these keys."""
    (row,) = [row for row in rows if row["statistic"] == statistic and by.items() <= row.items()]
    return row[field]


def split(rows: Rows, statistic: str, *keys: str, field: str = "value", **by: Any) -> dict[Any, Any]:
    """Return one field of each row of that statistic, by the values of one key, or of several."""
    told = {
        str(row[keys[0]]) if len(keys) == 1 else tuple(str(row[key]) for key in keys): row[field]
        for row in rows
        if row["statistic"] == statistic and by.items() <= row.items() and all(key in row for key in keys)
    }
    assert told, f"no figure of {statistic} by {', '.join(keys)}"
    return told


def is_interval(told: Any, truth: Any) -> bool:
    """Say whether a printed figure is an interval that must hold the truth."""
    return isinstance(told, tuple) and len(told) == 2 and isinstance(truth, int | float)


def agrees(told: Any, truth: Any) -> bool:
    """Say whether a printed figure is the truth."""
    if is_interval(told, truth):
        low, high = told
        return low is not None and high is not None and bool(low <= truth <= high)
    if isinstance(told, dict) and isinstance(truth, dict):
        return told.keys() == truth.keys() and all(agrees(told[key], truth[key]) for key in told)
    if isinstance(told, int | float) and isinstance(truth, int | float):
        return abs(told - truth) <= 1e-9 * max(1.0, abs(truth))
    return bool(told == truth)
