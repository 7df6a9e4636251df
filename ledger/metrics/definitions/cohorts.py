"""The definitions of who stays: cohorts by calendar and rolling, and the counts of the customer lifecycle."""

from __future__ import annotations

from ledger.metrics.metric import Metric

DEFINITIONS: tuple[Metric, ...] = ()
