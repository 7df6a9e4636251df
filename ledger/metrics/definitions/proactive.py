"""The definitions of who speaks first: proactive contacts and what comes of them."""

from __future__ import annotations

from ledger.metrics.metric import Metric

DEFINITIONS: tuple[Metric, ...] = ()
