"""The touchpoint map against a catalogue, and what goes along with having met a touchpoint."""

from __future__ import annotations

from math import hypot
from typing import Any

import pytest
from scipy.stats import binomtest

from ledger import Ledger
from ledger.errors import InvalidArgument
from ledger.journey.catalogue import Catalogue
from ledger.metrics.registry import METRICS
from ledger.queries.figures.touchpoints import FIGURES
from ledger.queries.touchpoints import touchpoints
from ledger.schemas.catalogue import catalogue_from_toml
from tests.queries.telling import micros, ordered, rated, told, write

DAY = 86_400_000_000
STAGES = ("awareness", "consideration", "purchase", "onboarding", "use", "renewal", "termination", "win_back")

CATALOGUE = """
[[touchpoints]]
id = "page:home"
name = "Home"
layers = ["what_is", "must_be"]
stages = ["awareness"]

[[touchpoints]]
id = "talk"
name = "Conversation"
layers = ["what_is"]
also = ["interaction.completed", "interaction.abandoned"]

[[touchpoints]]
id = "desk"
name = "Desk"
layers = ["must_be"]

[[touchpoints]]
id = "robot"
name = "Robot"
layers = ["should_be"]
channels = ["store"]
"""

Row = dict[str, Any]


def catalogue(text: str = CATALOGUE) -> Catalogue:
    return catalogue_from_toml(text, STAGES)


def page(customer: str, days: float, name: str = "page:home", **more: Any) -> Row:
    return told("page.viewed", customer, days, touchpoint_id=name, **more)


def rows(ledger: Ledger, metric: str, against: Catalogue | None = None, **asked: Any) -> list[Row]:
    return touchpoints(ledger.store, [metric], catalogue=against, **asked)


def of(found: list[Row], statistic: str, key: str, field: str = "value", **by: Any) -> dict[Any, Any]:
    kept = [row for row in found if row["statistic"] == statistic and by.items() <= row.items() and key in row]
    assert len({row[key] for row in kept}) == len(kept)
    return {row[key]: row[field] for row in kept}


def some_customers(ledger: Ledger) -> None:
    write(
        ledger,
        page("a", 0, channel="web"),
        page("a", 1, channel="web"),
        page("b", 40, channel="app"),
        told("interaction.completed", "a", 2, data_objective_achieved=False, channel="phone"),
        told("interaction.abandoned", "b", 41, channel="phone"),
        told("interaction.completed", "b", 42, channel="store"),
        told("obstacle.hit", "b", 43, data_step="form", data_cause="process", channel="web"),
        told("obstacle.hit", "b", 44, data_step="form", channel="web"),
    )


def test_coverage_is_what_was_met_of_each_layer(small_ledger: Ledger) -> None:
    some_customers(small_ledger)
    found = rows(small_ledger, "touchpoint_coverage", catalogue())
    assert of(found, "share", "layer", "numerator") == {"all": 2, "what_is": 2, "must_be": 1, "should_be": 0}
    assert of(found, "share", "layer", "n") == {"all": 4, "what_is": 2, "must_be": 2, "should_be": 1}
    assert {row["catalogue"] for row in found} == {catalogue().hash}


def test_each_gap_is_counted_and_its_touchpoints_are_listed(small_ledger: Ledger) -> None:
    some_customers(small_ledger)
    found = rows(small_ledger, "touchpoint_gaps", catalogue())
    assert of(found, "count", "gap") == {
        "missing": 1, "uncatalogued": 1, "unexpected": 0, "to_build": 1, "planned": 1, "unasked": 1,
    }  # fmt: skip
    listed = {(row["gap"], row["touchpoint"]): (row["value"], row["n"]) for row in found if row["statistic"] == "sum"}
    assert listed == {
        ("missing", "desk"): (0, 0),
        ("uncatalogued", "form"): (2, 1),
        ("to_build", "desk"): (0, 0),
        ("planned", "robot"): (0, 0),
        ("unasked", "talk"): (3, 2),
    }


