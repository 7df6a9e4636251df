"""Ratings: what customers answered, and the NPS of every segment as of the answer's time."""

from __future__ import annotations

from collections import Counter
from statistics import mean

from tests.truth.known import Known, one, split
from tests.truth.lives import Life


def _nps_by_region(lives: list[Life]) -> dict[str, float]:
    n: Counter[str] = Counter()
    balance: Counter[str] = Counter()
    for life in lives:
        for event in life.of("survey.responded"):
            if event.data["metric"] == "nps":
                region = event.segments.get("region", "unknown")
                n[region] += 1
                balance[region] += (event.data["score"] >= 9) - (event.data["score"] <= 6)
    return {region: 100 * balance[region] / n[region] for region in n}


def _scores(lives: list[Life], metric: str) -> list[float]:
    answers = (event.data for life in lives for event in life.of("survey.responded"))
    return [answer["score"] for answer in answers if answer["metric"] == metric]


FIGURES = (
    Known(
        "Satisfied answers (4 and 5 of 5)",
        "metrics csat",
        lambda rows: one(rows, "share"),
        lambda lives: mean(score >= 4 for score in _scores(lives, "csat")),
    ),
    Known(
        "Mean satisfaction",
        "metrics csat",
        lambda rows: one(rows, "mean"),
        lambda lives: mean(_scores(lives, "csat")),
    ),
    Known(
        "Mean ease (CES 2.0)", "metrics ces", lambda rows: one(rows, "mean"), lambda lives: mean(_scores(lives, "ces"))
    ),
    Known(
        "NPS by region, as of each answer",
        "metrics nps --by segment:region",
        lambda rows: split(rows, "score", "segment:region"),
        _nps_by_region,
    ),
)
