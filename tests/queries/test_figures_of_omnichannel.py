"""Figures of the channels together: switches, preference, self-service, containment, handovers."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import Ledger
from ledger.errors import InvalidArgument
from ledger.metrics.proportions import wilson
from ledger.queries.metrics import metrics
from tests.queries.telling import Wire, figures, micros, numbers, only, told, values, write

HOUR = 1 / 24


def contact(days: float, channel: str | None, customer: str = "a", **more: Any) -> Wire:
    place = {} if channel is None else {"channel": channel}
    return told("question.asked", customer, days, data_topic="price", **place, **more)


def test_without_any_event_no_figure_has_a_value(ledger: Ledger) -> None:
    write(ledger)
    rows = metrics(ledger.store, ["omnichannel"])
    assert rows
    assert {row.figure.n for row in rows} == {0}
    assert {row.figure.value for row in rows if row.figure.statistic != "count"} == {None}


def test_the_matrix_tells_from_which_channel_to_which_of_all_that_start_there(ledger: Ledger) -> None:
    write(
        ledger,
        *(contact(day, channel) for day, channel in enumerate(("web", "phone", "web", "web", "app"))),
        contact(30, "web"),
        contact(31, None),
        contact(2, "phone", "b"),
    )
    rows = figures(ledger, "switch_matrix", "count")
    assert values(rows, "from_channel", "to_channel") == {
        ("web", "phone"): 1,
        ("web", "web"): 1,
        ("web", "app"): 1,
        ("phone", "web"): 1,
    }
    assert numbers(rows, "from_channel") == {"web": 3, "phone": 1}
    share = only(figures(ledger, "switch_matrix", "share"), from_channel="web", to_channel="app").figure
    assert share.value == pytest.approx(1 / 3)
    assert (share.low, share.high) == wilson(1, 3)
    assert share.excluded == {"unknown_channel": 1}


def test_the_matrix_and_the_switching_rate_count_the_same_pairs(small_ledger: Ledger) -> None:
    write(small_ledger, *(contact(day, ("web", "phone", "app")[day * day % 3], channel_hint(day)) for day in range(40)))
    switching = only(figures(small_ledger, "channel_switching")).figure
    pairs = values(figures(small_ledger, "switch_matrix", "count"), "from_channel", "to_channel")
    assert sum(pairs.values()) == switching.n
    assert sum(n for (before, after), n in pairs.items() if before != after) == switching.numerator


def channel_hint(day: int) -> str:
    return "ab"[day % 5 == 0]


def viewed(days: float, channel: str | None, direction: str | None = None, customer: str = "a") -> Wire:
    more = {"channel": channel, "direction": direction}
    return told("page.viewed", customer, days, **{name: value for name, value in more.items() if value})


def test_a_touchpoint_is_held_against_the_preference_of_its_time(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        viewed(0, "web", "outbound"),
        told("preference.set", "a", 1, data_preferred_channel="phone"),
        viewed(2, "phone", "outbound"),
        viewed(3, "web", "outbound"),
        viewed(4, "web", "inbound"),
        viewed(5, None, "outbound"),
        told("preference.set", "a", 6, data_preferred_channel="web"),
        viewed(7, "web", "inbound"),
        viewed(8, "web", "outbound"),
        viewed(9, "web", customer="b"),
        told("order.approved", "a", 10, channel="web", direction="outbound", touchpoint_id="no touchpoint"),
    )
    rows = figures(small_ledger, "preferred_channel_adherence")
    outbound, inbound = only(rows, direction="outbound").figure, only(rows, direction="inbound").figure
    assert (outbound.numerator, outbound.n, outbound.excluded) == (2, 3, {"no_preference": 1, "unknown_channel": 1})
    assert (inbound.numerator, inbound.n, inbound.excluded) == (1, 2, {})
    assert only(rows, direction="undirected").figure.excluded == {"no_preference": 1}
    by_channel = figures(small_ledger, "preferred_channel_adherence", by=["channel"], where={"channel": "phone"})
    assert only(by_channel, direction="outbound").figure.value == 1.0


def test_a_preference_that_arrives_late_counts_from_when_it_was_said(small_ledger: Ledger) -> None:
    write(small_ledger, viewed(2, "web", "outbound"))
    assert only(figures(small_ledger, "preferred_channel_adherence"), direction="outbound").figure.n == 0
    write(small_ledger, told("preference.set", "a", 1, data_preferred_channel="web"))
    assert only(figures(small_ledger, "preferred_channel_adherence"), direction="outbound").figure.value == 1.0


def test_digital_and_self_service_go_by_the_registry(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        *(viewed(day, channel) for day, channel in enumerate(("web", "phone", "store", "kiosk", "hologram", None))),
    )
    left_out = {"unknown_channel": 1, "unregistered": 1}
    for name in ("digital_share", "self_service_share"):
        figure = only(figures(small_ledger, name)).figure
        assert (figure.numerator, figure.n, figure.excluded) == (2, 4, left_out)
    assert values(figures(small_ledger, "digital_share", by=["channel"]), "channel") == {
        "kiosk": 0.0,
        "phone": 1.0,
        "store": 0.0,
        "web": 1.0,
        "hologram": None,
        "unknown": None,
    }


def entered(name: str, days: float, channel: str | None = "chatbot", *steps: Wire) -> list[Wire]:
    place = {} if channel is None else {"channel": channel}
    started = told("interaction.started", "a", days, interaction_id=name, direction="inbound", **place)
    return [started, *({**step, "interaction_id": name} for step in steps)]


def ended(days: float, *, achieved: bool | None = None, **more: Any) -> Wire:
    own = {} if achieved is None else {"data_objective_achieved": achieved}
    return told("interaction.completed", "a", days, **own, **more)


def test_what_enters_an_automated_channel_goes_one_of_four_ways(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        *entered("contained", 0, "chatbot", ended(1, achieved=True)),
        *entered("nobody said", 0, "web", ended(1)),
        *entered("missed", 0, "web", ended(1, achieved=False)),
        *entered("given up", 0, "web", told("interaction.abandoned", "a", 1)),
        *entered("to an agent", 0, "web", ended(1, achieved=True, actor={"type": "agent"})),
        *entered("to a desk", 0, "web", ended(1, achieved=True, channel="phone")),
        *entered("passed on", 0, "web", told("interaction.handed_over", "a", 1), told("interaction.abandoned", "a", 2)),
        *entered("open", 0, "web"),
        *entered("no channel", 0, None, ended(1)),
        *entered("no such channel", 0, "hologram", ended(1)),
        *entered("assisted", 0, "phone", ended(1)),
    )
    rows = figures(small_ledger, "containment")
    assert {row.figure.by["how"]: row.figure.numerator for row in rows} == {
        "contained": 2,
        "unachieved": 1,
        "abandoned": 1,
        "human": 3,
    }
    contained = only(rows, how="contained").figure
    assert (contained.n, contained.excluded) == (7, {"open": 1, "unknown_channel": 2})
    assert (contained.low, contained.high) == wilson(2, 7)


def test_an_interaction_that_ended_later_is_open_as_of_before(small_ledger: Ledger) -> None:
    write(small_ledger, *entered("i", 0, "web", ended(5)))
    then = only(figures(small_ledger, "containment", as_of=micros(3)), how="contained").figure
    assert (then.n, then.value, then.excluded) == (0, None, {"open": 1})
    assert only(figures(small_ledger, "containment"), how="contained").figure.value == 1.0


def worked(days: float, department: str, case_id: str = "k", **more: Any) -> Wire:
    return told("case.progressed", "a", days, department=department, case_id=case_id, **more)


def test_the_silo_map_tells_who_hands_over_to_whom_how_long_it_waits_and_what_comes_back(ledger: Ledger) -> None:
    write(
        ledger,
        worked(0, "sales"),
        worked(2 * HOUR, "legal"),
        worked(3 * HOUR, "sales"),
        worked(0, "sales", "k2"),
        worked(6 * HOUR, "legal", "k2"),
        worked(0, "sales", "k3"),
        worked(1 * HOUR, "shop", "k3"),
        *entered("i", 1, "web", told("interaction.handed_over", "a", 2, data_from="bot", data_to="sales")),
    )
    shares = figures(ledger, "silo_map", "share")
    assert {key: (row.figure.numerator, row.figure.n) for row in shares for key in [_pair(row)]} == {
        ("bot", "sales"): (1, 1),
        ("legal", "sales"): (1, 1),
        ("sales", "legal"): (2, 3),
        ("sales", "shop"): (1, 3),
    }
    assert numbers(figures(ledger, "silo_map", "count"), "from_department") == {"bot": 1, "legal": 1, "sales": 3}
    waits = figures(ledger, "handover_wait", "median")
    assert values(waits, "from_department", "to_department") == {
        ("bot", "sales"): None,
        ("legal", "sales"): 1.0,
        ("sales", "legal"): 4.0,
        ("sales", "shop"): 1.0,
    }
    assert only(waits, from_department="bot").figure.excluded == {"not_taken_up": 1}
    bounces = values(figures(ledger, "handover_bounces"), "from_department", "to_department")
    assert {pair for pair, value in bounces.items() if value} == {("legal", "sales")}
    of_cases = figures(ledger, "silo_map", "count", where={"kind": "case", "to_department": "legal"})
    assert [(_pair(row), row.figure.value) for row in of_cases] == [(("sales", "legal"), 2)]


def test_a_share_of_the_silo_map_is_of_all_that_the_giver_gave_away_whatever_is_asked_for(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        *(worked(0, "sales", f"k{place}") for place in range(4)),
        *(worked(1, "legal" if place else "shop", f"k{place}") for place in range(4)),
    )
    told_always = {_pair(row): row.figure.value for row in figures(small_ledger, "silo_map", "share")}
    assert told_always == {("sales", "legal"): 0.75, ("sales", "shop"): 0.25}
    both = ["from_department", "to_department"]
    assert {_pair(row): row.figure.value for row in figures(small_ledger, "silo_map", "share", by=both)} == told_always
    (legal,) = figures(small_ledger, "silo_map", "share", where={"to_department": "legal"})
    assert (legal.figure.value, legal.figure.n) == (0.75, 4)


def _pair(row: Any) -> tuple[str, str]:
    return row.figure.by["from_department"], row.figure.by["to_department"]


def test_a_handover_counts_when_and_where_it_was_received(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        told("order.placed", "a", 20),
        worked(25, "sales", channel="web"),
        worked(40, "legal", channel="phone"),
    )
    by = ["stage", "channel", "month"]
    assert values(figures(small_ledger, "silo_map", "count", by=by), *by) == {("purchase", "phone", "2024-02"): 1}
    assert figures(small_ledger, "silo_map", before=micros(30)) == []


def test_a_split_that_makes_no_sense_is_refused(small_ledger: Ledger) -> None:
    with pytest.raises(InvalidArgument):
        figures(small_ledger, "containment", by=["punctuality"])


def test_a_merge_that_is_undone_leaves_every_figure_as_it_was(small_ledger: Ledger) -> None:
    def all_figures() -> list[Any]:
        return [row.figure for row in metrics(small_ledger.store, ["omnichannel", "task_success", "painless"])]

    write(
        small_ledger,
        told("preference.set", "b", 0, data_preferred_channel="web"),
        contact(1, "web", "a", direction="outbound"),
        contact(2, "phone", "b"),
        told("obstacle.hit", "b", 3, channel="web"),
        worked(1, "sales"),
        told("case.progressed", "b", 2, department="legal", case_id="k"),
        *entered("i", 1, "web", told("interaction.completed", "b", 2, data_objective_achieved=True)),
    )
    apart = all_figures()
    write(small_ledger, told("customer.merged", "a", 5, "tie", data_from="b", data_into="a"))
    together = all_figures()
    assert [figure.by["from_department"] for figure in together if figure.metric == "silo_map"] == ["sales"] * 2
    assert together != apart
    write(small_ledger, told("customer.unmerged", "a", 6, data_source="test", data_event_id="tie"))
    assert all_figures() == apart


def test_the_month_is_that_of_the_zone_asked_for(small_ledger: Ledger) -> None:
    write(small_ledger, *entered("i", 30.99, "web", ended(31.5)))
    for name, zone, month in (
        ("containment", "UTC", "2024-01"),
        ("containment", "Europe/Oslo", "2024-02"),
        ("self_service_share", "Europe/Oslo", "2024-02"),
    ):
        rows = figures(small_ledger, name, by=["month"], zone=zone, where={"channel": "web"})
        assert {row.figure.by["month"] for row in rows} == {month}