def test_what_is_met_though_it_does_not_exist_is_unexpected(small_ledger: Ledger) -> None:
    write(small_ledger, page("a", 1, "desk"))
    found = rows(small_ledger, "touchpoint_gaps", catalogue())
    assert of(found, "sum", "touchpoint", gap="unexpected") == {"desk": 1}
    assert set(of(found, "sum", "touchpoint", gap="missing")) == {"page:home", "talk"}


def test_split_by_stage_a_touchpoint_is_expected_where_it_belongs_and_misplaced_elsewhere(small_ledger: Ledger) -> None:
    write(small_ledger, page("a", 0), ordered("a", 1), page("a", 2))
    found = rows(small_ledger, "touchpoint_gaps", catalogue(), by="stage")
    missing = {(row["stage"], row["touchpoint"]) for row in found if row["gap"] == "missing" and "touchpoint" in row}
    assert missing == {("awareness", "talk"), ("awareness", "desk"), ("purchase", "talk"), ("purchase", "desk")}
    misplaced = {
        (row["stage"], row["touchpoint"]) for row in found if row["gap"] == "misplaced" and "touchpoint" in row
    }
    assert misplaced == {("purchase", "page:home")}


def test_where_the_channel_is_unknown_nothing_is_out_of_place(small_ledger: Ledger) -> None:
    write(small_ledger, page("a", 0, "robot"), page("a", 1, "robot", channel="web"))
    found = rows(small_ledger, "touchpoint_gaps", catalogue(), by="channel")
    misplaced = [row["channel"] for row in found if row["gap"] == "misplaced" and "touchpoint" in row]
    assert misplaced == ["web"]


def test_encounters_and_customers_of_each_touchpoint(ledger: Ledger) -> None:
    some_customers(ledger)
    found = rows(ledger, "touchpoint_encounters", catalogue())
    assert of(found, "count", "touchpoint") == {"page:home": 3, "talk": 3, "form": 2}
    assert of(found, "share", "touchpoint", "numerator") == {"page:home": 2, "talk": 2, "form": 1}
    assert of(found, "share", "touchpoint", "n") == {"page:home": 2, "talk": 2, "form": 2}
    assert of(found, "count", "touchpoint", "layers")["form"] == "uncatalogued"


def test_without_a_catalogue_what_was_met_is_told_under_its_own_names(small_ledger: Ledger) -> None:
    some_customers(small_ledger)
    found = touchpoints(small_ledger.store)
    assert "touchpoint_coverage" not in {row["metric"] for row in found}
    assert of(rows(small_ledger, "touchpoint_encounters"), "count", "touchpoint") == {
        "page:home": 3, "interaction.completed": 2, "interaction.abandoned": 1, "form": 2,
    }  # fmt: skip
    assert not any("layers" in row for row in found)
    with pytest.raises(InvalidArgument, match="told against a catalogue"):
        rows(small_ledger, "touchpoint_gaps")


def test_a_customer_counts_once_in_each_group_however_its_rows_are_kept(ledger: Ledger) -> None:
    write(
        ledger,
        told("customer.segment_assigned", "a", 0, data_scheme="tier", data_segment="gold"),
        page("a", 1, channel="web"),
        told("customer.segment_assigned", "a", 2, data_scheme="region", data_segment="east"),
        page("a", 3, channel="web"),
        page("b", 4, channel="web"),
    )
    found = rows(ledger, "touchpoint_encounters", by="segment:tier")
    assert of(found, "share", "segment:tier", "numerator") == {"gold": 1, "unknown": 1}
    assert of(found, "count", "segment:tier") == {"gold": 2, "unknown": 1}


def test_a_window_and_a_month_are_those_of_the_encounter(small_ledger: Ledger) -> None:
    some_customers(small_ledger)
    by_month = rows(small_ledger, "touchpoint_encounters", by="month", where={"channel": "phone"})
    assert of(by_month, "count", "month") == {"2024-01": 1, "2024-02": 1}
    assert of(rows(small_ledger, "touchpoint_encounters", since=micros(45)), "count", "touchpoint")["page:home"] == 1
    early = rows(small_ledger, "touchpoint_encounters", as_of=micros(0.5))
    assert of(early, "count", "touchpoint") == {"page:home": 1}


