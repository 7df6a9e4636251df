"""A seeded simulator of customers that knows the truth of what it wrote."""

from __future__ import annotations

from ledger.sample.simulate import lines, simulate
from ledger.sample.truth import Truth

__all__ = ["Truth", "lines", "simulate"]
