"""The quality report: every share by events written for it, at its edges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import text

from ledger import Ledger
from ledger.errors import InvalidArgument
from ledger.metrics.definitions.quality import DEFINITIONS
from ledger.metrics.registry import METRICS
from ledger.opening import define
from ledger.queries.metrics import metrics
from ledger.queries.quality import quality
from ledger.schemas.types import types_from_dict, types_to_json
from ledger.store.engine import writing
from tests.queries.telling import Wire, iso, micros, told, write

HOUR = 1 / 24

EVIDENT = {"metric", "statistic", "value", "n", "excluded", "low", "high", "unit", "numerator", "negative", "few",
           "definition", "window", "from", "to", "as_of", "known_at", "zone", "position", "journey"}  # fmt: skip
"""What stands beside every figure."""


def report(ledger: Ledger, **asked: Any) -> list[dict[str, Any]]:
    return [row.as_row() for row in quality(ledger.store, **asked)]


def one(rows: Iterable[dict[str, Any]], metric: str, statistic: str = "share", **by: Any) -> dict[str, Any]:
    """Return the one figure of all sources, or of the one named, with these keys."""
    found = [
        row
        for row in rows
        if (row["metric"], row["statistic"]) == (metric, statistic)
        and by.items() <= row.items()
        and ("source" in by or "source" not in row)
    ]
    assert len(found) == 1, found
    return found[0]


def share(rows: Iterable[dict[str, Any]], metric: str, **by: Any) -> tuple[int, int]:
    """Return how many of how many."""
    row = one(rows, metric, **by)
    return row["numerator"], row["n"]


def seen(ledger: Ledger, *events: Wire, **asked: Any) -> list[dict[str, Any]]:
    write(ledger, *events)
    return report(ledger, **asked)


def viewed(customer: str, days: float, **more: Any) -> Wire:
    return told("page.viewed", customer, days, more.pop("event_id", None), **{"received_at": iso(days), **more})


def test_an_empty_ledger_has_no_figures_that_say_anything(quick_ledger: Ledger) -> None:
    for row in seen(quick_ledger):
        assert (row["n"], row["value"], row["low"]) == (0, None, None), row


def test_every_metric_of_the_report_is_defined_and_told_by_its_command(quick_ledger: Ledger) -> None:
    write(quick_ledger, viewed("a", 1, channel="fax"), told("case.triaged", "a", 2, case_id="k"))
    write(quick_ledger, told("case.resolved", "a", 3, case_id="k"), told("case.opened", "a", 3, case_id="k"))
    rows = report(quick_ledger)
    assert {row["metric"] for row in rows} == {metric.name for metric in DEFINITIONS}
    for row in rows:
        metric = METRICS[row["metric"]]
        assert row["definition"] == metric.definition
        assert row["excluded"].keys() <= metric.excluded.keys()
        assert (row["position"], row["zone"]) == (4, "UTC")
        assert row.keys() - EVIDENT <= metric.parts.keys()
    with pytest.raises(InvalidArgument, match="customer-ledger quality"):
        metrics(quick_ledger.store, ["quality"])


def test_a_field_is_unknown_where_it_is_expected_and_absent(ledger: Ledger) -> None:
    rows = seen(
        ledger,
        told("case.opened", "a", 1, channel="web", direction="inbound", actor={"type": "customer", "id": "a"}),
        told("case.opened", "a", 2, source="crm", department="care"),
        told("work.completed", "a", 3),
        told("page.viewed", "a", 4),
        told("customer.registered", "a", 5),
    )
    assert share(rows, "unknown_fields", field="channel") == (2, 3)
    assert share(rows, "unknown_fields", field="channel", source="test") == (1, 2)
    assert share(rows, "unknown_fields", field="channel", source="crm") == (1, 1)
    assert share(rows, "unknown_fields", field="direction") == (1, 2)
    assert share(rows, "unknown_fields", field="actor") == (1, 2)
    assert share(rows, "unknown_fields", field="department") == (2, 3)


def test_a_source_of_which_a_field_is_never_expected_is_not_told(quick_ledger: Ledger) -> None:
    rows = seen(quick_ledger, told("case.opened", "a", 1), told("page.viewed", "a", 2, source="web"))
    assert [row.get("source") for row in rows if row.get("field") == "direction"] == [None, "test"]


def test_an_event_is_late_that_came_more_than_a_day_after_it_occurred(quick_ledger: Ledger) -> None:
    events = [
        viewed("a", 1, received_at=iso(2)),
        viewed("a", 1, received_at=iso(2 + HOUR)),
        viewed("a", 1, received_at=iso(9), source="post"),
        viewed("a", 1, received_at=iso(1 - HOUR)),
    ]
    rows = seen(quick_ledger, *events)
    assert share(rows, "late_events") == (2, 4)
    assert share(rows, "late_events", source="post") == (1, 1)
    median = one(rows, "delay", "median")
    assert (median["value"], median["n"], median["negative"]) == (24.5, 4, 1)
    assert one(rows, "delay", "p90", source="post")["value"] == 192
    assert share(report(quick_ledger, within=86_400_000_000 * 2), "late_events", after="2d") == (1, 4)
    assert share(report(quick_ledger, within=1), "late_events", after="1 µs") == (3, 4)


def test_how_late_it_was_is_not_told_of_what_is_known_by_its_date(quick_ledger: Ledger) -> None:
    dated = {"occurred_at": "2024-01-02", "time_precision": "date", "received_at": iso(9)}
    rows = seen(
        quick_ledger,
        viewed("a", 1, **dated),
        viewed("a", 2, time_precision="unknown"),
        viewed("a", 3, time_precision="minute"),
        viewed("a", 4, source="web"),
    )
    late = one(rows, "late_events")
    assert (late["n"], late["excluded"]) == (2, {"rough_time": 2})
    assert one(rows, "late_events", source="web")["excluded"] == {}
    for precision in ("date", "minute", "unknown"):
        assert share(rows, "rough_times", precision=precision) == (1, 4)
        assert share(rows, "rough_times", precision=precision, source="web") == (0, 1)


def test_an_event_is_out_of_order_that_was_recorded_after_a_later_one_of_its_customer(quick_ledger: Ledger) -> None:
    rows = seen(
        quick_ledger,
        viewed("a", 5),
        viewed("b", 1, source="shop"),
        viewed("a", 4, source="shop"),
        viewed("a", 5),
        viewed("a", 3),
    )
    assert share(rows, "out_of_order_events") == (2, 5)
    assert share(rows, "out_of_order_events", source="shop") == (1, 2)


def test_merged_customers_are_one_also_in_the_order_of_arrival(ledger: Ledger) -> None:
    rows = seen(
        ledger,
        viewed("a", 5),
        viewed("b", 1),
        told("customer.merged", "b", 6, data_from="a", data_into="b"),
    )
    assert share(rows, "out_of_order_events") == (1, 2)


def test_events_that_equal_another_but_for_their_name_are_suspected_and_stay(ledger: Ledger) -> None:
    same = {"data_value": "10", "data_currency": "EUR"}
    rows = seen(
        ledger,
        told("order.placed", "a", 1, "o1", source_sequence=1, **same),
        told("order.placed", "a", 1, "o2", source_sequence=2, **same),
        told("order.placed", "a", 1, "o3", **same),
        told("order.placed", "b", 1, "o4", **same),
        told("order.placed", "a", 2, "o5", **same),
        told("order.placed", "a", 1, "o6", data_value="11", data_currency="EUR"),
        told("order.placed", "a", 1, "o7", source="shop", **same),
    )
    assert share(rows, "repeated_content") == (3, 7)
    assert share(rows, "repeated_content", source="test") == (2, 6)
    assert share(rows, "repeated_content", source="shop") == (0, 1)
    assert one(metrics_of(ledger, "volume"), "volume", "count", measure="events")["value"] == 7


def test_what_differs_in_a_personal_field_is_not_the_same(quick_ledger: Ledger) -> None:
    rows = seen(quick_ledger, *(told("note.added", "a", 1, data_text=text) for text in ("one", "two", "one")))
    assert share(rows, "repeated_content") == (1, 3)


def test_an_event_delivered_again_is_no_second_event(quick_ledger: Ledger) -> None:
    event = viewed("a", 1, event_id="e")
    rows = seen(quick_ledger, event, event)
    assert share(rows, "repeated_content") == (0, 1)


def test_words_that_look_like_the_envelope_are_content(quick_ledger: Ledger) -> None:
    strange = '","type":"x","source_sequence":1,"data":{'
    rows = seen(
        quick_ledger,
        viewed("a", 1, event_id=f"e1{strange}", channel=f"one{strange}"),
        viewed("a", 1, event_id=f"e2{strange}", channel=f"one{strange}"),
        viewed("a", 1, event_id=f"e3{strange}", channel=f"two{strange}"),
    )
    assert share(rows, "repeated_content") == (1, 3)


def test_a_retracted_event_counts_once_as_retracted_and_nowhere_else(quick_ledger: Ledger) -> None:
    rows = seen(
        quick_ledger,
        viewed("a", 1, event_id="good"),
        viewed("a", 1, event_id="bad", source="web"),
        told("event.retracted", "a", 2, data_source="web", data_event_id="bad"),
    )
    assert share(rows, "retracted_events") == (1, 2)
    assert share(rows, "retracted_events", source="web") == (1, 1)
    assert share(rows, "retracted_events", source="test") == (0, 1)
    assert share(rows, "repeated_content") == (0, 1)
    assert share(rows, "unknown_fields", field="channel") == (1, 1)


def test_durations_below_zero_are_counted_by_kind_and_step(ledger: Ledger) -> None:
    rows = seen(
        ledger,
        told("case.resolved", "a", 1, case_id="k"),
        told("case.opened", "a", 2, case_id="k"),
        told("case.opened", "a", 1, case_id="fine"),
        told("case.resolved", "a", 1, case_id="fine"),
        told("order.placed", "a", 3, case_id="o"),
        told("order.shipped", "a", 4, case_id="o"),
        told("order.approved", "a", 5, case_id="o"),
        told("order.placed", "a", 3, case_id="p"),
        told("order.approved", "a", 4, case_id="p"),
        told("order.shipped", "a", 5, case_id="q"),
    )
    negative = "negative_durations"
    assert share(rows, negative, kind="case", from_step="opened", to_step="resolved_first") == (1, 2)
    assert share(rows, negative, kind="order", from_step="order_approved", to_step="order_shipped") == (1, 1)
    assert share(rows, negative, kind="order", from_step="order_placed", to_step="order_approved") == (0, 2)
    assert not [row for row in rows if row.get("to_step") == "order_delivered"]


def test_cases_that_were_never_opened_and_those_answered_too_early_are_told_apart(quick_ledger: Ledger) -> None:
    rows = seen(
        quick_ledger,
        told("case.resolved", "a", 1, case_id="k"),
        told("case.opened", "a", 2, case_id="k"),
        told("case.triaged", "a", 3, case_id="never"),
        told("case.opened", "a", 4, case_id="fine"),
        told("feedback.received", "a", 4, case_id="f", data_kind="complaint"),
    )
    assert share(rows, "out_of_order_cases", kind="case") == (1, 3)
    assert share(rows, "unopened_cases", kind="case") == (1, 3)
    assert share(rows, "unopened_cases", kind="feedback") == (0, 1)


def test_types_and_channels_that_nothing_is_said_about_are_named_the_most_first(quick_ledger: Ledger) -> None:
    rows = seen(
        quick_ledger,
        told("note.added", "a", 1, data_text="x"),
        told("survey.sent", "a", 1, data_metric="nps", channel="pigeon"),
        told("survey.sent", "a", 2, data_metric="nps", channel="pigeon"),
        told("case.triaged", "a", 2, channel="fax"),
        told("page.viewed", "a", 2, channel="web"),
    )
    types = [row for row in rows if row["metric"] == "types_without_stage"]
    assert [(row["type"], row["declared"], row["value"], row["n"]) for row in types] == [
        ("survey.sent", "ledger", 2, 5),
        ("case.triaged", "ledger", 1, 5),
    ]
    channels = [row for row in rows if row["metric"] == "unregistered_channels"]
    assert [(row["channel"], row["value"], row["n"]) for row in channels] == [("pigeon", 2, 4), ("fax", 1, 4)]


def test_a_type_of_the_company_that_indicates_no_stage_says_so(sqlite_url: str) -> None:
    Ledger.open(sqlite_url).close()
    said = {"family": "use", "summary": "It happened.", "fields": {}}
    types = [{"name": "points.earned", **said}, {"name": "points.spent", "stage": "use", **said}]
    define(sqlite_url, {"types": types_to_json(types_from_dict({"types": types}))})
    with Ledger.open(sqlite_url) as ledger:
        rows = seen(ledger, told("points.earned", "a", 1), told("points.spent", "a", 2), told("page.viewed", "a", 3))
    found = [(row["type"], row["declared"], row["value"]) for row in rows if row["metric"] == "types_without_stage"]
    assert found == [("points.earned", "company", 1)]


def test_a_customer_of_whom_an_event_cannot_be_read_is_counted_as_parked_and_left_out(quick_ledger: Ledger) -> None:
    write(quick_ledger, viewed("a", 1), viewed("bad", 2), build=False)
    with writing(quick_ledger.store.engine) as connection:
        same = "stream, source, type_version, occurred_at, received_at, recorded_at"
        connection.execute(
            text(
                f"INSERT INTO events (position, version, type, event_key, header, {same}) "
                f"SELECT 3, 2, 'page.viewed', :key, :header, {same} FROM events WHERE position = 2"
            ),
            {"key": bytes(16), "header": b'{"event_id":7}'},
        )
        connection.execute(text("UPDATE log_head SET position = 3"))
    write(quick_ledger)
    rows = report(quick_ledger)
    assert share(rows, "parked_customers") == (1, 2)
    field = one(rows, "unknown_fields", field="channel")
    assert (field["n"], field["excluded"]) == (1, {"parked": 1})
    assert share(rows, "out_of_order_events") == (0, 1)


def test_the_report_is_split_by_nothing_but_its_sources(quick_ledger: Ledger) -> None:
    write(quick_ledger, viewed("a", 1))
    with pytest.raises(InvalidArgument, match="by source already"):
        report(quick_ledger, by=["stage"])


def test_a_visitor_is_unknown_until_they_are_merged_registered_or_identified(ledger: Ledger) -> None:
    rows = seen(
        ledger,
        viewed("anonymous:1", 1),
        viewed("anonymous:2", 1),
        viewed("anonymous:3", 1),
        told("customer.identified", "anonymous:3", 2, data_namespace="email", data_value="x@y.org"),
        viewed("anonymous:4", 1),
        viewed("anonymous:5", 1),
        viewed("c", 1),
        told("customer.merged", "c", 2, data_from="anonymous:2", data_into="c"),
        told("customer.merged", "anonymous:5", 2, data_from="anonymous:4", data_into="anonymous:5"),
    )
    assert share(rows, "unknown_visitors") == (2, 4)


def test_who_is_a_visitor_only_later_is_none_yet(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        viewed("c", 1),
        told("customer.merged", "c", 1, data_from="anonymous:2", data_into="c"),
        viewed("anonymous:2", 9),
    )
    assert share(report(quick_ledger, as_of=micros(5)), "unknown_visitors") == (0, 0)
    assert share(report(quick_ledger), "unknown_visitors") == (0, 1)


def test_what_lies_outside_the_window_is_not_counted_but_was_there(quick_ledger: Ledger) -> None:
    events = [
        viewed("a", 5),
        viewed("a", 2),
        viewed("a", 3, time_precision="minute"),
        viewed("anonymous:1", 9),
        told("case.opened", "a", 8, case_id="k"),
        told("case.resolved", "a", 7, case_id="k"),
        told("order.approved", "b", 6, case_id="o"),
        told("order.shipped", "b", 5, case_id="o"),
        viewed("b", 1, event_id="wrong"),
        told("event.retracted", "b", 3, data_source="test", data_event_id="wrong"),
    ]
    rows = seen(quick_ledger, *events, since=micros(2.5), before=micros(4))
    assert share(rows, "rough_times", precision="minute") == (1, 1)
    assert share(rows, "out_of_order_events") == (1, 1)
    assert share(rows, "unknown_visitors") == (0, 0)
    assert share(rows, "retracted_events") == (0, 1)
    assert not [row for row in rows if row["metric"] == "negative_durations"]


def test_as_of_a_time_only_what_had_happened_counts(quick_ledger: Ledger) -> None:
    write(quick_ledger, viewed("a", 5), viewed("a", 1), told("case.resolved", "a", 6, case_id="k"))
    assert share(report(quick_ledger), "out_of_order_events") == (1, 3)
    earlier = report(quick_ledger, as_of=micros(2))
    assert share(earlier, "out_of_order_events") == (0, 1)
    assert not [row for row in earlier if row["metric"] == "unopened_cases"]


def test_as_known_at_a_time_only_what_was_recorded_counts(ledger: Ledger) -> None:
    write(ledger, viewed("a", 5, event_id="bad"))
    known = ledger.store.clock()
    write(ledger, told("event.retracted", "a", 6, data_source="test", data_event_id="bad"))
    assert share(report(ledger), "retracted_events") == (1, 1)
    assert share(report(ledger, known_at=known), "retracted_events") == (0, 1)


def metrics_of(ledger: Ledger, name: str) -> list[dict[str, Any]]:
    return [row.as_row() for row in metrics(ledger.store, [name])]
