"""The definitions of stays that can end in several ways: incidence, and how long they last."""

from __future__ import annotations

from ledger.metrics.metric import Metric

DEFINITIONS: tuple[Metric, ...] = ()
