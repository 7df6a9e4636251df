"""Finding customers: the drill-down behind a figure."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import Ledger
from ledger.errors import CustomerNotFound, ProjectionStale
from ledger.queries.customers import customers
from tests.queries.telling import iso, ordered, told, write


@pytest.fixture
def known(ledger: Ledger) -> Ledger:
    events = [
        told("page.viewed", "Ann@example.org", 1, channel="web"),
        told("customer.identified", "Ann@example.org", 1, data_namespace="card", data_value="4711"),
        told("case.opened", "Ann@example.org", 2, case_id="k", channel="phone"),
        told("customer.segment_assigned", "Ann@example.org", 2, data_scheme="tier", data_segment="Gold"),
        ordered("bob_1", 3, channel="web"),
        told("customer.segment_assigned", "bob_1", 4, data_scheme="tier", data_segment="gold"),
        told("customer.segment_assigned", "bob_1", 4, data_scheme="area", data_segment='nor"th'),
        told("note.added", "bobX1", 5, data_text="x"),
        told("page.viewed", "anonymous:9", 1),
        told("customer.merged", "anonymous:9", 6, data_into="bob_1", data_from="anonymous:9"),
    ]
    for event in events:
        write(ledger, event, build=False)
    write(ledger)
    return ledger


def found(ledger: Ledger, **sought: Any) -> list[str]:
    return [row["customer_id"] for row in customers(ledger.store, **sought)]


def test_a_customer_is_listed_with_where_they_stand(known: Ledger) -> None:
    first = customers(known.store)[0]
    assert first == {
        "customer_id": "Ann@example.org",
        "stage": "awareness",
        "since": iso(1),
        "cycle": 1,
        "overlays": ["support"],
        "last_at": iso(2),
        "last_channel": first["last_channel"],
        "last_type": first["last_type"],
        "channels": ["phone", "web"],
        "segments": {"tier": "Gold"},
        "events": 4,
        "touchpoints": 2,
    }


def test_survivors_alone_are_listed(known: Ledger) -> None:
    assert found(known) == ["Ann@example.org", "bob_1", "bobX1"]


SOUGHT: list[tuple[dict[str, Any], list[str]]] = [
    ({"search": "ann@"}, ["Ann@example.org"]),
    ({"search": "b_1"}, ["bob_1"]),
    ({"search": "4711"}, ["Ann@example.org"]),
    ({"search": "471"}, []),
    ({"search": "anonymous"}, ["bob_1"]),
    ({"stage": "purchase"}, ["bob_1"]),
    ({"stage": "support"}, ["Ann@example.org"]),
    ({"stage": "unknown"}, ["bobX1"]),
    ({"channel": "web"}, ["Ann@example.org", "bob_1"]),
    ({"channel": "unknown"}, ["bob_1"]),
    ({"segment": ("tier", "gold")}, ["bob_1"]),
    ({"segment": ("tier", "Gold")}, ["Ann@example.org"]),
    ({"segment": ("area", 'nor"th')}, ["bob_1"]),
    ({"segment": ("tier", "gol")}, []),
    ({"search": "b", "channel": "web", "segment": ("tier", "gold")}, ["bob_1"]),
]


def test_customers_are_found_by_key_identifier_stage_channel_and_segment(known: Ledger) -> None:
    assert [(sought, found(known, **sought)) for sought, _ in SOUGHT] == SOUGHT


def test_a_list_goes_on_after_the_page_before(known: Ledger) -> None:
    assert found(known, limit=2) == ["Ann@example.org", "bob_1"]
    assert found(known, limit=2, after="bob_1") == ["bobX1"]
    assert found(known, after="anonymous:9") == ["bobX1"]
    with pytest.raises(CustomerNotFound):
        found(known, after="nobody")


def test_a_list_needs_a_read_model(ledger: Ledger) -> None:
    with pytest.raises(ProjectionStale):
        customers(ledger.store)
