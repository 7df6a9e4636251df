"""Months are those of the zone that is asked for: around their ends, and where the clocks change."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import Ledger
from tests.queries.telling import told, write

AROUND_MONTH_ENDS = {
    # In winter Berlin is one hour ahead of UTC, in summer two.
    "2024-01-31T22:30:00Z": ("2024-01", "2024-01"),
    "2024-01-31T23:30:00Z": ("2024-01", "2024-02"),
    "2024-03-31T21:30:00Z": ("2024-03", "2024-03"),
    "2024-03-31T22:30:00Z": ("2024-03", "2024-04"),
    "2024-10-31T22:30:00Z": ("2024-10", "2024-10"),
    "2024-10-31T23:30:00Z": ("2024-10", "2024-11"),
    # The night in which the clocks went forward on the day before a month ended.
    "2024-03-30T23:30:00Z": ("2024-03", "2024-03"),
}
"""Instants, and their month in UTC and in Berlin."""

MEASURED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "nps": ("survey.responded", "score", {"data_metric": "nps", "data_score": 9, "data_scale_min": 0,
                                          "data_scale_max": 10}),
    "contacts": ("question.asked", "count", {"data_topic": "billing", "direction": "inbound"}),
    "time_to_resolution": ("case.opened", "median", {}),
    "volume": ("order.placed", "count", {"data_value": "1.00", "data_currency": "EUR"}),
    "needs": ("need.expressed", "count", {"data_need": "price"}),
    "task_success": ("interaction.completed", "share", {"data_objective_achieved": True}),
}  # fmt: skip
"""For some metrics: an event each of which is one of its n, and the statistic that tells."""


@pytest.mark.parametrize("name", MEASURED)
@pytest.mark.parametrize(("zone", "place"), [("UTC", 0), ("Europe/Berlin", 1)])
def test_a_figure_by_month_counts_in_the_month_of_the_zone(
    quick_ledger: Ledger, name: str, zone: str, place: int
) -> None:
    type_, statistic, own = MEASURED[name]
    write(
        quick_ledger,
        *(
            told(type_, f"c{number}", 0, **own, **({"case_id": f"k{number}"} if type_.startswith("case") else {}))
            | {"occurred_at": at}
            for number, at in enumerate(AROUND_MONTH_ENDS)
        ),
    )
    expected: dict[str, int] = {}
    for months in AROUND_MONTH_ENDS.values():
        expected[months[place]] = expected.get(months[place], 0) + 1
    assert counted(quick_ledger, name, statistic, zone) == expected


def counted(ledger: Ledger, name: str, statistic: str, zone: str) -> dict[str, int]:
    more = {"measure": "orders"} if name == "volume" else {}
    found: dict[str, int] = {}
    for row in ledger.metrics(name, by="month", zone=zone, **more):
        if row["statistic"] == statistic:
            assert row["zone"] == zone
            found[row["month"]] = max(found.get(row["month"], 0), row["n"] + row["excluded"].get("unresolved", 0))
    return found


def test_a_window_given_in_a_zone_begins_with_its_day(quick_ledger: Ledger) -> None:
    write(quick_ledger, *(told("note.added", "a", 0, data_text="x") | {"occurred_at": at} for at in AROUND_MONTH_ENDS))
    february = quick_ledger.metrics(
        "volume", measure="events", since="2024-02-01T00:00:00+01:00", before="2024-03-01T00:00:00+01:00"
    )
    assert [row["value"] for row in february] == [1]
