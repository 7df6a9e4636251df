"""The definitions of needs: expressed, met, unmet, stated and revealed."""

from __future__ import annotations

from ledger.metrics.metric import Metric

DEFINITIONS: tuple[Metric, ...] = ()
