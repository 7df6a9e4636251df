"""The definitions of effort: the score with its parts, task success, friction."""

from __future__ import annotations

from ledger.metrics.metric import Metric

DEFINITIONS: tuple[Metric, ...] = ()
