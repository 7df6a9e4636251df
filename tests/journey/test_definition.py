"""A journey file: what it becomes, how it comes back, and what it is told when it is wrong."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import InvalidDefinition
from ledger.events import VOCABULARY
from ledger.journey.definition import Condition, Journey, Predicate, Rule
from ledger.schemas.channels import channels_from_toml
from ledger.schemas.duration import duration, duration_text
from ledger.schemas.journey import (
    default_journey,
    journey_from_dict,
    journey_from_json,
    journey_from_toml,
    journey_to_json,
)
from tests.journey.histories import HOUR, STAGES, journey

GUIDE = Path(__file__).parents[2] / "docs" / "howto" / "journey.md"

SEVERAL = """
[[rules]]
name = "one of"
stage = "use"
any = ["page.viewed", { type = "order.placed", count = 2 }]
restarts = true

[[rules]]
name = "all of"
stage = "use"
all = ["page.viewed", { type = "survey.responded", where = { "data.score" = { min = 9, max = 9.5 }, channel = ["a", "b"] } }]
within = "36h"
regress = true

[[rules]]
name = "some of"
stage = "support"
at_least = 2
of = ["page.viewed", "order.placed", { type = "order.placed", where = { direction = "inbound" } }]
leaves = true
"""  # noqa: E501  TOML keeps an inline table on one line


def fields(text: str) -> set[str]:
    """Return the fields of all problems of a journey file."""
    with pytest.raises(InvalidDefinition) as caught:
        journey_from_toml(text, VOCABULARY)
    return {problem.field for problem in caught.value.problems}


def test_a_rule_of_the_file_becomes_a_value() -> None:
    assert journey(SEVERAL).rules[1] == Rule(
        name="all of",
        stage="use",
        conditions=(
            Condition(type="page.viewed"),
            Condition(
                type="survey.responded",
                where=(Predicate(field="data.score", min=9, max=9.5), Predicate(field="channel", one_of=("a", "b"))),
            ),
        ),
        within=36 * HOUR,
        regress=True,
    )


@pytest.mark.parametrize("made", [default_journey(), journey(SEVERAL), journey()], ids=["default", "several", "bare"])
def test_a_journey_comes_back_from_json(made: Journey) -> None:
    assert journey_from_json(journey_to_json(made)) == made


def test_the_hash_is_the_sha256_of_the_canonical_json_and_depends_on_content_alone() -> None:
    made = journey(SEVERAL)
    assert made.hash == sha256(journey_to_json(made).encode()).hexdigest()
    assert journey("# a comment\n" + SEVERAL).hash == made.hash
    assert journey(SEVERAL.replace("36h", "37h")).hash != made.hash


def test_every_problem_of_a_journey_file_is_told_at_once() -> None:
    broken = """
