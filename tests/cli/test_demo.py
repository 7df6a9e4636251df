"""The demo: a ledger of its own, told for a stranger, and never over anyone else's file."""

from __future__ import annotations

import sqlite3

import pytest

from tests.cli.running import Shell, ndjson, wire

SMALL = ["demo", "--customers", "60"]


def test_the_demo_tells_its_story_and_its_figures_are_the_simulators_truth(shell: Shell) -> None:
    told = shell(*SMALL, "-f", "json")
    facts = told.json
    assert facts["recorded"] > 1_000
    assert facts["refused"] == 0
    assert facts["verify"]["ok"] is True
    assert facts["nps"]["ledger"] == pytest.approx(facts["nps"]["simulator"])
    assert facts["journey"]["customer_id"] == facts["shown"]
    again = shell(*SMALL)
    assert "made by this demo before" in again.out
    for heading in ("1. What happened", "2. Projections", "3. One customer", "4. All of them", "5. Is it all true?"):
        assert heading in again.out
    assert max(map(len, again.out.splitlines())) <= 80
    assert "\\n" not in again.out
    assert shell("verify", "--all", "--url", "sqlite:///demo.db", "-f", "json").json["ok"] is True


def test_what_the_demo_shows_can_be_done_by_hand(shell: Shell) -> None:
    facts = shell(*SMALL, "-f", "json", "--file", "mine.db").json
    steps = shell("replay", facts["shown"], "--url", "sqlite:///mine.db", "-f", "json").json
    assert steps == facts["replay"]


def test_the_demo_stays_away_from_the_ledger_in_use(shell: Shell) -> None:
    shell("init", "-q")
    shell(*SMALL, "-q", "-f", "json")
    assert shell("export").raw == b""


def test_the_demo_never_overwrites_a_file_it_did_not_make(shell: Shell) -> None:
    with sqlite3.connect(shell.folder / "demo.db") as other:
        other.execute("CREATE TABLE invoices (id INTEGER)")
    other.close()
    assert "holds other tables" in shell(*SMALL, code=5).err
    shell("init", "-q", "--url", "sqlite:///other.db")
    shell(
        "append", "-", "--url", "sqlite:///other.db", stdin=ndjson([wire("a", "page.viewed", "2024-05-01T10:00:00Z")])
    )
    ran = shell(*SMALL, "--file", "other.db", code=4)
    assert "other.db is there already and this demo did not make it" in ran.err
    assert len(shell("export", "--url", "sqlite:///other.db").rows) == 1


def test_another_seed_is_another_story(shell: Shell) -> None:
    shell(*SMALL, "-q", "-f", "json")
    assert "this demo did not make it" in shell(*SMALL, "--seed", "8", code=4).err
