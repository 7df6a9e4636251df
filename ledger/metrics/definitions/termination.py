"""The definitions of leaving: reasons, retention, satisfaction at the end, what comes after."""

from __future__ import annotations

from ledger.metrics.metric import Metric

DEFINITIONS: tuple[Metric, ...] = ()
