"""What a screen of figures says beside its numbers: windows, units, and of when there is something to count."""

from __future__ import annotations

import re

import pytest

from tests.cli.running import Shell, ndjson
from tests.queries.telling import Wire, ordered, told

LEFT = [
    told("onboarding.started", "a", 1),
    told("usage.recorded", "a", 2, data_feature="search"),
    told("usage.recorded", "b", 3, data_feature="search"),
    told("work.completed", "b", 4, case_id="k", data_minutes=90),
    told("contract.terminated", "b", 5),
    told("page.viewed", "watcher", 500),
]


@pytest.fixture
def screen(shell: Shell) -> Shell:
    return _with(shell, LEFT)


def _with(shell: Shell, events: list[Wire]) -> Shell:
    shell("init", "-q")
    shell("append", "-", "-q", stdin=ndjson(events))
    shell("rebuild", "-q")
    return shell


def test_a_table_names_the_window_of_its_metric_and_how_another_is_asked_for(screen: Shell) -> None:
    assert "\nwindow: 365d (--within asks for another)\n" in screen("metrics", "win_back", "-f", "table").out
    assert "\nwindow: 7d\n" in screen("metrics", "channel_switching", "-f", "table").out
    assert "\nwindow: 30d\n" in screen("metrics", "win_back", "--within", "30d", "-f", "table").out
    assert "window" not in screen("metrics", "nps", "dwell", "conversion", "stage_outcome", "-f", "table").out


def test_a_window_that_was_asked_for_is_on_every_screen_and_in_every_row(screen: Shell) -> None:
    for command in ("metrics conversion", "funnel", "conformance", "touchpoints touchpoint_conversion_association"):
        asked = (*command.split(), "--within", "90d")
        assert "\nwindow: 90d\n" in screen(*asked, "-f", "table").out, command
        assert {row["window"] for row in screen(*asked).rows} == {"90d"}, command
        assert "window" not in screen(*command.split(), "-f", "table").out, command


def test_the_window_of_conformance_is_the_time_for_the_whole_plan(screen: Shell) -> None:
    screen.file("plan.toml", 'per = "customer"\nwithin = "26w"\n[[steps]]\nstage = "use"\n')
    assert "\nwindow: 26w\n" in screen("conformance", "--plan", "plan.toml", "-f", "table").out
    rows = screen("conformance", "--plan", "plan.toml", "--within", "7d").rows
    assert {row["window"] for row in rows} == {"1w"}


def test_the_window_of_a_row_is_that_of_its_own_part_where_it_has_one(screen: Shell) -> None:
    rows = screen("metrics", "stage_outcome", "--where", "stage=use").rows
    assert {(row["within"], row["window"]) for row in rows} == {(day, day) for day in ("30d", "90d", "180d", "365d")}
    late = [row for row in screen("quality", "--late", "3d").rows if row["metric"] == "late_events"]
    assert {row["window"] for row in late} == {"3d"}


def test_a_share_above_all_is_explained_where_there_is_one(screen: Shell) -> None:
    words = "above 100%: more reached to_stage, on any way, than ever were in from_stage"
    assert words in screen("metrics", "conversion", "-f", "table").out
    assert words not in screen("metrics", "conversion", "--from", "use", "--to", "termination", "-f", "table").out


def test_conformance_says_that_it_counts_journeys(screen: Shell) -> None:
    lines = screen("conformance", "-f", "table").out.splitlines()
    assert sum(line.split()[-1:] == ["journeys"] for line in lines if "reached" in line) == 1
    assert sum("journeys" in line for line in lines) >= 3


def test_no_help_names_a_split_that_its_command_does_not_have(shell: Shell) -> None:
    for command in ("conformance", "funnel"):
        assert "by stage" not in " ".join(shell(command, "--help").out.split())


def test_a_window_of_nothing_is_told_when_there_is_something(screen: Shell) -> None:
    words = "nothing to count then: the log's first event occurred 2024-01-02 00:00, its last 2025-05-15 00:00 (UTC)"
    for command in ("metrics dwell", "funnel", "conformance", "quality", "touchpoints"):
        assert words in screen(*command.split(), "--before", "2020-01-01").err, command
        assert "to count" not in screen(*command.split(), "--since", "2024-01-02").err, command
    for asked in (("--since", "2031-01-01"), ("--as-of", "2020-01-01"), ("--known-at", "2020-01-01")):
        assert words in screen("metrics", "dwell", *asked).err, asked
    assert "to count" not in screen("metrics", "nps").err


def test_a_window_outside_of_all_that_occurred_has_no_other_end(screen: Shell) -> None:
    (row,) = screen("metrics", "nps", "--before", "2020-01-01").rows
    assert (row["from"], row["to"]) == (None, "2020-01-01T00:00:00+00:00")
    (row,) = screen("metrics", "nps", "--since", "2031-01-01").rows
    assert (row["from"], row["to"]) == ("2031-01-01T00:00:00+00:00", None)


def test_a_condition_of_several_values_is_told_to_be_of_one(screen: Shell) -> None:
    err = screen("metrics", "dwell", "--where", "channel=web,phone").err
    assert "a condition is of one value: split --by channel for several" in err


def test_a_definition_takes_no_option_that_changes_nothing_in_it(shell: Shell) -> None:
    for option in ("--top", "3"), ("--as-of", "7d"), ("--from", "use"), ("--by", "stage"):
        err = shell("metrics", "--list", "rfm", *option, code=2).err
        assert f"--list tells definitions, which {option[0]} does not change" in err
    assert shell("metrics", "--list", "rfm").rows


@pytest.mark.parametrize(
    ("word", "metric"),
    [
        ("fcr", "first_contact_resolution"),
        ("CLV", "lifetime_value"),
        ("churn", "contract_retention"),
        ("aht", "time_between"),
        ("frt", "time_to_first_response"),
        ("funnel", "conversion"),
        ("first response", "time_to_first_response"),
        ("npss", "nps"),
    ],
)
def test_what_others_call_it_leads_to_the_metric(shell: Shell, word: str, metric: str) -> None:
    assert f"there is no metric '{word}': did you mean {metric}" in shell("metrics", "--list", word, code=2).err


def test_a_whole_sum_is_shown_whole(screen: Shell) -> None:
    lines = [line.split() for line in screen("metrics", "stage_resources", "-f", "table").out.splitlines()]
    assert ["90" in line for line in lines if "minutes" in line and line[2] == "–"].count(True) >= 1
    assert not any("90.0" in line for line in lines if line[2:3] == ["–"])


def test_a_name_too_long_for_its_column_is_broken_between_its_parts(shell: Shell) -> None:
    name = "telephone.conversation:afterwards.repeated.somewhere.completely.different.yesterday"
    scheme = "segment:loyalty.programme.membership.category"
    events = [{**ordered("a", 1, channel="web"), "touchpoint_id": name}]
    out = _with(shell, events)("touchpoints", "touchpoint_encounters", "-f", "table", "--by", scheme).out
    assert max(map(len, out.splitlines())) <= 80
    assert [part for part in re.split("[.:]", f"{name}.{scheme}") if part not in out] == []
