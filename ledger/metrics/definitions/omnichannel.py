"""The definitions of whether channels are one company: consistency, handovers, preference, self-service."""

from __future__ import annotations

from ledger.metrics.metric import Metric

DEFINITIONS: tuple[Metric, ...] = ()
