"""The definitions of how far the log itself can be trusted."""

from __future__ import annotations

from ledger.metrics.metric import Metric

DEFINITIONS: tuple[Metric, ...] = ()
