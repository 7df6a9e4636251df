"""What looks like no data because it is misspelt is said to, and topics are found by a name that comes near."""

from __future__ import annotations

import pytest

from tests.cli.running import Shell, ndjson
from tests.queries.telling import ordered


@pytest.fixture
def told(shell: Shell) -> Shell:
    shell("init", "-q")
    shell("append", "-", "-q", stdin=ndjson([ordered("a", 1, "10"), ordered("b", 2, "70")]))
    shell("rebuild", "-q")
    return shell


@pytest.mark.parametrize("condition", ["stage=purchas", "month=yesterday", "segment:tier=gold"])
def test_a_value_that_nothing_has_is_doubted(told: Shell, condition: str) -> None:
    err = told("metrics", "contacts", "dwell", "--where", condition).err
    key = condition.partition("=")[0]
    assert f"nothing to count with {condition}: is it spelt so? `--by {key}` shows the values there are" in err


@pytest.mark.parametrize("command", ["funnel", "conformance", "touchpoints"])
def test_every_command_that_asks_so_doubts_it(told: Shell, command: str) -> None:
    assert "nothing to count with channel=fonn: is it spelt so?" in told(command, "--where", "channel=fonn").err
    assert "spelt" not in told(command).err


def test_a_value_that_something_has_is_not_doubted(told: Shell) -> None:
    assert "spelt" not in told("metrics", "dwell", "--where", "stage=purchase").err


def test_a_scheme_that_nobody_is_placed_in_is_doubted(told: Shell) -> None:
    err = told("metrics", "dwell", "--by", "segment:teir").err
    assert "nobody here is in a segment of the scheme 'teir': is it spelt so?" in err


def test_a_currency_that_nothing_was_paid_in_is_doubted(told: Shell) -> None:
    asked = ("metrics", "volume", "customer_value", "--currency")
    assert "nothing to count in the currency 'eur': is it spelt so" in told(*asked, "eur").err
    assert "spelt" not in told(*asked, "EUR").err


def test_an_option_that_changes_nothing_is_refused(told: Shell) -> None:
    err = told("metrics", "nps", "--within", "30d", code=2).err
    assert "`within` changes nothing in nps: it is for conversion, " in err
    assert "`within` changes nothing" in told("touchpoints", "touchpoint_trouble", "--within", "30d", code=2).err


def test_a_definition_names_the_options_that_change_its_figures(shell: Shell) -> None:
    assert "  options: --currency, --top\n" in shell("metrics", "--list", "rfm", "-f", "table").out
    assert "options:" not in shell("metrics", "--list", "nps", "-f", "table").out
    listed = {row["metric"]: row["options"] for row in shell("metrics", "--list", "time_between", "dwell").rows}
    assert listed == {"time_between": ["from", "to", "per"], "dwell": []}


def test_what_an_option_leaves_as_it_is_is_said_where_it_changes_something_beside(told: Shell) -> None:
    assert "--within changes nothing in nps\n" in told("metrics", "nps", "win_back", "--within", "30d").err
    alone = "--currency changes volume, customer_value, and none of the others"
    assert alone in told("metrics", "--currency", "EUR").err
    assert "changes" not in told("metrics", "win_back", "conversion", "--within", "30d").err


def test_a_length_that_is_too_long_is_told_the_longest(told: Shell) -> None:
    err = told("metrics", "win_back", "--within", "99999999d", code=2).err
    assert "'99999999d' is too long: the longest is 999999d" in err
    assert told("metrics", "win_back", "--within", "999999d").out


def test_a_time_before_the_calendar_is_no_time(told: Shell) -> None:
    assert "'999999d' is too long ago" in told("metrics", "nps", "--since", "999999d", code=2).err


def test_a_topic_is_found_by_a_name_that_comes_near(told: Shell) -> None:
    assert "did you mean needs?" in told("metrics", "neds", code=2).err


def test_nothing_is_evaluated_by_an_empty_log(shell: Shell) -> None:
    shell("init", "-q")
    shell("rebuild", "-q")
    err = shell("predict", "evaluate", "--at", "2025-01-01", code=2).err
    assert "the log is empty" in err
    assert "1970" not in err


def test_a_table_calls_a_statistic_what_it_is(shell: Shell) -> None:
    shell("init", "-q")
    shell("rebuild", "-q")
    assert "score" not in shell("metrics", "need_shift", "-f", "table").out
    assert "in tables η²" in shell("metrics", "--list", "channel_consistency", "-f", "table").out
    drawn = shell("metrics", "channel_consistency", "-f", "table").out
    assert all(word in drawn for word in ("range,", "variance,", "η²"))
    assert "mean," not in drawn


def test_a_horizon_that_is_longer_than_the_log_is_said_to_be(told: Shell) -> None:
    told("rebuild", "-q")
    for horizon in ("3650d", "999999d"):
        err = told("predict", "evaluate", "--at", "2024-06-01", "--horizon", horizon, code=2).err
        assert "the log is shorter than" in err
        assert "take a shorter horizon" in err
