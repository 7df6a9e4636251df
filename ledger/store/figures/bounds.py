"""A stretch of values that rows must lie in, as conditions of a statement."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement


class Bounds(Struct, frozen=True):
    """Values from `first` on and below `end`, None where there is no bound: instants in µs since 1970, or days."""

    first: int | None = None
    end: int | None = None

    def of(self, column: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """Return the conditions that keep the rows whose `column` lies within."""
        conditions: list[ColumnElement[bool]] = []
        if self.first is not None:
            conditions.append(column >= self.first)
        if self.end is not None:
            conditions.append(column < self.end)
        return conditions

    def hold(self, value: int) -> bool:
        """Say whether a value lies within."""
        return (self.first is None or value >= self.first) and (self.end is None or value < self.end)


UNBOUNDED = Bounds()
