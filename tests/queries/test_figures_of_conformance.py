"""Actual journeys held against plans of stages, touchpoints and types, per customer, cycle and case."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import Ledger
from ledger.errors import InvalidArgument
from ledger.journey.plan import Plan, plan_of
from ledger.queries.conformance import conformance
from ledger.schemas.plan import plan_from_toml
from tests.journey.histories import context
from tests.queries.telling import micros, ordered, told, write

DAY = 86_400_000_000

Row = dict[str, Any]


def plan(*steps: str, per: str = "customer", **more: str) -> Plan:
    top = "".join(f"{key} = {value}\n" for key, value in {"per": f'"{per}"', **more}.items())
    return plan_from_toml(top + "".join(f"[[steps]]\n{step}\n" for step in steps), context())


def told_of(ledger: Ledger, against: Plan | None = None, **asked: Any) -> list[Row]:
    return conformance(ledger.store, plan=against, **asked)


def numbers(found: list[Row], metric: str, *keys: str, **by: Any) -> dict[Any, tuple[Any, int]]:
    """Return (numerator, n) of each row of a metric, by the values of some keys."""
    kept = [row for row in found if row["metric"] == metric and by.items() <= row.items()]
    return {
        tuple(row.get(key) for key in keys) if len(keys) != 1 else row.get(keys[0]): (row["numerator"], row["n"])
        for row in kept
    }


def bought(customer: str, days: float) -> list[Row]:
    """Return a cycle from awareness to renewal, begun on a day; onboarding is jumped over."""
    return [
        told("page.viewed", customer, days, channel="web"),
        told("question.asked", customer, days + 1, data_topic="price"),
        ordered(customer, days + 2),
        told("order.delivered", customer, days + 5),
        told("renewal.offered", customer, days + 50),
    ]


def test_without_a_plan_it_is_the_journeys_own_stages_in_each_cycle(ledger: Ledger) -> None:
    write(
        ledger,
        *bought("a", 0),
        told("onboarding.started", "a", 3),
        told("page.viewed", "b", 0, channel="app"),
        told("termination.requested", "b", 9, data_reason="price"),
        told("page.viewed", "c", 0, channel="app"),
        ordered("a", 60),
    )
    found = told_of(ledger)
    assert numbers(found, "plan_conformance", "what") == {"conforming": (1, 2), "completed": (1, 2)}
    assert found[0]["excluded"] == {"under_way": 2}
    assert {row["plan"] for row in found} == {plan_of(ledger.store.context.journey).hash}
    assert numbers(found, "plan_drop_off", "step", place=1) == {"awareness": (1, 1)}
    assert numbers(found, "plan_extra_steps", "step") == {None: (0, 2)}
    by_channel = told_of(ledger, by="channel")
    assert numbers(by_channel, "plan_conformance", "channel", what="completed") == {
        "web": (1, 1), "app": (0, 1), "unknown": (0, 0),
    }  # fmt: skip


def test_a_cycle_and_a_customer_are_different_journeys(small_ledger: Ledger) -> None:
    write(small_ledger, *bought("a", 0), ordered("a", 60), told("order.delivered", "a", 62))
    steps = ('stage = "purchase"', 'stage = "use"')
    customers = told_of(small_ledger, plan(*steps, closed="false"))
    assert numbers(customers, "plan_steps", "step", what="repeated") == {"purchase": (1, 1), "use": (1, 1)}
    cycles = told_of(small_ledger, plan(*steps, per="cycle", closed="false"), by="cycle")
    assert numbers(cycles, "plan_conformance", "cycle", what="conforming") == {"1": (1, 1), "2": (1, 1)}


def test_a_cycle_is_over_when_the_next_has_begun(small_ledger: Ledger) -> None:
    write(small_ledger, ordered("a", 0), told("order.delivered", "a", 1), ordered("a", 2))
    found = told_of(small_ledger)
    assert numbers(found, "plan_conformance", "what")["completed"] == (0, 1)
    assert found[0]["excluded"] == {"under_way": 1}
    assert numbers(found, "plan_drop_off", "step")["use"] == (1, 1)


def test_a_stage_that_is_not_planned_is_extra_and_an_end_is_not(small_ledger: Ledger) -> None:
    write(small_ledger, *bought("a", 0), told("termination.requested", "a", 70, data_reason="price"))
    found = told_of(small_ledger, plan('stage = "awareness"', 'stage = "purchase"', 'stage = "use"'))
    assert numbers(found, "plan_extra_steps", "step") == {None: (1, 1), "consideration": (1, 1), "renewal": (1, 1)}


def test_a_journey_counts_by_its_first_step(small_ledger: Ledger) -> None:
    write(small_ledger, *bought("a", 0), *bought("b", 40))
    first = told_of(small_ledger, before=micros(10))
    assert numbers(first, "plan_conformance", "what")["completed"] == (1, 1)
    by_month = told_of(small_ledger, by="month")
    assert numbers(by_month, "plan_conformance", "month", what="completed") == {"2024-01": (1, 1), "2024-02": (1, 1)}


def test_what_had_happened_by_then_is_all_there_is(small_ledger: Ledger) -> None:
    write(small_ledger, *bought("a", 0))
    found = told_of(small_ledger, as_of=micros(10))
    assert numbers(found, "plan_conformance", "what")["completed"] == (0, 0)
    assert found[0]["excluded"] == {"under_way": 1}
    over = told_of(small_ledger, as_of=micros(10), within=7 * DAY)
    assert numbers(over, "plan_drop_off", "step")["use"] == (1, 1)


def test_a_late_event_puts_the_journey_in_order(small_ledger: Ledger) -> None:
    steps = plan('stage = "awareness"', 'stage = "consideration"', 'stage = "purchase"')
    write(small_ledger, told("page.viewed", "a", 0), ordered("a", 5))
    assert numbers(told_of(small_ledger, steps), "plan_steps", "step", what="skipped")["consideration"] == (1, 1)
    write(small_ledger, told("question.asked", "a", 2, data_topic="price"))
    assert numbers(told_of(small_ledger, steps), "plan_steps", "step", what="skipped")["consideration"] == (0, 1)


CASE = ('type = "case.opened"', 'type = "case.triaged"\nwithin = "1h"', 'type = "case.resolved"')


def test_steps_of_a_case_are_its_events(ledger: Ledger) -> None:
    write(
        ledger,
        told("case.opened", "a", 0, case_id="k", channel="phone"),
        told("case.triaged", "a", 0.01, case_id="k"),
        told("case.resolved", "a", 1, case_id="k"),
        told("case.resolved", "a", 2, case_id="k"),
        told("case.opened", "a", 0, case_id="l", channel="web"),
        told("case.triaged", "a", 0.5, case_id="l"),
        told("case.resolved", "a", 1, case_id="l"),
        told("case.opened", "b", 0, case_id="m", channel="web"),
        told("case.opened", "b", 1.99, case_id="n", channel="web"),
        told("case.resolved", "b", 1),
    )
    found = told_of(ledger, plan(*CASE, per="case"))
    assert numbers(found, "plan_conformance", "what") == {"conforming": (0, 3), "completed": (2, 3)}
    assert found[0]["excluded"] == {"under_way": 1}
    assert numbers(found, "plan_steps", "step", what="too_late") == {"case.triaged": (2, 3)}
    assert numbers(found, "plan_steps", "step", what="repeated")["case.resolved"] == (1, 3)
    assert numbers(found, "plan_extra_steps", "step") == {}
    split = told_of(ledger, plan(*CASE, per="case"), by="channel")
    assert numbers(split, "plan_conformance", "channel", what="completed") == {"phone": (1, 1), "web": (1, 2)}


def test_a_retracted_step_was_never_taken(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        told("case.opened", "a", 0, case_id="k"),
        told("case.triaged", "a", 0.01, "wrong", case_id="k"),
        told("case.resolved", "a", 1, case_id="k"),
        told("event.retracted", "a", 2, data_source="test", data_event_id="wrong", data_why="typo"),
    )
    found = told_of(small_ledger, plan(*CASE, per="case"))
    assert numbers(found, "plan_steps", "step", what="skipped")["case.triaged"] == (1, 1)


PAGES = ('touchpoint = "page:home"\nrepeatable = true', 'touchpoint = "question.asked"', 'touchpoint = "page:order"')


def test_steps_that_are_touchpoints_have_the_type_where_there_is_no_id(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        told("page.viewed", "a", 0, touchpoint_id="page:home"),
        told("page.viewed", "a", 1, touchpoint_id="page:home"),
        told("question.asked", "a", 2, data_topic="price"),
        told("page.viewed", "a", 3, touchpoint_id="page:order"),
        told("page.viewed", "a", 4),
        told("page.viewed", "b", 0, touchpoint_id="page:order"),
        told("page.viewed", "b", 1, touchpoint_id="page:help"),
        told("page.viewed", "b", 2, touchpoint_id="page:home"),
    )
    found = told_of(small_ledger, plan(*PAGES))
    assert numbers(found, "plan_conformance", "what") == {"conforming": (1, 2), "completed": (2, 2)}
    assert numbers(found, "plan_steps", "step", what="out_of_order")["page:home"] == (1, 2)
    closed = told_of(small_ledger, plan(*PAGES, closed="true"))
    assert numbers(closed, "plan_extra_steps", "step") == {None: (1, 2), "page:help": (1, 2)}


def test_touchpoints_belong_to_the_cycle_they_were_met_in(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        *bought("a", 0),
        told("page.viewed", "a", 3, touchpoint_id="page:home"),
        ordered("a", 60),
        told("page.viewed", "a", 61, touchpoint_id="page:order"),
    )
    pages = plan('touchpoint = "page:home"', 'touchpoint = "page:order"', per="cycle")
    found = told_of(small_ledger, pages, by="cycle")
    assert numbers(found, "plan_steps", "cycle", "step", what="reached") == {
        ("1", "page:home"): (1, 1), ("1", "page:order"): (0, 1),
        ("2", "page:home"): (0, 1), ("2", "page:order"): (1, 1),
    }  # fmt: skip


def test_a_ledger_without_journeys_has_no_share(small_ledger: Ledger) -> None:
    write(small_ledger)
    assert {(row["value"], row["n"]) for row in told_of(small_ledger)} == {(None, 0)}


def test_a_split_there_is_not_is_refused(small_ledger: Ledger) -> None:
    write(small_ledger)
    with pytest.raises(InvalidArgument, match="cannot be split by 'stage'"):
        told_of(small_ledger, by="stage")
