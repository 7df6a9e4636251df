"""What an append refuses, because it cannot be true; and what it accepts, however odd its order of arrival."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import Any

import pytest

from ledger import Ledger, Refused
from ledger.errors import AlreadyRetracted, CannotRetract, CustomerErased, MergeCycle
from ledger.queries.history import history
from ledger.queries.journey import journey
from tests.store.asking import ask, contents
from tests.store.events import Wire, about, fact, merge, order

ERASED = fact("gone", "customer.erased")
CONSENT = fact("back", "consent.granted", data={"purpose": "service"})


def stage(ledger: Ledger, customer_id: str = "ada") -> str | None:
    """The stage as the log says it, folded now."""
    found: str | None = journey(ledger.store, customer_id)["journey_position"]["stage"]
    return found


def read_model(ledger: Ledger) -> list[tuple[Any, ...]]:
    """The positions as the read model holds them: customer, stage, events."""
    rows = ask(
        ledger,
        "SELECT s.customer_id, p.stage, p.events FROM journey_position p JOIN streams s ON s.stream = p.customer",
    )
    return sorted(rows)


def refused(ledger: Ledger, event: Wire | list[Wire], error: type[Refused], words: str) -> None:
    """Expect a refusal that says so and writes nothing."""
    before = contents(ledger)
    with pytest.raises(error, match=words):
        ledger.append(event)
    assert contents(ledger) == before


# Erasure


def test_nothing_is_recorded_of_an_erased_customer(ledger: Ledger) -> None:
    ledger.append([order("o1"), ERASED])
    for event in (
        order("o2"),
        fact("r1", "customer.registered"),
        fact("gone again", "customer.erased"),
        fact("w1", "consent.withdrawn", data={"purpose": "service"}),
        about("x1", "event.retracted", order("o1")),
    ):
        refused(ledger, event, CustomerErased, "record a `consent.granted` first")
    ledger.append(order("o2", "bo"))


def test_a_new_consent_returns_an_erased_customer_until_the_next_erasure(ledger: Ledger) -> None:
    ledger.append([order("o1"), ERASED])
    ledger.append(CONSENT)
    ledger.append(order("o2"))
    ledger.append(fact("gone again", "customer.erased"))
    refused(ledger, order("o3"), CustomerErased, "erased")


def test_erasure_and_return_hold_within_one_call(ledger: Ledger) -> None:
    refused(ledger, [order("o1"), ERASED, order("o2")], CustomerErased, "event o2 of source shop")
    ledger.append([order("o1"), ERASED, CONSENT, order("o2")])


def test_of_many_events_only_those_of_the_erased_are_refused(ledger: Ledger) -> None:
    outcomes = list(ledger.append_many([ERASED, order("o1"), order("o2", "bo"), CONSENT, order("o3")]))
    assert [isinstance(outcome, CustomerErased) for outcome in outcomes] == [False, True, False, False, False]


# Merges


def test_a_customer_is_not_merged_into_themselves(ledger: Ledger) -> None:
    refused(ledger, merge("m1", "ada", "ada"), MergeCycle, "one and the same customer: name two")


def test_two_customers_are_not_merged_into_each_other(ledger: Ledger) -> None:
    ledger.append(merge("m1", "bo", "ada"))
    refused(ledger, merge("m2", "ada", "bo"), MergeCycle, "event m2 of source shop")


@pytest.mark.parametrize("length", [3, 6])
def test_no_chain_of_merges_comes_back_to_its_start(ledger: Ledger, length: int) -> None:
    names = [f"c{number}" for number in range(length)]
    for number, (absorbed, into) in enumerate(pairwise(names)):
        ledger.append(merge(f"m{number}", absorbed, into))
    refused(ledger, merge("closing", names[-1], names[0]), MergeCycle, "part of itself: unmerge the earlier one first")
    ledger.append(merge("elsewhere", names[-1], "another"))


def test_a_merge_cycle_within_one_call_is_refused_whole(ledger: Ledger) -> None:
    chain = [merge("m1", "ada", "bo"), merge("m2", "bo", "cy"), merge("m3", "cy", "ada")]
    refused(ledger, chain, MergeCycle, "m3")
    outcomes = list(ledger.append_many(chain))
    assert [isinstance(outcome, MergeCycle) for outcome in outcomes] == [False, False, True]


def test_a_merge_may_turn_round_once_the_first_is_undone(ledger: Ledger) -> None:
    first = merge("m1", "bo", "ada")
    ledger.append(first)
    ledger.append(about("u1", "customer.unmerged", first))
    ledger.append(merge("m2", "ada", "bo"))
    ledger.append([about("u2", "customer.unmerged", merge("m2", "ada", "bo")), merge("m3", "bo", "ada")])


def test_two_parents_are_no_cycle(ledger: Ledger) -> None:
    ledger.append([merge("m1", "ada", "bo"), merge("m2", "ada", "cy"), merge("m3", "bo", "cy")])


# Retractions


def test_an_event_is_retracted_once(ledger: Ledger) -> None:
    ledger.append([order("o1"), about("x1", "event.retracted", order("o1"))])
    refused(ledger, about("x2", "event.retracted", order("o1")), AlreadyRetracted, "event o1 of source shop")
    assert ledger.append(about("x1", "event.retracted", order("o1")))[0].recorded is False


def test_a_second_retraction_is_refused_before_its_event_has_arrived_too(ledger: Ledger) -> None:
    ledger.append(about("x1", "event.retracted", order("o1")))
    refused(ledger, about("x2", "event.retracted", order("o1")), AlreadyRetracted, "drop this second retraction")
    both = [about("x3", "event.retracted", order("o2")), about("x4", "event.retracted", order("o2"))]
    refused(ledger, both, AlreadyRetracted, "x4")


def test_an_event_of_the_same_name_from_another_source_is_another(ledger: Ledger) -> None:
    till = order("o1", source="till")
    ledger.append([order("o1"), till])
    ledger.append([about("x1", "event.retracted", order("o1")), about("x2", "event.retracted", till)])


def test_the_event_of_another_customer_is_not_retracted(ledger: Ledger) -> None:
    ledger.append(order("o1", "bo"))
    refused(ledger, about("x1", "event.retracted", order("o1", "ada")), CannotRetract, "another customer")


FINAL = (
    ERASED,
    merge("m1", "bo", "ada"),
    about("u1", "customer.unmerged", order("m1")),
    about("x0", "event.retracted", order("o1")),
)


@pytest.mark.parametrize("final", FINAL, ids=lambda event: event["type"])
def test_what_has_an_undoing_of_its_own_is_not_retracted(ledger: Ledger, final: Wire) -> None:
    ledger.append([final, CONSENT])
    refused(ledger, about("x1", "event.retracted", final), CannotRetract, "undo a merge with customer.unmerged")


# What arrives before what it is about

OPENING = order("o1")
LATER = fact("u1", "usage.recorded", data={"feature": "search"}, occurred_at="2024-05-02T10:00:00+02:00")
EARLIER = fact("v1", "page.viewed", occurred_at="2024-04-01T10:00:00+02:00")


def test_a_retraction_takes_effect_when_its_event_arrives(ledger: Ledger) -> None:
    ledger.append([EARLIER, about("x1", "event.retracted", OPENING)])
    assert stage(ledger) == "awareness"
    ledger.append(OPENING)
    assert stage(ledger) == "awareness"
    assert [(wire["event_id"], wire["retracted"]) for wire in history(ledger.store, "ada")] == [
        ("v1", False),
        ("o1", True),
        ("x1", False),
    ]


def test_what_a_retraction_waits_for_is_not_folded_onto_a_stored_state(ledger: Ledger) -> None:
    """The event is later than all that was folded, so nothing but its name says that it is not what it seems."""
    ledger.append([EARLIER, about("x1", "event.retracted", OPENING)])
    ledger.rebuild()
    ledger.append(fact("v2", "page.viewed", occurred_at="2024-04-02T10:00:00+02:00"))
    ledger.catch_up()
    assert read_model(ledger) == [("ada", "awareness", 2)]
    ledger.append(OPENING)
    ledger.catch_up()
    assert read_model(ledger) == [("ada", "awareness", 2)]
    ledger.append(fact("v3", "page.viewed", occurred_at="2024-06-02T10:00:00+02:00"))
    ledger.catch_up()
    assert read_model(ledger) == [("ada", "awareness", 3)]


def test_what_a_correction_waits_for_enters_the_corrected_stage(ledger: Ledger) -> None:
    ledger.append([EARLIER, about("x1", "stage.corrected", LATER, stage="renewal")])
    ledger.rebuild()
    ledger.append(fact("v2", "page.viewed", occurred_at="2024-04-02T10:00:00+02:00"))
    ledger.catch_up()
    ledger.append(LATER)
    ledger.catch_up()
    assert read_model(ledger) == [("ada", "renewal", 3)]
    assert stage(ledger) == "renewal"


def test_a_merge_whose_undoing_came_first_merges_nobody(ledger: Ledger) -> None:
    merged = merge("m1", "bo", "ada")
    ledger.append([order("o1"), order("o2", "bo"), about("u1", "customer.unmerged", merged)])
    ledger.rebuild()
    ledger.append(merged)
    ledger.catch_up()
    assert read_model(ledger) == [("ada", "purchase", 1), ("bo", "purchase", 1)]
    # It never was one, so the other way round is no cycle.
    ledger.append(merge("m2", "ada", "bo"))
    ledger.catch_up()
    assert read_model(ledger) == [("bo", "purchase", 2)]


def test_a_retraction_that_waits_for_another_customers_event_has_no_effect(ledger: Ledger) -> None:
    ledger.append(about("x1", "event.retracted", order("o1", "ada")))
    ledger.append(order("o1", "bo"))
    assert stage(ledger, "bo") == "purchase"


def test_a_retraction_that_waits_for_a_merge_has_no_effect(ledger: Ledger) -> None:
    merged = merge("m1", "bo", "ada")
    ledger.append([order("o1", "bo"), about("x1", "event.retracted", merged)])
    ledger.append(merged)
    assert {wire["customer_id"] for wire in history(ledger.store, "ada")} == {"ada", "bo"}


TOLD = (
    OPENING,
    LATER,
    about("x1", "event.retracted", LATER),
    about("x2", "stage.corrected", OPENING, stage="renewal"),
)


@pytest.mark.parametrize("arrival", list(permutations(range(len(TOLD)))))
def test_events_retractions_and_corrections_are_accepted_in_any_order_and_mean_the_same(
    quick_ledger: Ledger, arrival: tuple[int, ...]
) -> None:
    for place in arrival:
        assert quick_ledger.append(TOLD[place])[0].recorded
    assert stage(quick_ledger) == "renewal"


LINKED = (
    order("o1"),
    order("o2", "bo"),
    merge("m1", "bo", "ada"),
    about("u1", "customer.unmerged", merge("m1", "bo", "ada")),
    merge("m2", "ada", "cy"),
)


@pytest.mark.parametrize("arrival", list(permutations(range(len(LINKED))))[::5])
def test_merges_and_unmerges_are_accepted_in_any_order_and_mean_the_same(
    quick_ledger: Ledger, arrival: tuple[int, ...]
) -> None:
    quick_ledger.rebuild()
    for place in arrival:
        assert quick_ledger.append(LINKED[place])[0].recorded
        quick_ledger.catch_up()
    assert read_model(quick_ledger) == [("bo", "purchase", 1), ("cy", "purchase", 1)]


def test_a_case_that_is_resolved_but_was_never_opened_is_accepted(ledger: Ledger) -> None:
    ledger.append(fact("k1", "case.resolved", case_id="k"))
    ledger.append(fact("f1", "feedback.communicated", case_id="f", data={"channel": "email"}))
    assert [wire["event_id"] for wire in history(ledger.store, "ada")] == ["f1", "k1"]
