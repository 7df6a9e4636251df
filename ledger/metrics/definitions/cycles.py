"""The definitions of cycles of the journey: how often, how long, what they use up."""

from __future__ import annotations

from ledger.metrics.metric import Metric

DEFINITIONS: tuple[Metric, ...] = ()
