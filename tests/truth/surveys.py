"""Ratings: NPS of every segment as of the answer's time."""

from __future__ import annotations

from collections import Counter

from tests.truth.known import Known, split
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


FIGURES = (
    Known(
        "NPS by region, as of each answer",
        "metrics nps --by segment:region",
        lambda rows: split(rows, "score", "segment:region"),
        _nps_by_region,
    ),
)
