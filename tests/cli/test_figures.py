"""Journey, customers, channels, funnel and metrics: the shapes that scripts rely on."""

from __future__ import annotations

import os

import pytest

from tests.cli.running import STORY, Shell, ndjson, wire


def test_a_journey_is_position_and_visits(told: Shell) -> None:
    journey = told("journey", "c-42", "-f", "json").json
    position = journey["journey_position"]
    assert position["stage"] == "purchase"
    assert position["entered_at"] == "2024-05-01T08:20:30+00:00"
    assert position["cycle"] == 1
    assert position["evidence"] == [{"source": "shop", "event_id": "order-1"}]
    assert [(visit["stage"], visit["left_at"]) for visit in journey["visits"] if visit["track"] == "primary"] == [
        ("awareness", "2024-05-01T08:20:30+00:00"),
        ("purchase", None),
    ]
    assert {"entered_at", "cycle", "transition", "evidence"} <= set(journey["visits"][0])


def test_a_journey_as_of_a_time_and_by_another_journey(told: Shell) -> None:
    assert (
        told("journey", "c-42", "--as-of", "2024-04-30", "-f", "json").json["journey_position"]["stage"] == "awareness"
    )
    told.file(
        "other.toml",
        'name = "other"\nversion = 1\nzone = "UTC"\n[[stages]]\nname = "met"\n'
        '[[rules]]\nname = "meeting"\nstage = "met"\nany = ["page.viewed"]\n',
    )
    assert told("journey", "c-42", "--journey", "other.toml", "-f", "json").json["journey_position"]["stage"] == "met"


def test_a_journey_as_csv_is_its_visits(told: Shell) -> None:
    lines = told("journey", "c-42", "-f", "csv").out.splitlines()
    assert lines[0].startswith("customer_id,track,stage,")
    assert len(lines) == 1 + len(told("journey", "c-42").rows[0]["visits"])


def test_customers_are_listed_and_found_by_what_is_behind_a_figure(told: Shell) -> None:
    def found(*options: str) -> list[str]:
        return [row["customer_id"] for row in told("customers", *options).rows]

    assert found() == ["c-42", "c-7"]
    assert found("--channel", "app") == ["c-7"]
    assert found("--search", "42") == ["c-42"]
    assert found("--stage", "purchase") == ["c-42", "c-7"]
    assert found("--stage", "use") == []
    assert found("--limit", "1") == ["c-42"]
    assert found("--after", "c-42") == ["c-7"]


def test_a_list_of_customers_is_whole_in_a_pipe_and_short_on_a_screen(told: Shell) -> None:
    events = [wire(f"e-{n}", "page.viewed", "2024-05-01T10:00:00Z", customer=f"many-{n}") for n in range(2_100)]
    told("append", "-", stdin=ndjson(events))
    told("rebuild", "-q")
    assert len(told("customers").rows) == 2_102
    assert len(told("customers", "--limit", "1500").rows) == 1_500
    ran = told("customers", "-f", "table")
    assert len(ran.out.splitlines()) == 52
    assert "there are more: go on with --after" in ran.err


def test_a_segment_is_written_with_its_scheme(told: Shell) -> None:
    assert "write KEY=VALUE, as in tier=gold" in told("customers", "--segment", "gold", code=2).err
    assert told("customers", "--segment", "tier=gold").rows == []


def test_channels_of_all_and_of_one(told: Shell) -> None:
    assert {row["channel"]: row["touchpoints"] for row in told("channels").rows} == {
        "web": 2,
        "phone": 2,
        "app": 1,
        "email": 1,
    }
    assert {row["channel"] for row in told("channels", "c-7").rows} == {"app"}
    assert "name them" in told("channels", "--as-of", "7d", code=2).err


def test_the_funnel_goes_through_the_stages_in_order(told: Shell) -> None:
    rows = told("funnel").rows
    assert [row["stage"] for row in rows][:3] == ["awareness", "consideration", "purchase"]
    assert [row["customers"] for row in rows][:3] == [1, 0, 2]
    assert "consideration" in told("funnel", "-f", "table").out


def test_a_figure_has_every_key_that_scripts_rely_on(told: Shell) -> None:
    [figure] = told("metrics", "nps", "-f", "json").json
    wanted = {"metric", "statistic", "value", "n", "excluded", "low", "high", "unit", "definition", "from", "to"}
    assert wanted | {"position", "journey"} <= set(figure)
    assert (figure["metric"], figure["statistic"], figure["value"], figure["n"]) == ("nps", "score", 100.0, 1)


def test_figures_are_split_filtered_and_bounded(told: Shell) -> None:
    [figure] = told("metrics", "nps", "--by", "stage,channel").rows
    assert (figure["stage"], figure["channel"]) == ("purchase", "email")
    assert told("metrics", "nps", "--where", "channel=web").rows[0]["n"] == 0
    assert told("metrics", "nps", "--before", "2024-05-05").rows[0]["n"] == 0
    assert told("metrics", "nps", "--as-of", "2024-05-01").rows[0]["n"] == 0
    assert told("metrics", "nps", "--known-at", "1h").rows[0]["n"] == 0
    assert told("metrics", "nps", "--zone", "America/Sao_Paulo").rows[0]["zone"] == "America/Sao_Paulo"


def test_a_length_below_zero_is_counted_on_the_screen_too(shell: Shell) -> None:
    shell("init", "-q")
    story = [
        {**STORY[0], "event_id": f"t{number}", "type": type, "case_id": "late", "occurred_at": at, "data": {}}
        for number, (type, at) in enumerate(
            (("case.opened", "2024-05-03T10:00:00Z"), ("case.resolved", "2024-05-03T09:00:00Z"))
        )
    ]
    shell("append", "-", "-o", os.devnull, stdin=ndjson(story))
    shown = shell("metrics", "time_between", "--from", "case.opened", "--to", "case.resolved", "-f", "table").out
    assert "below" in shown
    assert "-1.00" in shown


def test_the_time_between_two_types_is_asked_by_their_names(told: Shell) -> None:
    rows = told("metrics", "time_between", "--from", "case.opened", "--to", "case.resolved", "--per", "case").rows
    assert {row["statistic"] for row in rows} >= {"median", "mean", "p90"}
    assert rows[0]["n"] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["npss"], "there is no metric 'npss': did you mean nps"),
        (["nps", "--by", "colour"], "nps cannot be split by 'colour'"),
        (["nps", "--zone", "Mars/Olympus"], "is no time zone"),
        (["nps", "--where", "web"], "write KEY=VALUE"),
        (["nps", "--journey", "no.toml"], "cannot read no.toml"),
        (["nps", "--since", "2024-05-02", "--before", "2024-05-01"], "ends before it begins"),
        (["conversion", "--within", "soon"], "is no length of time"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_cure(told: Shell, arguments: list[str], words: str) -> None:
    ran = told("metrics", *arguments, code=2)
    assert words in ran.err
    assert ran.raw == b""


def test_the_metrics_there_are_can_be_listed_without_a_ledger(shell: Shell) -> None:
    assert {"nps", "dwell", "time_between"} <= {row["metric"] for row in shell("metrics", "--list").rows}


def test_every_table_fits_in_80_columns(told: Shell) -> None:
    for line in (
        "metrics",
        "metrics nps --by stage,channel",
        "funnel --by channel",
        "channels",
        "customers",
        "metrics --list",
    ):
        assert max(map(len, told(*line.split(), "-f", "table").out.splitlines())) <= 80, line


def test_every_customer_of_the_story_is_counted(told: Shell) -> None:
    assert len({event["customer_id"] for event in STORY}) == len(told("customers").rows)
