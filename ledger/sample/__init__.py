"""A seeded simulator of customers that knows the truth of what it wrote."""

from __future__ import annotations

from ledger.sample.simulate import simulate, simulate_lines
from ledger.sample.truth import Truth

__all__ = ["Truth", "simulate", "simulate_lines"]
