"""Lengths of time counted without keeping each."""

from __future__ import annotations

from collections import Counter
from typing import Any

from msgspec import Struct, field


class Tally(Struct, kw_only=True):
    """How many lengths in microseconds, their exact sum and extremes, and how many last so many whole `unit`s."""

    unit: int
    n: int = 0
    total: int = 0
    least: int | None = None
    most: int | None = None
    whole: Counter[int] = field(default_factory=Counter)

    def add(self, length: int) -> None:
        """Take one length."""
        self.n += 1
        self.total += length
        self.least = length if self.least is None else min(self.least, length)
        self.most = length if self.most is None else max(self.most, length)
        self.whole[length // self.unit] += 1

    def report(self) -> dict[str, Any]:
        """Return the tally as JSON values."""
        return {
            "n": self.n,
            "total": self.total,
            "least": self.least,
            "most": self.most,
            "unit": self.unit,
            "whole_units": {str(units): self.whole[units] for units in sorted(self.whole)},
        }
