"""The definitions of what customers are worth and what they cost."""

from __future__ import annotations

from ledger.metrics.metric import Metric

DEFINITIONS: tuple[Metric, ...] = ()
