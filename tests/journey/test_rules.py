"""What completes a rule, and what it leaves as evidence."""

from __future__ import annotations

import pytest

from tests.journey.histories import DAY, Event, entering, event, moments, path

LOOKING = """
[[rules]]
name = "looking and asking"
stage = "consideration"
all = [{ type = "page.viewed", count = 2 }, "question.asked"]
within = "14d"
"""


def question(day: int) -> Event:
    return event("question.asked", day * DAY, data_topic="price")


def page(day: int) -> Event:
    return event("page.viewed", day * DAY)


def test_a_combination_needs_all_of_its_parts() -> None:
    assert path([page(1), question(2)], LOOKING) == []
    assert path([page(1), question(2), page(3)], LOOKING) == [("consideration", "skip", 1)]


def test_the_evidence_is_every_part_in_the_order_of_the_fold() -> None:
    last = moments([page(1), page(3), question(2), page(4), event("survey.sent", 5 * DAY)], LOOKING)[2].entered
    assert last is not None
    assert last.rule == "looking and asking"
    assert [event_id for _, event_id in last.evidence] == [
        f"page.viewed@{DAY}",
        f"question.asked@{2 * DAY}",
        f"page.viewed@{3 * DAY}",
    ]


def test_the_evidence_of_one_instant_is_in_the_order_of_the_fold_too() -> None:
    parts = [
        event("page.viewed", DAY, "c"),
        event("page.viewed", DAY, "a"),
        event("question.asked", DAY, "b", data_topic="x"),
    ]
    last = moments(parts, LOOKING)[-1].entered
    assert last is not None
    assert [event_id for _, event_id in last.evidence] == ["a", "b", "c"]


@pytest.mark.parametrize(("last", "entered"), [(15, True), (16, False)])
def test_parts_count_up_to_the_whole_window_and_no_further(last: int, entered: bool) -> None:
    assert bool(path([page(1), question(2), page(last)], LOOKING)) == entered


def test_the_latest_parts_count_so_that_an_old_one_does_not_stand_in_the_way() -> None:
    assert path([page(1), page(30), question(31), page(32)], LOOKING) == [("consideration", "skip", 1)]


def test_parts_that_moved_the_customer_are_spent() -> None:
    back = "regress = true\n"
    events = [page(1), page(2), question(3), entering("use", 4 * DAY), page(5), question(6), page(7)]
    assert [stage for stage, _, _ in path(events, LOOKING + back)] == ["consideration", "use", "consideration"]
    assert [moment.stage for moment in moments(events, LOOKING + back)][4:] == ["use", "use", "consideration"]


def test_what_happens_while_the_customer_is_further_on_does_not_count() -> None:
    events = [entering("use", DAY), page(2), page(3), entering("awareness", 4 * DAY), question(5)]
    assert path(events, LOOKING)[-1] == ("awareness", "regress", 1)


def test_at_least_so_many_distinct_conditions_complete_a_rule() -> None:
    rule = """
[[rules]]
name = "two of three"
stage = "consideration"
at_least = 2
of = ["page.viewed", "campaign.responded", "question.asked"]
"""
    assert path([page(1), page(2), page(3)], rule) == []
    assert path([page(1), page(2), question(400)], rule) == [("consideration", "skip", 1)]


def test_a_minimum_count_of_one_condition_completes_a_rule() -> None:
    rule = """
[[rules]]
name = "three pages"
stage = "awareness"
all = [{ type = "page.viewed", count = 3 }]
within = "2d"
"""
    assert path([page(1), page(2), page(4), page(5)], rule) == []
    assert path([page(1), page(4), page(5), page(6)], rule) == [("awareness", "advance", 1)]


def rule_where(type_: str, where: str) -> str:
    return f'[[rules]]\nname = "r"\nstage = "awareness"\nany = [{{ type = "{type_}", where = {{ {where} }} }}]\n'


@pytest.mark.parametrize(
    ("where", "meets"),
    [
        ('"data.metric" = "nps"', True),
        ('"data.metric" = "ces"', False),
        ('"data.metric" = ["csat", "nps"]', True),
        ('"data.metric" = ["csat"]', False),
        ('"data.score" = { min = 9 }', True),
        ('"data.score" = { min = 9.5 }', False),
        ('"data.score" = { min = 0, max = 9 }', True),
        ('"data.score" = { max = 8 }', False),
        ('"data.high_is" = "good"', False),
        ('direction = "inbound"', True),
        ('direction = "outbound"', False),
        ('"actor.type" = "customer"', False),
        ('channel = ["web", "app"], "data.score" = { min = 9 }', True),
        ('channel = ["web", "app"], "data.score" = { min = 10 }', False),
    ],
)
def test_a_predicate_asks_fields_of_the_envelope_and_of_the_type(where: str, meets: bool) -> None:
    answered = event(
        "survey.responded", 1, channel="web", direction="inbound",
        data_metric="nps", data_score=9.0, data_scale_min=0.0, data_scale_max=10.0,
    )  # fmt: skip
    assert bool(path([answered], rule_where("survey.responded", where))) == meets


@pytest.mark.parametrize(("value", "meets"), [("99.99", False), ("100", True), ("100.0000", True), (None, False)])
def test_an_amount_of_money_is_compared_as_a_number(value: str | None, meets: bool) -> None:
    placed = event("order.placed", 1, data_value=value, data_currency="EUR")
    assert bool(path([placed], rule_where("order.placed", '"data.value" = { min = 100 }'))) == meets


def test_a_field_is_asked_by_its_name_on_the_wire() -> None:
    handed = event("interaction.handed_over", 1, data_from_="web", data_to="phone")
    assert path([handed], rule_where("interaction.handed_over", '"data.from" = "web"'))


def test_true_is_not_one() -> None:
    done = event("interaction.completed", 1, data_objective_achieved=True)
    assert path([done], rule_where("interaction.completed", '"data.objective_achieved" = true'))
    assert not path([done], rule_where("interaction.completed", '"data.objective_achieved" = 1'))


def test_of_several_rules_the_first_that_may_be_followed_decides() -> None:
    rules = """
[[rules]]
name = "back"
stage = "awareness"
any = ["page.viewed"]

[[rules]]
name = "on"
stage = "use"
any = ["page.viewed"]
"""
    assert path([page(1), page(2)], rules) == [("awareness", "advance", 1)]
    assert path([entering("purchase", 1), page(2)], rules)[-1] == ("use", "skip", 1)
