"""Figures of ratings and contacts, from the additive measures."""

from __future__ import annotations

from typing import Any

from ledger import Ledger
from tests.queries.telling import figures, numbers, only, rated, told, values, write


def test_each_survey_has_its_score(ledger: Ledger) -> None:
    write(
        ledger,
        *(rated("a", day, score) for day, score in enumerate((10, 9, 8, 6))),
        *(rated("a", day, score, "csat") for day, score in enumerate((5, 4, 3))),
        *(rated("a", day, score, "ces") for day, score in enumerate((7, 5))),
    )
    assert only(figures(ledger, "nps")).figure.value == 25.0
    csat = {row.figure.statistic: row.figure.value for row in figures(ledger, "csat")}
    assert csat == {"share": 2 / 3, "mean": 4.0}
    assert only(figures(ledger, "ces")).figure.value == 6.0
    assert numbers(figures(ledger, "ratings"), "survey") == {"nps": 4, "csat": 3, "ces": 2}
    scores = values(figures(ledger, "ratings", by=["channel"]), "survey", "score")
    assert scores["nps", "10"] == 1


def test_a_rating_on_another_scale_is_left_out_and_counted(ledger: Ledger) -> None:
    own = {"data_metric": "csat", "data_score": 80, "data_scale_min": 0, "data_scale_max": 100}
    write(ledger, rated("a", 1, 5, "csat"), told("survey.responded", "a", 2, **own))
    figure = only(figures(ledger, "csat", "share")).figure
    assert (figure.value, figure.n, figure.excluded) == (1.0, 1, {"other_scale": 1})


def asked(customer: str, days: float, **more: str) -> dict[str, Any]:
    return told("question.asked", customer, days, data_topic="price", **more)


def test_contacts_have_a_direction_and_switch_channels(ledger: Ledger) -> None:
    write(
        ledger,
        asked("a", 1, channel="web", direction="inbound"),
        asked("a", 2, channel="web"),
        asked("a", 3, channel="phone", direction="outbound"),
        asked("b", 3, channel="phone"),
    )
    assert values(figures(ledger, "contacts"), "direction") == {"inbound": 1, "outbound": 1, "undirected": 2}
    assert only(figures(ledger, "channel_switching")).figure.value == 0.5
    assert values(figures(ledger, "channel_switching", by=["channel"]), "channel") == {"phone": 1.0, "web": 0.0}


def test_contacts_on_no_known_channel_are_left_out_of_switching_and_counted(ledger: Ledger) -> None:
    write(ledger, asked("a", 1), asked("a", 2, channel="web"))
    assert only(figures(ledger, "channel_switching")).figure.excluded == {"unknown_channel": 1}
