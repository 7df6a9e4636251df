"""Catalogue and plan files: what they mean, and every problem of one told at once."""

from __future__ import annotations

import pytest

from ledger.errors import InvalidDefinition
from ledger.journey.plan import PlannedStep, plan_of
from ledger.schemas.catalogue import catalogue_from_toml
from ledger.schemas.journey import default_journey
from ledger.schemas.plan import plan_from_toml
from tests.cli.running import ROOT
from tests.journey.histories import context

STAGES = ("awareness", "use")
DAY = 86_400_000_000


def problems_of_a_catalogue(text: str) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as refused:
        catalogue_from_toml(text, STAGES)
    return {problem.field: problem.message for problem in refused.value.problems}


def problems_of_a_plan(text: str) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as refused:
        plan_from_toml(text, context())
    return {problem.field: problem.message for problem in refused.value.problems}


def test_the_examples_are_read() -> None:
    folder = ROOT / "examples"
    stages = default_journey().primary
    assert len(catalogue_from_toml((folder / "catalogue.toml").read_text(), stages)) == 9
    plan = plan_from_toml((folder / "plan.toml").read_text(), context())
    assert (plan.sort, plan.per, plan.closed, plan.within) == ("stage", "cycle", True, 364 * DAY)
    assert plan.steps[4] == PlannedStep(name="use", within=45 * DAY, repeatable=True)


def test_a_touchpoint_belongs_where_it_says_or_everywhere() -> None:
    catalogue = catalogue_from_toml(
        '[[touchpoints]]\nid = "a"\nname = "A"\nlayers = ["what_is"]\nstages = ["use"]\nalso = ["b", "c"]\n', STAGES
    )
    assert catalogue.also == {"b": "a", "c": "a"}
    assert catalogue["a"].belongs("use", "web")
    assert catalogue["a"].belongs(None, None)
    assert not catalogue["a"].belongs("awareness", None)


def test_the_hash_of_a_catalogue_does_not_depend_on_the_order_of_its_file() -> None:
    one = '[[touchpoints]]\nid = "a"\nname = "A"\nlayers = ["what_is"]\n'
    other = '[[touchpoints]]\nid = "b"\nname = "B"\nlayers = ["must_be"]\n'
    assert catalogue_from_toml(one + other, STAGES).hash == catalogue_from_toml(other + one, STAGES).hash
    assert catalogue_from_toml(one + other, STAGES).hash != catalogue_from_toml(one, STAGES).hash


def test_every_problem_of_a_catalogue_is_told_at_once() -> None:
    found = problems_of_a_catalogue(
        """
        title = "x"
        [[touchpoints]]
        id = "a"
        name = "Home"
        layers = ["was", "must_be"]
        [[touchpoints]]
        id = ""
        name = "Empty"
        layers = []
        stages = ["buying"]
        [[touchpoints]]
        id = "b"
        name = "Again"
        layers = ["what_is"]
        also = ["a", "b"]
        colour = "red"
        """
    )
    assert found == {
        "title": "is unknown: check its spelling, or leave it out",
        "touchpoints[Home].layers[1]": "is none of what_is, must_be, should_be: use one of them",
        "touchpoints[Empty].id": "is empty or longer than 255 characters: shorten it",
        "touchpoints[Empty].layers": "is empty: name one or more of what_is, must_be, should_be",
        "touchpoints[Empty].stages": "'buying' is no primary stage of the journey: use one of awareness, use",
        "touchpoints[Again].also": "'b' stands in touchpoints[Again] already: keep one of them",
        "touchpoints[Again].colour": "is unknown: check its spelling, or leave it out",
    }


def test_a_catalogue_without_touchpoints_is_refused() -> None:
    assert "is missing" in problems_of_a_catalogue("")["touchpoints"]
    assert "is empty" in problems_of_a_catalogue("touchpoints = []")["touchpoints"]
    assert "no valid TOML" in problems_of_a_catalogue("[[touch")[""]


def test_every_problem_of_a_plan_is_told_at_once() -> None:
    found = problems_of_a_plan(
        """
        per = "week"
        closed = "yes"
        within = "a year"
        [[steps]]
        stage = "buying"
        [[steps]]
        type = "order.plased"
        [[steps]]
        stage = "use"
        type = "order.placed"
        [[steps]]
        touchpoint = "page:home"
        optional = 1
        [[steps]]
        stage = "purchase"
        within = "2 weeks"
        """
    )
    assert set(found) == {
        "per", "closed", "within", "steps[buying].stage", "steps[order.plased].type", "steps[3]",
        "steps[page:home].optional", "steps[purchase].within",
    }  # fmt: skip
    assert found["steps[3]"] == "needs exactly one of stage, touchpoint and type: say what the step is"


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ('[[steps]]\nstage = "use"\n[[steps]]\ntype = "order.placed"', "steps", "of several sorts"),
        ('[[steps]]\nstage = "use"\n[[steps]]\nstage = "use"', "steps[use]", "is planned twice"),
        ('[[steps]]\nstage = "use"\noptional = true', "steps", "are all optional"),
        ('[[steps]]\nstage = "use"\nwithin = "3d"', "steps[use].within", "has no step before it"),
        ("steps = []", "steps", "is empty"),
    ],
)
def test_steps_that_make_no_plan_together_are_refused(text: str, where: str, message: str) -> None:
    assert message in problems_of_a_plan(f'per = "customer"\n{text}')[where]


def test_a_case_goes_through_no_stages() -> None:
    assert "goes through no stages" in problems_of_a_plan('per = "case"\n[[steps]]\nstage = "use"')["per"]


def test_a_plan_of_stages_is_closed_and_one_of_events_open_unless_it_says_so() -> None:
    types = '[[steps]]\ntype = "order.placed"'
    assert plan_from_toml('per = "customer"\n[[steps]]\nstage = "use"', context()).closed
    assert not plan_from_toml(f'per = "customer"\n{types}', context()).closed
    assert plan_from_toml(f'per = "customer"\nclosed = true\n{types}', context()).closed


def test_the_plan_of_a_journey_ends_before_its_ends() -> None:
    plan = plan_of(default_journey())
    assert [step.name for step in plan.steps] == [
        "awareness", "consideration", "purchase", "onboarding", "use", "renewal",
    ]  # fmt: skip
    assert (plan.per, plan.closed, plan.within) == ("cycle", True, None)
