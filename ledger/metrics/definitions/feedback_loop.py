"""The definitions of the feedback loop: listen, dispatch, solve, communicate back."""

from __future__ import annotations

from ledger.metrics.metric import Metric

DEFINITIONS: tuple[Metric, ...] = ()
