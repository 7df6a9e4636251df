"""`touchpoints` and `conformance`: files read, figures told in every format, tables that fit the screen."""

from __future__ import annotations

import pytest

from tests.cli.running import ROOT, STORY, Shell, ndjson, wire

CATALOGUE = (ROOT / "examples" / "catalogue.toml").read_text()
PLAN = (ROOT / "examples" / "plan.toml").read_text()


MET = [
    {**wire(f"v-{name}", "page.viewed", "2024-05-02T10:00:00Z", customer=name, channel="web"),
     "touchpoint_id": "page:home"}
    for name in ("a", "b", "c")
]  # fmt: skip
TROUBLED = [
    wire("o-a", "order.placed", "2024-05-03T10:00:00Z", customer="a", channel="web"),
    wire("h-a", "obstacle.hit", "2024-05-04T10:00:00Z", customer="a", step="set_up", cause="process"),
    wire("i-b", "interaction.abandoned", "2024-05-04T10:00:00Z", customer="b", channel="chat"),
]


@pytest.fixture
def busy(shell: Shell) -> Shell:
    """Give a shell whose customers met more than one touchpoint, some of them in trouble."""
    shell("init", "-q")
    shell("append", "-", "-q", stdin=ndjson([*STORY, *MET, *TROUBLED]))
    shell("rebuild", "-q")
    shell.file("catalogue.toml", CATALOGUE)
    shell.file("plan.toml", PLAN)
    return shell


def test_every_figure_of_the_map_names_the_catalogue_and_what_every_figure_names(busy: Shell) -> None:
    rows = busy("touchpoints", "--catalogue", "catalogue.toml", "-f", "json").json
    assert {row["metric"] for row in rows} >= {"touchpoint_coverage", "touchpoint_gaps", "touchpoint_trouble"}
    hashes = {row["catalogue"] for row in rows}
    assert len(hashes) == 1
    assert {"n", "excluded", "definition", "as_of", "position", "zone", "journey"} <= rows[0].keys()
    busy.file("catalogue.toml", CATALOGUE.replace("Home page", "First page"))
    again = busy("touchpoints", "touchpoint_coverage", "--catalogue", "catalogue.toml", "-f", "json").json
    assert again[0]["catalogue"] not in hashes


def test_every_table_fits_in_80_columns(busy: Shell) -> None:
    for arguments in (
        ("touchpoints", "--catalogue", "catalogue.toml"),
        ("touchpoints", "--by", "stage,channel"),
        ("conformance",),
        ("conformance", "--plan", "plan.toml", "--by", "month"),
    ):
        lines = busy(*arguments, "-f", "table").out.splitlines()
        assert max(map(len, lines)) <= 80
        assert len(lines) > 10


def test_a_screen_shows_the_first_of_each_table_and_says_how_many_more(busy: Shell) -> None:
    all_of_them = busy("touchpoints", "touchpoint_encounters", "-f", "table").out
    one = busy("touchpoints", "touchpoint_encounters", "--top", "1", "-f", "table").out
    assert "more: --top shows more" not in all_of_them
    assert "more: --top shows more" in one
    assert len(busy("touchpoints", "touchpoint_encounters", "--top", "1").rows) > 2


def test_the_trouble_of_a_touchpoint_is_one_line_with_ways_and_causes(busy: Shell) -> None:
    told = busy("touchpoints", "touchpoint_trouble", "--catalogue", "catalogue.toml", "-f", "table").out
    (line,) = [line for line in told.splitlines() if line.startswith("set_up")]
    assert "100.0%" in line
    assert "obstacle 1" in line
    assert "process 1" in line


def test_a_wrong_catalogue_is_told_with_every_problem(busy: Shell) -> None:
    busy.file("wrong.toml", '[[touchpoints]]\nid = "a"\nlayers = ["is"]\nstages = ["buying"]\n')
    error = busy("touchpoints", "--catalogue", "wrong.toml", code=2).err
    for problem in ("touchpoints[1].name", "touchpoints[1].layers", "'buying' is no primary stage"):
        assert problem in error
    assert "cannot read none.toml" in busy("touchpoints", "--catalogue", "none.toml", code=2).err


def test_a_catalogue_belongs_to_the_journey_that_is_asked_for(busy: Shell) -> None:
    busy.file(
        "other.toml",
        'name = "other"\nversion = 1\nzone = "UTC"\n[[stages]]\nname = "met"\n'
        '[[rules]]\nname = "meeting"\nstage = "met"\nany = ["page.viewed"]\n',
    )
    asked = ("touchpoints", "touchpoint_coverage", "--catalogue", "catalogue.toml", "--journey", "other.toml")
    assert "use one of met" in busy(*asked, code=2).err


def test_conformance_names_its_plan_and_what_is_wrong_with_one(busy: Shell) -> None:
    own = busy("conformance", "-f", "json").json
    planned = busy("conformance", "--plan", "plan.toml", "-f", "json").json
    assert {row["plan"] for row in own} != {row["plan"] for row in planned}
    assert {row["metric"] for row in own} >= {"plan_conformance", "plan_fitness", "plan_steps", "plan_drop_off"}
    busy.file("wrong.toml", 'per = "cycle"\n[[steps]]\nstage = "buying"\n')
    assert "'buying' is no primary stage of the journey" in busy("conformance", "--plan", "wrong.toml", code=2).err


def test_metrics_says_which_command_tells_these(busy: Shell) -> None:
    assert "run `customer-ledger touchpoints`" in busy("metrics", "touchpoint_trouble", code=2).err
    assert "run `customer-ledger conformance`" in busy("metrics", "conformance", code=2).err
