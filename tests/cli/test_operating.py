"""Operating a ledger: quarantine, explain and health, with their exit codes and formats."""

from __future__ import annotations

import sqlite3

import pytest

from ledger.projections import PROJECTIONS
from tests.cli.running import Shell, ndjson, wire

METER = '[[types]]\nname = "meter.read"\nfamily = "use"\nsummary = "A meter was read."\n'


@pytest.fixture
def parked(told: Shell) -> Shell:
    """Give the story's ledger, in which c-7 has an event of a type that was declared no longer."""
    told("init", "--types", told.file("types.toml", METER), "-q")
    told("append", "-", stdin=ndjson([wire("meter-1", "meter.read", "2024-06-02T10:00:00Z", customer="c-7")]))
    told("init", "--types", told.file("none.toml", "types = []\n"), "-q")
    told("catch-up", "-q")
    return told


def tables(shell: Shell, statement: str) -> None:
    with sqlite3.connect(shell.folder / "ledger.db") as connection:
        connection.execute(statement)


def test_the_quarantine_lists_shows_and_gives_back(parked: Shell) -> None:
    ran = parked("quarantine")
    [row] = ran.rows
    assert (row["customer_id"], row["type"], row["event_id"], row["position"]) == ("c-7", "meter.read", "meter-1", 7)
    assert row["occurred_at"] == "2024-06-02T10:00:00+00:00"
    assert row["events_waiting"] == 2
    assert "1 customer set aside" in ran.err
    shown = parked("quarantine", "show", "c-7", "-f", "json").json
    assert shown["envelope"]["event_id"] == "meter-1"
    assert "init --types FILE" in shown["cure"]
    assert "declare meter.read" in parked("quarantine", "show", "c-7", "-f", "table").out
    still = parked("quarantine", "retry", "c-7", code=1)
    assert still.rows == [{"customer_id": "c-7", "projected": False, "reason": row["reason"]}]
    assert "1 customer still set aside" in still.err
    parked("init", "--types", "types.toml", "-q")
    back = parked("quarantine", "retry", "--all")
    assert [one["projected"] for one in back.rows] == [True]
    assert "the types file says more than it did" in back.err
    assert parked("quarantine").rows == []
    assert parked("quarantine", "-f", "table").out == "nobody is set aside\n"
    assert parked("quarantine", "-f", "csv").out.startswith("customer_id,position,source,event_id")
    parked("verify", "--all")


def test_retry_is_for_those_set_aside_and_replay_for_anybody(told: Shell) -> None:
    assert "`quarantine replay c-42`" in told("quarantine", "retry", "c-42", code=2).err
    tables(told, "UPDATE journey_position__v1 SET events = 77 WHERE events = 5")
    told("verify", "--all", code=1)
    assert told("quarantine", "replay", "c-42").rows == [{"customer_id": "c-42", "projected": True, "reason": None}]
    told("verify", "--all")
    told("quarantine", "replay", "nobody", code=3)


@pytest.mark.parametrize(
    "arguments",
    ["retry", "replay", "show", "show a b", "list a", "replay --all", "retry a --all"],
)
def test_a_quarantine_command_that_makes_no_sense_does_nothing(told: Shell, arguments: str) -> None:
    told("quarantine", *arguments.split(), code=2)


def test_explain_shows_each_value_with_the_event_that_made_it(told: Shell) -> None:
    made = told("explain", "c-42", "--projection", "journey_position", "-f", "json").json
    [row] = made["rows"]
    stage = next(value for value in row["values"] if value["column"] == "stage")
    assert (stage["value"], stage["changes"]) == ("purchase", 2)
    [last] = stage["events"]
    assert (last["event_id"], last["before"], last["after"]) == ("order-1", "awareness", "purchase")
    assert last["why"] == "skip to purchase, rule buying"
    assert (last["late"], last["corrected_by"], last["recorded_under"]) == (False, None, "c-42")
    drawn = told("explain", "c-42", "--projection", "journey_position", "-f", "table").out
    assert "rule buying" in " ".join(drawn.split())


def test_explain_of_a_column_shows_every_event_behind_it(told: Shell) -> None:
    asked = ("explain", "c-42", "--projection", "journey_position", "--column", "events")
    rows = told(*asked, "-f", "csv").out.splitlines()
    assert len(rows) == 1 + 5
    assert rows[1].startswith("c-42,journey_position,{},events,5,5,")
    drawn = told(*asked, "-f", "table").out
    assert "journey_position, events: 5" in drawn
    assert "crm/nps-1" in drawn
    last = told(
        "explain", "c-42", "--column", "events", "--last", "2", "--projection", "journey_position", "-f", "json"
    )
    assert [event["after"] for event in last.json["rows"][0]["values"][0]["events"]] == [5, 4]


def test_explain_says_what_no_value_rests_on(told: Shell) -> None:
    gone = {"event_id": "order-1", "why": "a test"}
    retraction = wire("r-1", "event.retracted", "2024-06-03T10:00:00Z") | {"data": {"source": "shop", **gone}}
    told("append", "-", stdin=ndjson([retraction]))
    drawn = told("explain", "c-42", "--column", "stage", "-f", "table").out
    assert "no value rests on" in drawn
    assert "retracted by shop/r-1: a test" in " ".join(drawn.split())
    flat = told("explain", "c-42", "--column", "stage", "-f", "csv").out
    assert "retracts shop/order-1" in flat


