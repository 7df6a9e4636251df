"""NPS, CSAT and CES from counts, and from rows of ratings."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.errors import InvalidArgument
from ledger.metrics.figure import Scope
from ledger.metrics.ratings import score_counts, survey_score
from ledger.metrics.scores import ces, csat, nps

people = st.integers(0, 2_000)


def test_the_net_promoter_score_is_promoters_less_detractors_per_hundred() -> None:
    (figure,) = nps(50, 30, 20)
    assert (figure.metric, figure.statistic, figure.value, figure.n) == ("nps", "score", 30, 100)
    assert (figure.unit, figure.definition, figure.numerator) == ("points", "nps@1", 30)


def test_the_interval_of_an_nps_is_the_published_adjusted_wald() -> None:
    """Worked by hand: n + 3 = 33, promoters 3.75, detractors 26.75."""
    (figure,) = nps(3, 1, 26)
    p, d = 3.75 / 33, 26.75 / 33
    half = 1.959963984540054 * sqrt((p + d - (p - d) ** 2) / 33)
    assert figure.value == pytest.approx(-76.6667, abs=1e-4)
    assert (figure.low, figure.high) == pytest.approx((100 * (p - d - half), 100 * (p - d + half)))
    assert figure.high is not None
    assert figure.low is not None
    assert figure.high - figure.low == pytest.approx(45, abs=1)


@given(people, people, people)
def test_the_interval_of_an_nps_holds_it_from_two_answers_on(promoters: int, passives: int, detractors: int) -> None:
    assume(promoters + passives + detractors >= 2)
    (figure,) = nps(promoters, passives, detractors)
    assert figure.value is not None
    assert figure.low is not None
    assert figure.high is not None
    assert -100 <= figure.low <= figure.value <= figure.high <= 100


@given(people, people, people)
def test_promoters_and_detractors_swapped_mirror_an_nps(promoters: int, passives: int, detractors: int) -> None:
    assume(promoters + passives + detractors > 0)
    (one,), (other,) = nps(promoters, passives, detractors), nps(detractors, passives, promoters)
    assert one.value == -(other.value or 0)
    assert one.low == pytest.approx(-(other.high or 0))


def test_no_answer_gives_no_score() -> None:
    for figure in (*nps(0, 0, 0), *csat(0, 0, 0), *ces(0, 0, 0)):
        assert (figure.value, figure.n, figure.low, figure.high) == (None, 0, None, None)


def test_satisfaction_is_the_top_two_boxes_with_the_mean_beside_it() -> None:
    share, mean = csat(3, 4, 15, squares=63)
    assert (share.statistic, share.value, share.unit) == ("share", 0.75, "share")
    assert (mean.statistic, mean.value, mean.unit) == ("mean", 3.75, "score")


def test_ease_is_a_mean_with_a_t_interval() -> None:
    """Worked by hand: variance (110 − 400/4) / 3, and 3.182446 from a table of t with 3 degrees of freedom."""
    (figure,) = ces(4, 20, 110)
    half = 3.182446 * sqrt(10 / 3 / 4)
    assert figure.value == 5
    assert (figure.low, figure.high) == pytest.approx((5 - half, 5 + half), abs=1e-6)


def test_one_rating_of_ease_has_a_mean_and_no_interval() -> None:
    (figure,) = ces(1, 6, 36)
    assert (figure.value, figure.n, figure.low, figure.high) == (6, 1, None, None)


def test_scores_of_9_and_10_promote_and_those_up_to_6_detract() -> None:
    (figure,) = survey_score("nps", [("0-10", str(score), 1) for score in range(11)])
    assert (figure.numerator, figure.n) == (2 - 7, 11)


def test_scores_of_4_and_5_are_satisfied() -> None:
    share, _ = survey_score("csat", [("1-5", str(score), 1) for score in range(1, 6)])
    assert (share.numerator, share.n) == (2, 5)


def test_a_score_between_the_boxes_is_neither_promoter_nor_detractor() -> None:
    (figure,) = survey_score("nps", [("0-10", "8.5", 1), ("0-10", "6.5", 1)])
    assert (figure.value, figure.n) == (0, 2)


def test_a_rating_on_another_scale_is_left_out_and_counted() -> None:
    share, mean = survey_score("csat", [("1-5", "5", 3), ("1-5", "2", 1), ("1-10", "9", 7)])
    for figure in (share, mean):
        assert (figure.n, figure.excluded) == (4, {"other_scale": 7})
    assert (share.value, mean.value) == (0.75, 4.25)


def test_what_was_left_out_before_is_added_to_and_the_split_is_kept() -> None:
    scope = Scope(by={"channel": "web"}, excluded={"no_channel": 2, "other_scale": 1})
    (figure,) = survey_score("ces", [("1-7", "6", 2), ("1-5", "4", 3)], scope)
    assert figure.by == {"channel": "web"}
    assert figure.excluded == {"no_channel": 2, "other_scale": 4}


def test_a_survey_nobody_defined_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="nps, csat, ces"):
        survey_score("mood", [])


def test_every_score_is_counted_on_its_scale_lowest_first() -> None:
    figures = score_counts("csat", [("1-5", "5", 3), ("1-5", "1", 2), ("1-5", "4.5", 1), ("1-5", "5", 1)])
    assert [(figure.by["score"], figure.value, figure.n) for figure in figures] == [
        ("1", 2, 7),
        ("4.5", 1, 7),
        ("5", 4, 7),
    ]
    assert {figure.by["scale"] for figure in figures} == {"1-5"}
