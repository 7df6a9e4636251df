"""Figures of how alike answers are: between channels, and of one customer over time."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import Ledger
from ledger.metrics.proportions import wilson
from tests.queries.telling import Wire, figures, micros, only, rated, told, write


def answers(channel: str | None, metric: str, *scores: int, days: float = 1) -> list[Wire]:
    place = {} if channel is None else {"channel": channel}
    return [rated(f"{channel}{n}", days, score, metric, **place) for n, score in enumerate(scores)]


def apart(ledger: Ledger, survey: str, scored_as: str = "score", **asked: Any) -> dict[str, Any]:
    rows = figures(ledger, "channel_consistency", **asked)
    return {
        str(row.figure.statistic): row.figure.value
        for row in rows
        if (row.figure.by["survey"], row.figure.by["scored_as"]) == (survey, scored_as)
    }


def test_channels_are_compared_by_their_means(ledger: Ledger) -> None:
    web, phone = [5] * 20 + [3] * 20, [3] * 30
    write(ledger, *answers("web", "csat", *web), *answers("phone", "csat", *phone))
    # Means 4 and 3, middle 25/7; between 40·(3/7)² + 30·(4/7)², of all 20·(10/7)² + 50·(4/7)².
    assert apart(ledger, "csat") == {
        "range": 1.0,
        "variance": pytest.approx((40 * 9 + 30 * 16) / 49 / 70),
        "eta_squared": pytest.approx((40 * 9 + 30 * 16) / (20 * 100 + 50 * 16)),
    }
    assert apart(ledger, "csat", "top_two")["range"] == 50.0
    mean = only(figures(ledger, "channel_scores"), channel="web", scored_as="top_two").figure
    assert (mean.value, mean.n, mean.by["compared"], mean.unit) == (50.0, 40, "yes", "points")
    low, high = wilson(20, 40) or (0, 0)
    assert (mean.low, mean.high) == (100 * low, 100 * high)
    eta = only(figures(ledger, "channel_consistency", "eta_squared"), survey="csat", scored_as="score").figure
    assert (eta.n, eta.by["channels"]) == (70, 2)


def test_the_net_promoter_score_of_channels_is_compared_in_its_points(small_ledger: Ledger) -> None:
    web, phone = [9] * 20 + [6] * 10, [8] * 15 + [0] * 15
    write(small_ledger, *answers("web", "nps", *web), *answers("phone", "nps", *phone))
    assert apart(small_ledger, "nps", "net")["range"] == pytest.approx(100 / 3 + 50)
    of_channels = only(figures(small_ledger, "channel_scores"), channel="web").figure
    alone = only(figures(small_ledger, "nps", by=["channel"]), channel="web").figure
    assert (of_channels.value, of_channels.low, of_channels.high) == (alone.value, alone.low, alone.high)


def test_a_channel_with_few_answers_is_shown_and_not_compared(small_ledger: Ledger) -> None:
    many, few = [7, 5] * 15, [1] * 29
    write(
        small_ledger,
        *answers("web", "ces", *many),
        *answers("phone", "ces", *few),
        *answers(None, "ces", 1, 1),
        *answers("app", "ces", *[6] * 30),
        told("survey.responded", "z", 1, data_metric="ces", data_score=1, data_scale_min=1, data_scale_max=5),
    )
    rows = figures(small_ledger, "channel_scores")
    means = {row.figure.by["channel"]: row for row in rows}
    assert {name: row.figure.by["compared"] for name, row in means.items()} == {
        "web": "yes",
        "phone": "no",
        "app": "yes",
    }
    assert means["phone"].as_row()["few"] is True
    assert means["web"].figure.excluded == {"unknown_channel": 2, "other_scale": 1}
    reach = only(figures(small_ledger, "channel_consistency", "range"), survey="ces").figure
    assert (reach.value, reach.n) == (0.0, 60)
    assert reach.excluded == {"few": 29, "unknown_channel": 2, "other_scale": 1}
    assert apart(small_ledger, "ces")["eta_squared"] == 0.0


def test_one_channel_is_compared_with_none(small_ledger: Ledger) -> None:
    write(small_ledger, *answers("web", "ces", *[5] * 40), *answers("phone", "ces", *[5] * 3))
    assert set(apart(small_ledger, "ces").values()) == {None}


def test_answers_that_are_all_the_same_have_no_share_of_variance(small_ledger: Ledger) -> None:
    write(small_ledger, *answers("web", "ces", *[5] * 30), *answers("phone", "ces", *[5] * 30))
    assert apart(small_ledger, "ces") == {"range": 0.0, "variance": 0.0, "eta_squared": None}


def test_channels_are_compared_within_what_is_asked(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        *answers("web", "ces", *[5] * 30),
        *answers("phone", "ces", *[5] * 30),
        *answers("web", "ces", *[7] * 30, days=40),
        *answers("phone", "ces", *[1] * 30, days=40),
    )
    assert apart(small_ledger, "ces", before=micros(30))["range"] == 0.0
    by_month = figures(small_ledger, "channel_consistency", "range", by=["month"], where={"survey": "ces"})
    assert only(by_month, month="2024-02").figure.value == 6.0
    assert {row.figure.by["survey"] for row in by_month} == {"ces"}


def test_customers_are_held_against_themselves(ledger: Ledger) -> None:
    write(
        ledger,
        *(rated("a", day, score) for day, score in ((1, 4), (2, 8))),
        *(rated("b", day, score) for day, score in ((1, 9), (2, 10), (3, 2))),
        *(rated("c", day, 7) for day in (1, 2)),
        rated("d", 1, 0),
        rated("e", 1, 5, "ces"),
        told("survey.responded", "a", 3, data_metric="nps", data_score=1, data_scale_min=1, data_scale_max=5),
    )
    deviation = only(figures(ledger, "consistency_over_time", "deviation"), survey="nps").figure
    # a: 2² + 2², b: 2² + 3² + 5², c: 0; 7 answers of 3 customers.
    assert deviation.value == pytest.approx(((8 + 38) / 4) ** 0.5)
    assert deviation.n == 3
    assert deviation.excluded == {"one_answer": 1, "other_scale": 1}
    assert only(figures(ledger, "consistency_over_time", "count"), survey="nps").figure.value == 7
    rows = figures(ledger, "last_answer", "share", where={"survey": "nps"})
    assert {row.figure.by["last"]: row.figure.numerator for row in rows} == {"below": 1, "equal": 1, "above": 1}
    assert only(figures(ledger, "last_answer", "median"), survey="nps").figure.value == 0.0
    nobody = only(figures(ledger, "last_answer", "median"), survey="ces").figure
    assert (nobody.value, nobody.n, nobody.excluded) == (None, 0, {"one_answer": 1})
    assert only(figures(ledger, "consistency_over_time", "deviation"), survey="csat").figure.value is None


def test_of_two_last_answers_at_one_instant_none_is_the_last(small_ledger: Ledger) -> None:
    write(small_ledger, rated("a", 1, 9), rated("a", 2, 8), rated("a", 2, 1), rated("b", 1, 9), rated("b", 2, 1))
    figure = only(figures(small_ledger, "last_answer", "median"), survey="nps").figure
    assert (figure.value, figure.n, figure.excluded) == (-8.0, 1, {"tied": 1})


def test_an_answer_that_comes_late_takes_its_place_in_time(small_ledger: Ledger) -> None:
    write(small_ledger, rated("a", 1, 2), rated("a", 3, 9))
    assert only(figures(small_ledger, "last_answer", "median"), survey="nps").figure.value == 7.0
    write(small_ledger, rated("a", 2, 10), rated("a", 0.5, 10))
    assert only(figures(small_ledger, "last_answer", "median"), survey="nps").figure.value == -1.0


def test_a_retracted_answer_was_never_given(small_ledger: Ledger) -> None:
    write(small_ledger, rated("a", 1, 2), rated("a", 2, 9, event_id="wrong"))
    write(small_ledger, told("event.retracted", "a", 3, data_source="test", data_event_id="wrong"))
    figure = only(figures(small_ledger, "consistency_over_time", "deviation"), survey="nps").figure
    assert (figure.n, figure.excluded) == (0, {"one_answer": 1})


def test_split_by_channel_customers_are_held_against_their_answers_there(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        *(rated("a", day, score, channel="web") for day, score in ((1, 5), (2, 5))),
        *(rated("a", day, score, channel="phone") for day, score in ((3, 1), (4, 9))),
    )
    rows = figures(small_ledger, "consistency_over_time", "deviation", by=["channel"], where={"survey": "nps"})
    assert {row.figure.by["channel"]: row.figure.value for row in rows} == {
        "web": 0.0,
        "phone": pytest.approx(32**0.5),
    }
