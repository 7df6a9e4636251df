"""Looking for customers: who is found, and why nobody is."""

from __future__ import annotations

import pytest

from tests.cli.running import Shell, ndjson, wire


@pytest.fixture
def known(told: Shell) -> Shell:
    """Give a shell whose ledger knows a segment, a merged key, and somebody of whom all is retracted."""
    gone = {"source": "shop", "event_id": "gone", "why": "a test"}
    told("append", "-", "-q", stdin=ndjson([
        wire("s", "customer.segment_assigned", "2024-05-01T10:00:00Z", scheme="tier", segment="gold"),
        wire("card", "page.viewed", "2024-05-01T10:00:00Z", customer="card-7"),
        wire("gone", "page.viewed", "2024-05-01T10:00:00Z", customer="lost-1"),
        wire("taken", "event.retracted", "2024-05-02T10:00:00Z", customer="lost-1") | {"data": gone},
        wire("m", "customer.merged", "2024-05-03T10:00:00Z", customer="card-7") |
        {"data": {"from": "card-7", "into": "c-7"}},
    ]))  # fmt: skip
    told("catch-up", "-q")
    return told


DOUBTS = {
    "--stage purchas": "no stage is named 'purchas': did you mean 'purchase'?",
    "--stage PURCHASE": "no stage is named 'PURCHASE': did you mean 'purchase'?",
    "--channel fone": "no channel is named 'fone': did you mean 'phone'?",
    "--segment teer=gold": "nobody is in a segment of the scheme 'teer': did you mean 'tier'?",
    "--segment tier=silver": "nobody is in the segment 'silver' of 'tier': there is gold",
    "--search lost": "of lost-1 there are events and no row: they are retracted (`history` says so)",
}


def test_a_name_that_finds_nobody_is_doubted(known: Shell) -> None:
    for format in ("table", "ndjson"):
        said = {asked: known("customers", *asked.split(), "-f", format).err for asked in DOUBTS}
        assert [asked for asked, doubt in DOUBTS.items() if doubt not in said[asked]] == []


def test_a_name_that_there_is_is_not_doubted_though_it_finds_nobody(known: Shell) -> None:
    for asked in ("--stage win_back", "--channel app --stage support", "--search nobody", "--after c-7"):
        ran = known("customers", *asked.split())
        assert (ran.rows, ran.err) == ([], "")


def test_customers_are_persons_everywhere_and_their_keys_are_told_beside(known: Shell) -> None:
    verified = known("verify", "-f", "json").json
    assert (verified["customers"], verified["customer_keys"]) == (3, 4)
    assert "3 customers under 4 customer keys" in " ".join(known("verify", "-f", "table").out.split())
    assert [row["customer_id"] for row in known("customers").rows] == ["c-42", "c-7"]  # all of lost-1 is retracted


def test_who_nothing_is_known_of_stands_nowhere_and_that_is_said(known: Shell) -> None:
    for time in ("--as-of", "--known-at"):
        ran = known("journey", "c-42", time, "2001-01-01", "-f", "table")
        assert ran.out == ""
        assert ran.err == "customer 'c-42' stands nowhere: nothing had happened, or was known, by then\n"
    ran = known("journey", "lost-1")
    assert ran.json["journey_position"]["events"] == 0
    assert ran.err == "customer 'lost-1' stands nowhere: nothing is recorded that is not retracted\n"
    assert known("journey", "c-42").err == ""
    known("journey", "nobody", "--as-of", "2001-01-01", code=3)


def test_a_history_that_is_empty_says_why(known: Shell) -> None:
    said = {
        "--channel fone": "no event of customer 'c-42' has the channel 'fone': did you mean 'phone'?",
        "--case k-7": "no event of customer 'c-42' has the case_id 'k-7': did you mean 'k-1'?",
        "--correlation x": "no event of customer 'c-42' has the correlation_id 'x': there is none",
        "--channel phone --family purchase": "none of the 6 events of customer 'c-42' is so",
        "--from 1h": "none of the 6 events of customer 'c-42' is so",
        "--known-at 2001-01-01": "nothing of customer 'c-42' was known by then",
    }
    assert {asked: known("history", "c-42", *asked.split()).err.strip() for asked in said} == said
    assert known("history", "c-42", "--channel", "phone").err == ""
    backwards = known("history", "c-42", "--from", "2024-05-02", "--to", "2024-05-01", code=2)
    assert "the window ends before it begins" in backwards.err
