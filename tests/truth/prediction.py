"""Prediction: who was at risk, who left, and that what the simulator never looks at has no coefficient."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.truth.known import Known, Rows, one
from tests.truth.lives import Life

DAY = 86_400_000_000
HORIZON = 90 * DAY
AT = int(datetime(2025, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000
EVALUATE = "predict evaluate --at 2025-06-01 --horizon 90d --known-at now"


def _stage(life: Life, at: int) -> str:
    """Return where someone stood just before a time."""
    return next((visit.stage for visit in reversed(life.visits) if visit.entered_at < at), "")


def _leaves(life: Life, start: int) -> bool:
    return any(visit.stage == "termination" and start <= visit.entered_at < start + HORIZON for visit in life.visits)


def _at_risk(life: Life, at: int) -> bool:
    return _stage(life, at) not in ("", "termination")


def _judged(lives: list[Life]) -> list[int]:
    at_risk = [life for life in lives if _at_risk(life, AT)]
    return [len(at_risk), sum(_leaves(life, AT) for life in at_risk)]


def _learnt_from(lives: list[Life]) -> list[int]:
    starts = [AT - number * HORIZON for number in range(1, 60)]
    past = [(life, start) for life in lives for start in starts if _at_risk(life, start)]
    return [len(past), sum(_leaves(life, start) for life, start in past)]


def _counted(rows: Rows, metric: str, **by: str) -> list[int]:
    of_metric = [row for row in rows if row["metric"] == metric]
    return [one(of_metric, "share", "n", **by), one(of_metric, "share", "numerator", **by)]


def _interval(rows: Rows, metric: str, statistic: str, **by: str) -> tuple[float, float]:
    of_metric = [row for row in rows if row["metric"] == metric]
    return one(of_metric, statistic, "low", **by), one(of_metric, statistic, "high", **by)


def _no_effect(term: str) -> Known:
    return Known(
        f"Log odds of leaving by {term}, which the simulator never looks at",
        "predict model --horizon 90d",
        lambda rows: _interval(rows, "hazard_coefficients", "log_odds", term=term),
        lambda _: 0,
    )


FIGURES = (
    Known(
        "Customers at risk at a time, and those who left in the 90 days after",
        EVALUATE,
        lambda rows: _counted(rows, "prediction_calibration", tenth="all"),
        _judged,
    ),
    Known(
        "Horizons before that time to learn from, and those in which the customer left",
        EVALUATE,
        lambda rows: _counted(rows, "hazard_training"),
        _learnt_from,
    ),
    Known(
        "Those who left against those foretold to",
        EVALUATE,
        lambda rows: _interval(rows, "prediction_bias", "ratio"),
        lambda _: 1,
    ),
    _no_effect("complaints in 90 days"),
    _no_effect("last rating"),
)