def test_trouble_is_told_by_way_and_by_cause(ledger: Ledger) -> None:
    some_customers(ledger)
    found = rows(ledger, "touchpoint_trouble", catalogue())
    assert of(found, "share", "touchpoint", trouble="any", cause="any") == {
        "talk": pytest.approx(2 / 3), "form": 1.0, "page:home": 0.0,
    }  # fmt: skip
    ways = {(row["touchpoint"], row["trouble"], row["cause"]): row["numerator"] for row in found}
    assert ways["talk", "abandoned", "any"] == ways["talk", "not_achieved", "any"] == 1
    assert ways["form", "any", "process"] == ways["form", "any", "unknown"] == 1
    assert ("talk", "obstacle", "any") not in ways


def test_an_empty_ledger_has_no_coverage_and_nothing_missing(small_ledger: Ledger) -> None:
    write(small_ledger)
    (everything, *_) = rows(small_ledger, "touchpoint_coverage", catalogue())
    assert (everything["value"], everything["n"], everything["excluded"]) == (None, 0, {"nobody": 4})
    assert {row["value"] for row in rows(small_ledger, "touchpoint_gaps", catalogue())} == {None}
    assert touchpoints(small_ledger.store) == []


GOING = "touchpoint_conversion_association"


def going_on(ledger: Ledger) -> None:
    """Four leave awareness forwards or not yet: a and b met the page before, c and d did not; e is still there."""
    write(
        ledger,
        *(told("campaign.contacted", name, 0, data_campaign="spring") for name in "abcde"),
        page("a", 1),
        page("b", 1),
        ordered("a", 2),
        ordered("b", 20),
        ordered("c", 2),
        page("c", 2.5),
        ordered("d", 30),
        page("e", 25),
    )


def group(found: list[Row], stage: str = "awareness") -> dict[str, tuple[Any, int]]:
    kept = [row for row in found if row["touchpoint"] == "page:home" and row["stage"] == stage]
    return {row["group"]: (row["numerator"], row["n"]) for row in kept}


def test_who_met_it_before_leaving_is_held_against_who_did_not(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        *(told("usage.recorded", name, 0, data_feature="search") for name in "abcde"),
        page("a", 1),
        page("b", 1),
        *(told("renewal.offered", name, 2) for name in "bcd"),
        page("c", 2.5),
        told("termination.requested", "a", 2),
        page("e", 3),
    )
    found = [row for row in rows(small_ledger, GOING) if row["stage"] == "use"]
    assert group(found, "use") == {"met": (1, 2), "not_met": (2, 2), "difference": (None, 2)}
    assert {str(row["excluded"]) for row in found} == {"{'open': 1}"}
    assert all(row["few"] for row in found)


def test_where_all_went_on_it_is_said_once_that_there_is_nothing_to_compare(small_ledger: Ledger) -> None:
    going_on(small_ledger)
    (row,) = rows(small_ledger, GOING)
    assert (row["stage"], row["touchpoint"], row["group"]) == ("awareness", "any", "difference")
    assert (row["value"], row["n"], row["excluded"]) == (None, 0, {"open": 1, "alike": 4})


def test_a_window_bounds_meeting_and_going_on_alike(ledger: Ledger) -> None:
    going_on(ledger)
    found = rows(ledger, GOING, catalogue(), within=10 * DAY)
    assert group(found) == {"met": (1, 2), "not_met": (1, 3), "difference": (None, 2)}
    (difference,) = [row for row in found if (row["group"], row["stage"]) == ("difference", "awareness")]
    assert difference["value"] == pytest.approx(1 / 2 - 1 / 3)
    met, others = (binomtest(1, n).proportion_ci(method="wilson") for n in (2, 3))
    assert difference["low"] == pytest.approx(1 / 6 - hypot(1 / 2 - met.low, others.high - 1 / 3))
    assert difference["high"] == pytest.approx(1 / 6 + hypot(met.high - 1 / 2, 1 / 3 - others.low))
    assert group(rows(ledger, GOING, within=26 * DAY)) == {"met": (2, 3), "not_met": (1, 2), "difference": (None, 2)}


