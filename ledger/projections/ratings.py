"""How a rating is named: the text of its score and of its scale."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from ledger.events.voice import SurveyResponded


def scale(survey: SurveyResponded) -> str:
    """Return the scale from its worst score to its best: `0-10`, or `7-1` where a high score is bad."""
    low, high = decimal_text(survey.scale_min), decimal_text(survey.scale_max)
    return f"{high}-{low}" if survey.high_is == "bad" else f"{low}-{high}"


@lru_cache(maxsize=4096)
def decimal_text(number: float) -> str:
    """Return the shortest decimal text of a number: `9` for 9.0, `7.5`, `0.00001`; never an exponent."""
    return str(int(number)) if number == int(number) else format(Decimal(repr(number)), "f")
