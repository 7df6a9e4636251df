"""The definitions of the touchpoint map: the catalogue against what customers met."""

from __future__ import annotations

from ledger.metrics.metric import Metric

DEFINITIONS: tuple[Metric, ...] = ()