name = "broken"
zone = "Mars/Base"
colour = 1
stages = [
    { name = "a", track = "sideways" },
    { name = "b", terminal = 1 },
    "c",
    { name = "a" },
    { name = "d", terminal = true, win_back = true },
    { name = "o", track = "overlay", terminal = true },
    { name = "p", held_by = "case_id" },
]
[[rules]]
name = "r"
stage = "nowhere"
any = ["nope.happened", { type = "page.viewed", where = { "data.x" = 1, "customer_id" = 2 }, count = 0 }, 7]
within = "5 days"
[[rules]]
name = "s"
stage = "a"
all = [{ type = "customer.identified", where = { "data.value" = "x" } }]
of = ["page.viewed"]
[[rules]]
name = "t"
stage = "b"
of = ["page.viewed"]
at_least = 2
leaves = true
[[rules]]
stage = "o"
any = []
[[rules]]
name = "u"
stage = "o"
any = ["page.viewed"]
restarts = true
"""
    assert fields(broken) == {
        "version",
        "colour",
        "zone",
        "stages[a].track",
        "stages[a].name",
        "stages[b].terminal",
        "stages[3]",
        "stages[d]",
        "stages[o]",
        "stages[p].held_by",
        "rules[r].stage",
        "rules[r].nope.happened",
        "rules[r].page.viewed.where.data.x",
        "rules[r].page.viewed.where.customer_id",
        "rules[r].any[2].count",
        "rules[r].any[3]",
        "rules[r].within",
        "rules[s]",
        "rules[s].customer.identified.where.data.value",
        "rules[t].at_least",
        "rules[t].leaves",
        "rules[4].name",
        "rules[4].any",
        "rules[u]",
    }


@pytest.mark.parametrize(
    "where", ['"data.score" = { min = "9" }', '"data.score" = {}', '"data.score" = []', '"data.score" = { above = 1 }']
)
def test_a_predicate_that_asks_for_nothing_is_told(where: str) -> None:
    rule = f'[[rules]]\nname = "r"\nstage = "use"\nany = [{{ type = "survey.responded", where = {{ {where} }} }}]\n'
    assert fields(STAGES + rule) == {"rules[r].any[1].where.data.score"}


@pytest.mark.parametrize("text", ["name = 'x", "stages = 3", "", "stages = []", 'name = "\\u0000"', "x = 2020-01-01"])
def test_whatever_is_no_journey_is_an_error_of_ours(text: str) -> None:
    with pytest.raises(InvalidDefinition):
        journey_from_toml(text, VOCABULARY)


@pytest.mark.parametrize("document", [None, 3, [], "x", {"stages": {}, "rules": {}}, {"rules": [None]}])
def test_whatever_is_no_table_is_an_error_of_ours(document: Any) -> None:
    with pytest.raises(InvalidDefinition):
        journey_from_dict(document, VOCABULARY)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"name":1}'])
def test_a_stored_journey_that_cannot_be_read_says_so(text: str) -> None:
    with pytest.raises(InvalidDefinition, match="cannot be read"):
        journey_from_json(text)


@pytest.mark.parametrize(("text", "hours"), [("14d", 336), ("12h", 12), ("30m", 0.5), ("36s", 0.01), ("2w", 336)])
def test_a_duration_is_a_number_and_a_unit(text: str, hours: float) -> None:
    assert duration(text) == hours * HOUR
    assert duration(duration_text(duration(text))) == duration(text)


@pytest.mark.parametrize("text", ["", "14", "d", "0d", "-1d", "1.5h", "14 d", "14days", "1d12h", "P14D", "٣d"])
def test_anything_else_is_no_duration_and_the_cure_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="as in 14d"):
        duration(text)


@pytest.mark.parametrize("unit", ["w", "d", "h", "m", "s"])
def test_a_duration_that_is_too_long_is_told_the_longest(unit: str) -> None:
    with pytest.raises(ValueError, match=f"'1000000{unit}' is too long: the longest is 999999{unit}"):
        duration(f"1000000{unit}")
    assert duration(duration_text(duration(f"999999{unit}"))) == duration(f"999999{unit}")


def test_the_examples_of_the_guide_are_read_as_they_stand() -> None:
    whole, where, channels = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert journey_from_toml(whole, VOCABULARY).rules[0].restarts
    for line in where.splitlines():
        predicates = line.partition("#")[0].removeprefix("where = ")
        rule = f'[[rules]]\nname = "r"\nstage = "use"\nany = [{{ type = "survey.responded", where = {predicates} }}]\n'
        assert journey(rule).rules[0].conditions[0].where
    assert channels_from_toml(channels)["counter"].assistance == "assisted"


def test_the_errors_of_the_guide_are_those_that_are_told() -> None:
    whole = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[0]
    broken = whole.replace('stage = "purchase"', 'stage = "buy"').replace('"14d"', '"2 weeks"')
    with pytest.raises(InvalidDefinition) as caught:
        journey_from_toml(broken, VOCABULARY)
    shown = re.findall(r"```\n(rules.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[0].splitlines()
    assert sorted(map(str, caught.value.problems)) == sorted(shown)
