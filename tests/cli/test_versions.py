"""Versions of the read model from the command line: rebuild, compare, decide, roll back."""

from __future__ import annotations

import sqlite3

import pytest

from ledger.cli.exits import Exit
from tests.cli.running import STORY, Shell, ndjson

OTHER = """
name = "other"
version = 1
zone = "UTC"
stages = [{ name = "seen" }, { name = "bought" }]
rules = [
    { name = "seeing", stage = "seen", any = ["page.viewed"] },
    { name = "buying", stage = "bought", any = ["order.placed"] },
]
"""


@pytest.fixture
def with_other(told: Shell) -> Shell:
    """Give a shell whose ledger has a version by another journey beside the live one."""
    made = told("rebuild", "--journey", told.file("other.toml", OTHER), "--as", "what-if", "-f", "json")
    assert made.json["live"] is False
    assert "projections compare 2" in made.err
    return told


def versions(shell: Shell) -> list[tuple[int, str, str, str]]:
    return [
        (one["version"], one["name"], one["state"], one["journey"]) for one in shell("projections", "versions").rows
    ]


def stages(shell: Shell) -> list[str]:
    return [row["stage"] for row in shell("customers").rows]


def test_a_what_if_is_compared_activated_and_rolled_back_and_readers_always_have_figures(with_other: Shell) -> None:
    assert versions(with_other) == [(1, "main", "live", "default 1"), (2, "what-if", "ready", "other 1")]
    assert set(stages(with_other)) == {"purchase"}
    found = with_other("projections", "compare", "-f", "json", code=Exit.DIFFERENT)
    assert "explain CUSTOMER --between 1 2" in found.err
    assert found.json["equal"] is False
    assert found.json["moved"] == [{"before": "purchase", "after": "bought", "customers": 2}]
    assert found.json["changed"] == ["journey default 1 → other 1"]
    ran = with_other("projections", "activate", "what-if", "-f", "json")
    assert ran.json == {"version": 2, "name": "what-if", "before": 1, "enacted": ["journey"]}
    assert "with it its journey in force" in ran.err
    assert set(stages(with_other)) == {"bought"}
    assert with_other("verify", "--all", "-f", "json").json["ok"] is True
    assert with_other("projections", "rollback", "-f", "json").json["version"] == 1
    assert set(stages(with_other)) == {"purchase"}
    with_other("projections", "drop", "what-if")
    assert versions(with_other) == [(1, "main", "live", "default 1")]


def test_figures_of_a_journey_that_a_ready_version_was_built_by_say_how_to_get_them(with_other: Shell) -> None:
    with_other("init", "--journey", "other.toml", "-q")
    words = "version 2 was built by it and is ready: run `customer-ledger projections activate 2`"
    assert words in with_other("metrics", "dwell", code=Exit.STALE).err
    assert words in with_other("projections").err
    with_other("projections", "activate", "2")
    with_other("metrics", "dwell")


def test_a_comparison_is_drawn_with_who_moved_and_the_events_behind_it(with_other: Shell) -> None:
    said = with_other("projections", "compare", "1", "2", "-f", "table", code=Exit.DIFFERENT).out
    words = " ".join(said.split())
    assert "version 1 against version 2 (journey default 1 → other 1): 2 customers of 2 differ" in words
    assert "c-42 journey_position purchase bought order.placed stage 2024-05-01 (shop/order-1)" in words
    assert max(map(len, said.splitlines())) <= 80


def test_equal_versions_end_in_0_and_a_rebuild_that_differs_waits_in_8(told: Shell) -> None:
    told("rebuild", "--as", "again")
    assert told("projections", "compare", "again", "-f", "json").json["equal"] is True
    assert "equal, 2 customers" in told("projections", "compare", "again", "-f", "table").out
    with sqlite3.connect(told.folder / "ledger.db") as damaged:
        damaged.execute("UPDATE stage_visits__v1 SET touchpoints = touchpoints + 1")
    damaged.close()
    assert "2 customers of 2 differ" in told("rebuild", "-f", "table", code=Exit.DIFFERENT).out
    ran = told("rebuild", "-f", "json", code=Exit.DIFFERENT)
    assert ran.json["live"] is False
    assert ran.json["difference"]["differing"] == 2
    assert "decide with `projections activate 4`" in ran.err
    told("projections", "activate", "4")
    told("verify", "--all")


def test_a_journey_that_changed_under_its_version_is_refused(with_other: Shell) -> None:
    file = with_other.file("other.toml", OTHER.replace("UTC", "Asia/Tokyo"))
    words = "is still called version 1: raise `version` in its file"
    assert words in with_other("rebuild", "--journey", file, "--as", "b", code=Exit.STALE).err
    with_other("projections", "activate", "2")
    assert words in with_other("init", "--journey", file, code=Exit.STALE).err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["activate"], Exit.UNUSABLE, "name the version to activate"),
        (["drop"], Exit.UNUSABLE, "name the version to drop"),
        (["compare", "1", "1", "1"], Exit.UNUSABLE, "takes two versions at most"),
        (["rollback", "1"], Exit.UNUSABLE, "takes no version"),
        (["list", "1"], Exit.UNUSABLE, "takes no version"),
        (["activate", "9"], Exit.NOT_FOUND, "there is no version '9' of the read model: there are 1 (main, live)"),
        (["activate", "1"], Exit.UNUSABLE, "is live already"),
        (["drop", "1"], Exit.UNUSABLE, "is live: activate another one first"),
        (["compare", "main", "1"], Exit.UNUSABLE, "that is version 1 twice"),
        (["compare", "1"], Exit.UNUSABLE, "name another one"),
        (["rollback"], Exit.UNUSABLE, "none was live before"),
        (["compare"], Exit.UNUSABLE, "there is no version beside the live one"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_cure(
    told: Shell, arguments: list[str], code: Exit, words: str
) -> None:
    assert words in told("projections", *arguments, code=code).err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--as", "main"], "take another name"),
        (["--as", "3"], "begin with a letter"),
        (["--master", "spark://there:7077"], "--master is for --runner spark"),
        (["--journey", "other.toml"], "needs --as NAME"),
    ],
)
def test_a_rebuild_that_cannot_mean_what_is_asked_is_refused_and_makes_nothing(
    told: Shell, arguments: list[str], words: str
) -> None:
    assert words in told("rebuild", *arguments, code=Exit.UNUSABLE).err
    assert versions(told) == [(1, "main", "live", "default 1")]


def test_a_master_in_the_settings_file_leaves_a_local_rebuild_alone(told: Shell) -> None:
    told.file("customer-ledger.toml", '[rebuild]\nmaster = "spark://there:7077"\n')
    assert told("rebuild", "-f", "json").json["version"] == 2


def test_everything_works_on_postgresql_too(shell: Shell, postgres_url: str) -> None:
    shell.variable("LEDGER_URL", postgres_url)
    shell("init", "-q")
    shell("append", "-", stdin=ndjson(STORY))
    shell("rebuild", "-q")
    shell("rebuild", "--journey", shell.file("other.toml", OTHER), "--as", "what-if", "-q")
    found = shell("projections", "compare", "-f", "json", code=Exit.DIFFERENT).json
    assert found["moved"] == [{"before": "purchase", "after": "bought", "customers": 2}]
    shell("projections", "activate", "what-if")
    assert set(stages(shell)) == {"bought"}
    shell("projections", "rollback")
    assert set(stages(shell)) == {"purchase"}