def test_explain_without_a_row_says_so(told: Shell) -> None:
    ran = told("explain", "c-42", "--as-of", "2001-01-01", "-f", "table")
    assert (ran.out, ran.err) == ("", "customer 'c-42' has no row, and 0 events by then\n")
    ran = told("explain", "c-7", "--projection", "cases", "--column", "stage", "--as-of", "2001-01-01", "-f", "json")
    assert ran.json["rows"] == []
    assert "has no row of cases with a value in stage" in ran.err


def test_explain_says_what_names_a_row_once(told: Shell) -> None:
    rows = told("explain", "c-42", "--projection", "stage_visits", "-f", "table").out
    assert "stage_visits (track primary, number 1)" in rows
    assert [line for line in rows.splitlines() if line.startswith("stage ")]
    assert not [line for line in rows.splitlines() if line.startswith(("track ", "number "))]


def test_a_table_explains_where_a_customer_stands_and_says_how_to_see_more(told: Shell) -> None:
    ran = told("explain", "c-42", "-f", "table")
    assert "rule buying" in " ".join(ran.out.split())
    assert "stage_visits" not in ran.out
    assert "--projection NAME shows another of `projections`" in ran.err
    whole = told("explain", "c-42", "-f", "json")
    assert {"journey_position", "stage_visits", "cases"} <= {row["projection"] for row in whole.json["rows"]}
    assert whole.err == told("explain", "c-42", "--projection", "cases", "-f", "table").err == ""


def test_explain_refuses_what_there_is_not(told: Shell) -> None:
    assert "there are journey_position, stage_visits" in told("explain", "c-42", "--projection", "x", code=2).err
    assert "no projection 'case': did you mean 'cases'?" in told("explain", "c-42", "--projection", "case", code=2).err
    assert "no column 'stge': did you mean 'stage'?" in told("explain", "c-42", "--column", "stge", code=2).err
    assert len(told("explain", "c-42", "--column", "zzzz", code=2).err) < 500
    told("explain", "nobody", code=3)
    told("explain", "c-42", "--between", "1", "short", code=3)
    assert "leave out" in told("explain", "c-42", "--between", "1", "1", "--as-of", "7d", code=2).err


def test_explain_between_two_versions_shows_both_sides(told: Shell) -> None:
    same = told("explain", "c-42", "--between", "1", "main", "-f", "table").out
    assert same == "versions 1 (main) and 1 (main) say the same of them\n"
    told("rebuild", "--journey", told.file("short.toml", SHORT), "--as", "short", "-q")
    where = ("--between", "1", "short", "--projection", "journey_position", "--column", "stage")
    made = told("explain", "c-42", *where, "-f", "json")
    [difference] = made.json["differences"]
    assert (difference["before"]["value"], difference["after"]["value"]) == ("purchase", "bought")
    assert made.json["definitions"] == ["journey"]
    drawn = told("explain", "c-42", *where, "-f", "table").out
    assert "version 1" in drawn
    assert "rule buying" in " ".join(drawn.split())
    flat = told("explain", "c-42", *where, "-f", "csv").out.splitlines()
    assert [line.split(",")[1] for line in flat] == ["version", "1", "1", "2", "2"]


SHORT = """
name = "short"
version = 1
zone = "UTC"

[[stages]]
name = "bought"

[[rules]]
name = "buying"
stage = "bought"
any = ["order.placed"]
"""


def test_health_is_one_object_of_numbers_and_an_exit_code(told: Shell) -> None:
    found = told("health", "-f", "json").json
    assert (found["ok"], found["problems"], found["head"], found["lag_events"]) == (True, [], 6, 0)
    assert found["events_folded"] + found["events_parked"] + found["events_unfolded"] == found["position"]
    assert "all is well" in told("health", "-f", "table").out
    told("append", "-", stdin=ndjson([wire("order-3", "order.placed", "2024-06-05T10:00:00Z")]))
    assert told("health").rows[0]["lag_events"] == 1
    behind = told("health", "--max-lag-events", "0", code=1)
    assert "1 events wait" in behind.rows[0]["problems"][0] or "1 event waits" in behind.rows[0]["problems"][0]


def test_health_alarms_on_who_is_parked_unless_so_many_may_be(parked: Shell) -> None:
    parked("init", "--types", "types.toml", "-q")
    told = parked("health", "-f", "table", code=1).out
    assert "WRONG: 1 customer is set aside" in told
    assert "WRONG: the read model was made by other definitions" in " ".join(told.split())


def test_health_sees_a_lag_that_is_green_because_an_event_was_passed_over(told: Shell) -> None:
    told("append", "-", stdin=ndjson([wire("order-3", "order.placed", "2024-06-05T10:00:00Z")]))
    tables(told, "UPDATE checkpoints SET position = 7")
    assert [row["lag_events"] for row in told("projections").rows] == [0] * len(PROJECTIONS)
    found = told("health", "--sample", "0", code=1).rows[0]
    assert found["miscounted_customers"] == 1
    assert "quarantine replay CUSTOMER" in found["problems"][0]