def test_who_has_not_had_the_window_yet_is_immature(small_ledger: Ledger) -> None:
    going_on(small_ledger)
    assert rows(small_ledger, GOING, within=31 * DAY) == []
    late = rows(small_ledger, GOING, within=10 * DAY, as_of=micros(9))
    assert late == []


def test_a_touchpoint_that_everybody_met_has_no_difference(small_ledger: Ledger) -> None:
    going_on(small_ledger)
    found = [row for row in rows(small_ledger, GOING, within=10 * DAY) if row["stage"] == "awareness"]
    assert {row["touchpoint"] for row in found} == {"page:home"}


def test_leaving_to_an_end_is_not_going_on(small_ledger: Ledger) -> None:
    used = [told("usage.recorded", name, 0, data_feature="search") for name in "abcd"]
    write(
        small_ledger,
        *used,
        page("a", 1),
        page("b", 1),
        told("termination.requested", "a", 2, data_reason="price"),
        told("renewal.offered", "b", 2),
        told("termination.requested", "c", 2, data_reason="price"),
        told("renewal.offered", "d", 2),
    )
    met = [row for row in rows(small_ledger, GOING) if row["touchpoint"] == "page:home" and row["group"] == "met"]
    assert [(row["stage"], row["numerator"], row["n"]) for row in met] == [("use", 1, 2)]


def test_a_second_visit_to_the_stage_says_nothing(small_ledger: Ledger) -> None:
    for name in "ab":
        write(
            small_ledger,
            ordered(name, 0),
            told("order.delivered", name, 1),
            ordered(name, 2),
            *([page("a", 3)] if name == "a" else []),
            told("order.delivered", name, 4),
            build=name == "b",
        )
    assert [row for row in rows(small_ledger, GOING) if row["touchpoint"] == "page:home"] == []


RATING = "touchpoint_rating_association"


def test_the_first_answer_after_meeting_is_held_against_the_others(ledger: Ledger) -> None:
    write(
        ledger,
        *(page(name, 0, "page:start") for name in "abcd"),
        page("a", 1),
        rated("a", 2, 5, "csat"),
        rated("a", 3, 1, "csat"),
        page("b", 1),
        rated("b", 1, 4, "csat"),
        page("c", 5),
        rated("c", 2, 2, "csat"),
        page("d", 1),
        rated("d", 2, 4, "csat"),
        rated("d", 1.5, 9, "nps"),
    )
    found = {row["group"]: row for row in rows(ledger, RATING) if row["touchpoint"] == "page:home"}
    assert (found["met"]["value"], found["met"]["n"]) == (4.5, 2)
    assert (found["not_met"]["value"], found["not_met"]["n"]) == (3.0, 2)
    assert (found["difference"]["value"], found["difference"]["n"]) == (1.5, 2)
    assert found["difference"]["low"] < 1.5 < found["difference"]["high"]


def test_the_same_touchpoint_under_another_name_is_met_when_either_is(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        *(page(name, 0, "page:start") for name in "ab"),
        told("interaction.completed", "a", 3),
        page("a", 1, "talk"),
        rated("a", 2, 5, "csat"),
        rated("b", 2, 3, "csat"),
    )
    found = {row["touchpoint"] for row in rows(small_ledger, RATING, catalogue())}
    assert "talk" in found
    assert "interaction.completed" not in found


def test_every_metric_of_the_map_can_be_told_and_says_it_is_an_association() -> None:
    mine = {name for name, metric in METRICS.items() if metric.topic == "touchpoints"}
    assert mine == set(FIGURES)
    for name in (GOING, RATING):
        assert any("never an effect" in note for note in METRICS[name].notes)


def test_what_is_no_figure_or_no_split_of_the_map_is_refused(small_ledger: Ledger) -> None:
    write(small_ledger)
    with pytest.raises(InvalidArgument, match="no figure of touchpoints"):
        rows(small_ledger, "nps")
    with pytest.raises(InvalidArgument, match="cannot be split by 'reason'"):
        rows(small_ledger, "touchpoint_trouble", by="reason")
