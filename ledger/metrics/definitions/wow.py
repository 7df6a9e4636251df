"""The definitions of the experiences that stand out, and of what follows them."""

from __future__ import annotations

from ledger.metrics.metric import Metric

DEFINITIONS: tuple[Metric, ...] = ()
