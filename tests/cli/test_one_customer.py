"""Looking at one customer: event, history and replay."""

from __future__ import annotations

import pytest

from tests.cli.running import STORY, Shell, ndjson, wire


def test_an_event_is_shown_whole_by_its_identity(told: Shell) -> None:
    event = told("event", "shop", "order-1", "-f", "json").json
    assert event["data"] == {"value": "20.00", "currency": "EUR"}
    assert event["position"] == 2
    assert event["customer"] == "c-42"
    assert "order.placed" in told("event", "shop", "order-1", "-f", "table").out


def test_an_event_that_is_not_there_is_not_found(told: Shell) -> None:
    assert told("event", "shop", "nope", code=3).err == (
        "Error: no event 'nope' of source 'shop' in this ledger: check the source's spelling first\n"
    )


def test_a_history_is_in_the_order_of_occurrence(told: Shell) -> None:
    assert [row["event_id"] for row in told("history", "c-42").rows] == [
        "view-1",
        "order-1",
        "case-1",
        "case-2",
        "nps-1",
    ]


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (["--channel", "phone"], ["case-1", "case-2"]),
        (["--family", "purchase"], ["order-1"]),
        (["--type", "survey.responded"], ["nps-1"]),
        (["--case", "k-1"], ["case-1", "case-2"]),
        (["--correlation", "none"], []),
        (["--from", "2024-05-04"], ["case-2", "nps-1"]),
        (["--since", "2024-05-01T08:20:30Z", "--to", "2024-05-04T12:00:00Z"], ["order-1", "case-1"]),
        (["--to", "2024-05-01T10:20:30+02:00"], ["view-1"]),
        (["--from", "1h"], []),
        (["--known-at", "1h"], []),
        (["--known-at", "now"], ["view-1", "order-1", "case-1", "case-2", "nps-1"]),
    ],
)
def test_a_history_is_filtered(told: Shell, options: list[str], shown: list[str]) -> None:
    assert [row["event_id"] for row in told("history", "c-42", *options).rows] == shown


def test_a_retracted_event_is_shown_and_says_so(told: Shell) -> None:
    taken_back = wire("r-1", "event.retracted", "2024-07-01T10:00:00Z", source="crm", why="a test")
    taken_back["data"] |= {"source": "shop", "event_id": "order-1"}
    told("append", "-", stdin=ndjson([taken_back]))
    shown = {row["event_id"]: row["retracted"] for row in told("history", "c-42").rows}
    assert shown["order-1"] is True
    assert shown["view-1"] is False
    assert "(retracted)" in told("history", "c-42", "-f", "table").out


def test_an_unknown_customer_is_not_found_in_one_sentence(told: Shell) -> None:
    for command in ("history", "replay"):
        ran = told(command, "nobody", code=3)
        assert ran.raw == b""
        assert ran.err.startswith("Error: no customer 'nobody' in this ledger")
        assert ran.err.count("\n") == 1


def test_a_replay_tells_the_state_after_each_event_and_why(told: Shell) -> None:
    steps = told("replay", "c-42", "-f", "json").json
    assert [step["event_id"] for step in steps] == ["view-1", "order-1", "case-1", "case-2", "nps-1"]
    before = told("journey", "c-42", "--as-of", "2001-01-01").json["journey_position"]
    assert steps[0]["state"]["cycle"] == before["cycle"]
    assert "cycle" not in steps[0]["changes"]
    order = steps[1]
    assert order["changes"]["stage"] == {"before": "awareness", "after": "purchase"}
    [entry] = order["entries"]
    assert entry["transition"] == "skip"
    assert entry["skipped"] == ["consideration"]
    assert entry["evidence"] == [{"source": "shop", "event_id": "order-1"}]
    assert steps[2]["state"]["open_cases"] == ["k-1"]
    assert steps[3]["state"]["open_cases"] == []


def test_a_replay_as_of_a_time_ends_there(told: Shell) -> None:
    steps = told("replay", "c-42", "--as-of", "2024-05-03T10:00:00Z").rows
    assert [step["event_id"] for step in steps] == ["view-1", "order-1", "case-1"]
    for format in ("table", "ndjson"):
        ran = told("replay", "c-42", "--as-of", "2020-01-01", "-f", format)
        assert (ran.out, ran.err) == ("", "of customer 'c-42' nothing had happened, or was known, by then\n")


def test_a_replay_by_version_is_in_the_order_of_arrival(told: Shell) -> None:
    late = wire("late", "page.viewed", "2024-04-01T10:00:00Z", source="web", channel="web")
    told("append", "-", stdin=ndjson([late]))
    steps = told("replay", "c-42", "--version", "6").rows
    assert [step["version"] for step in steps] == [1, 2, 3, 4, 5, 6]
    assert [step["refolded"] for step in steps] == [False, False, False, False, False, True]
    assert len(told("replay", "c-42", "--version", "2").rows) == 2


def test_version_and_as_of_are_not_asked_together(told: Shell) -> None:
    assert "give one of them" in told("replay", "c-42", "--version", "2", "--as-of", "1d", code=2).err


@pytest.mark.parametrize(
    "when", ["yesterday", "2024-13-01", "2024-05-01T10:00:00", "7", "0d", "12345678901234567890d", ""]
)
def test_a_time_that_is_none_is_refused_with_the_ways_to_write_one(told: Shell, when: str) -> None:
    ran = told("history", "c-42", "--from", when, code=2)
    assert "or how long ago, as in 7d" in ran.err


def test_tables_fit_in_80_columns(told: Shell) -> None:
    for arguments in (
        ["history", "c-42"],
        ["replay", "c-42"],
        ["event", "shop", "order-1"],
        ["projections"],
        ["verify"],
    ):
        lines = told(*arguments, "-f", "table").out.splitlines()
        assert max(map(len, lines)) <= 80, arguments


def test_what_an_event_holds_cannot_act_on_the_terminal(told: Shell) -> None:
    nasty = wire("n-1", "page.viewed", "2024-05-01T10:00:00Z", customer="\x1b[31mred\u202e", channel="a\x1b]0;t\x07b")
    told("append", "-", stdin=ndjson([nasty]))
    for command in ("history", "replay"):
        out = told(command, "\x1b[31mred\u202e", "-f", "table").out
        assert not {"\x1b", "\x07", "\u202e"} & set(out)
    assert "\x1b" not in told("history", "\x1b[31mnobody", code=3).err


def test_every_event_of_the_story_was_told(told: Shell) -> None:
    assert len(told("export").rows) == len(STORY)
