"""Making a ledger and keeping it true: init, rebuild, catch-up, projections, verify."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time

import pytest

from ledger.cli.exits import Exit
from tests.cli.running import PROGRAM, STORY, Shell, environment, ndjson, wire

JOURNEY = """
name = "short"
version = 1
zone = "Europe/Berlin"

[[stages]]
name = "met"

[[stages]]
name = "bought"

[[rules]]
name = "meeting"
stage = "met"
any = ["page.viewed"]

[[rules]]
name = "buying"
stage = "bought"
any = ["order.placed"]
"""


def test_a_ledger_is_made_once(shell: Shell) -> None:
    first = shell("init", "-f", "json")
    assert first.json["ledger"] == "created"
    assert first.err.startswith("made a ledger: sqlite:///ledger.db")
    again = shell("init", "-f", "json")
    assert again.json["ledger"] == "found"
    assert {row["kind"]: row["hash"] for row in again.json["in_force"]} == {
        row["kind"]: row["hash"] for row in first.json["in_force"]
    }


def test_definitions_are_put_in_force_once_and_the_projections_are_stale_until_rebuilt(told: Shell) -> None:
    file = told.file("journey.toml", JOURNEY)
    ran = told("init", "--journey", file, "-f", "json")
    assert {row["kind"]: row["changed"] for row in ran.json["in_force"]} == {
        "journey": True, "channels": False, "types": False
    }  # fmt: skip
    assert "run `customer-ledger rebuild`" in ran.err
    assert "rebuild" in told("metrics", "nps", code=6).err
    assert "not current" in told("projections").err
    assert "decide with `projections activate 2`" in told("rebuild", code=Exit.DIFFERENT).err
    told("projections", "activate", "2", "-q")
    assert [row["stage"] for row in told("customers").rows] == ["bought", "bought"]
    assert not any(row["changed"] for row in told("init", "--journey", file, "-f", "json").json["in_force"])


def test_a_new_ledger_takes_its_definitions_with_it(shell: Shell) -> None:
    file = shell.file("journey.toml", JOURNEY)
    made = shell("init", "--journey", file, "-f", "json").json
    assert made["in_force"][0]["name"] == "short 1"


def test_a_journey_may_use_types_that_are_put_in_force_with_it(shell: Shell) -> None:
    types = shell.file(
        "types.toml",
        '[[types]]\nname = "visit.paid"\nfamily = "interaction"\nsummary = "We went to see the customer."\n'
        '[types.fields.place]\nkind = "key"\n',
    )
    journey = shell.file("journey.toml", JOURNEY.replace("page.viewed", "visit.paid"))
    assert "visit.paid" in shell("init", "--journey", journey, code=2).err
    assert list(shell.folder.glob("ledger.db*")) == []
    shell("init", "--journey", journey, "--types", types)
    event = wire("v-1", "visit.paid", "2024-05-01T10:00:00Z", place="home")
    assert shell("append", "-", stdin=ndjson([event])).rows[0]["recorded"] is True
    assert shell("journey", "c-42", "-f", "json").json["journey_position"]["stage"] == "met"


def test_a_definition_that_is_wrong_tells_every_problem_and_changes_nothing(told: Shell) -> None:
    file = told.file(
        "journey.toml", JOURNEY.replace('stage = "met"', 'stage = "mat"').replace("order.placed", "order.plaed")
    )
    ran = told("init", "--journey", file, code=2)
    assert "mat" in ran.err
    assert "order.plaed" in ran.err
    assert not any(row["changed"] for row in told("init", "-f", "json").json["in_force"])
    assert "cannot read no.toml" in told("init", "--types", "no.toml", code=2).err


def test_a_rebuild_tells_what_scripts_rely_on(told: Shell) -> None:
    made = told("rebuild", "-f", "json").json
    assert (made["events"], made["customers"]) == (6, 2)
    assert {"seconds", "events_per_second", "peak_memory_mib"} <= set(made)
    assert {"name", "version", "rows"} <= set(made["projections"][0])


def test_catching_up_applies_what_is_new_and_then_nothing(told: Shell) -> None:
    told("append", "-", stdin=ndjson([wire("late", "page.viewed", "2024-01-01T10:00:00Z", channel="web")]))
    [behind, *_] = told("projections").rows
    assert behind["lag_events"] == 1
    made = told("catch-up", "-f", "json").json
    assert (made["events"], made["customers"], made["position"]) == (1, 1, 7)
    assert told("catch-up", "-f", "json").json["events"] == 0
    assert told("verify", "--all", "-f", "json").json["ok"] is True


def test_verify_tells_what_scripts_rely_on_and_ends_in_0_only_when_all_is_well(told: Shell) -> None:
    made = told("verify", "-f", "json").json
    assert (made["ok"], made["events"], made["customers"], made["position"]) == (True, 6, 2, 6)
    assert {"name", "ok", "detail"} == set(made["checks"][0])
    with sqlite3.connect(told.folder / "ledger.db") as damaged:
        damaged.execute("UPDATE stage_visits__v1 SET touchpoints = touchpoints + 1")
    damaged.close()
    found = told("verify", "-f", "json", code=1).json
    assert [check["name"] for check in found["checks"] if not check["ok"]] == ["projections equal a fold of the log"]
    assert "WRONG" in told("verify", "-f", "table", code=1).out


def test_ctrl_c_in_the_middle_of_a_rebuild_leaves_the_old_tables_and_the_next_run_builds_them(shell: Shell) -> None:
    shell("init", "-q")
    events = [
        wire(f"e-{n}", "page.viewed", "2024-05-01T10:00:00Z", customer=f"c-{n % 4_000}", channel="web")
        for n in range(60_000)
    ]
    shell("append", "-", "-o", os.devnull, stdin=ndjson(events))
    shell("rebuild", "-q")
    before = shell("channels").rows
    process = subprocess.Popen(
        [*PROGRAM, "rebuild", "--workers", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        cwd=shell.folder, env=environment(shell.url), start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not building(shell) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == Exit.STOPPED, said.decode()
    assert b"stopped: the live version is as it was; run the same again, and it goes on where it stopped" in said
    assert b"Traceback" not in said
    assert shell("channels").rows == before
    shell("rebuild", "-q")
    assert shell("verify", "-f", "json").json["ok"] is True


def building(shell: Shell) -> bool:
    connection = sqlite3.connect(shell.folder / "ledger.db")
    found = connection.execute("SELECT count(*) FROM read_models WHERE state = 'building'").fetchone()[0]
    connection.close()
    return bool(found)


@pytest.mark.parametrize("workers", ["0", "-1", "many"])
def test_a_number_of_workers_that_is_none_is_refused(told: Shell, workers: str) -> None:
    told("rebuild", "--workers", workers, code=2)


def test_everything_works_on_postgresql_too(shell: Shell, postgres_url: str) -> None:
    shell.variable("LEDGER_URL", postgres_url)
    shell("init", "-q")
    shell("append", "-", stdin=ndjson(STORY))
    assert not any(row["recorded"] for row in shell("append", "-", stdin=ndjson(STORY)).rows)
    assert shell("rebuild", "-f", "json").json["events"] == 6
    assert len(shell("history", "c-42").rows) == 5
    assert shell("journey", "c-42", "-f", "json").json["journey_position"]["stage"] == "purchase"
    assert shell("metrics", "nps", "-f", "json").json[0]["value"] == 100.0
    assert len(shell("customers", "--channel", "app").rows) == 1
    assert shell("verify", "--all", "-f", "json").json["ok"] is True
    assert (
        "***" in shell("init", "-f", "json").json["url"]
        or ":" not in postgres_url.split("@", maxsplit=1)[0].split("//")[1]
    )
