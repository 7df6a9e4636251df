"""Amounts and scores: exact whole numbers inside, the shortest text outside."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.events.fields import MONEY_PATTERN
from ledger.events.voice import SurveyResponded
from ledger.projections.amounts import nearest_ten_thousandth, ten_thousandths
from ledger.projections.ratings import decimal_text, scale


@given(st.from_regex(MONEY_PATTERN.replace("$", r"\Z"), fullmatch=True))
def test_an_amount_is_exactly_its_ten_thousandths(amount: str) -> None:
    assert ten_thousandths(amount) == Decimal(amount) * 10_000


@pytest.mark.parametrize(
    ("amount", "units"), [("12.5", 125_000), ("-0.05", -500), ("7", 70_000), ("0.0001", 1), ("-0", 0)]
)
def test_amounts_are_read_without_rounding(amount: str, units: int) -> None:
    assert ten_thousandths(amount) == units


@given(st.floats(-1e15, 1e15))
def test_the_text_of_a_score_is_plain_and_reads_back_the_same(score: float) -> None:
    text = decimal_text(score)
    assert float(text) == score
    assert set(text) <= set("-.0123456789")
    assert not text.endswith(".0")


def test_a_score_is_rounded_to_the_nearest_ten_thousandth() -> None:
    assert nearest_ten_thousandth(4.1) == 41_000
    assert nearest_ten_thousandth(1 / 3) == 3_333


def survey(high_is: Literal["good", "bad"] | None) -> SurveyResponded:
    return SurveyResponded(metric="ces", score=2, scale_min=1, scale_max=7, high_is=high_is)


def test_a_scale_runs_from_its_worst_score_to_its_best() -> None:
    assert scale(survey(None)) == scale(survey("good")) == "1-7"
    assert scale(survey("bad")) == "7-1"
