"""The channels of all customers, and of one."""

from __future__ import annotations

from ledger import Ledger
from ledger.queries.channels import channels, channels_of
from ledger.store.log import Until
from tests.queries.telling import iso, micros, rated, told, write


def three_customers(ledger: Ledger) -> None:
    write(
        ledger,
        told("preference.set", "a", 0, data_preferred_channel="phone"),
        told("interaction.started", "a", 1, channel="web", direction="inbound"),
        told("interaction.completed", "a", 1.5, channel="web", direction="inbound", outcome="solved"),
        told("interaction.started", "a", 2, channel="phone", direction="outbound"),
        rated("a", 3, 5, "csat", channel="web"),
        *(told("interaction.abandoned", customer, 1, channel="web") for customer in ("b", "c")),
        *(rated(customer, 3, 2, "csat", channel="web") for customer in ("b", "c")),
        told("usage.recorded", "b", 4, data_feature="x"),
    )


def test_channels_are_summed_over_all_customers(ledger: Ledger) -> None:
    three_customers(ledger)
    rows = channels(ledger.store)
    assert [row["channel"] for row in rows] == ["web", None, "phone"]
    web, unknown, phone = rows
    assert (web["customers"], web["touchpoints"], web["inbound"], web["undirected"]) == (3, 7, 2, 5)
    assert (web["started"], web["completed"], web["abandoned"]) == (1, 1, 2)
    assert (web["first_at"], web["last_at"]) == (iso(1), iso(3))
    assert (web["assistance"], web["modality"], web["unassisted"]) == ("unassisted", "digital", 7)
    assert web["outcomes"] == {"solved": 1}
    assert web["ratings"] == {"csat|1-5": {"n": 3, "mean": 3.0}}
    assert (web["switches_out"], phone["switches_in"]) == (1, 1)
    assert (phone["preferred"], phone["with_preference"], web["preferred"]) == (1, 1, 0)
    assert (unknown["medium"], unknown["touchpoints"], unknown["preferred"]) == (None, 1, None)
    assert {(row["zone"], row["position"], row["from"], row["to"]) for row in rows} == {
        ("UTC", ledger.catch_up().position, iso(0), iso(4))
    }


def test_the_channels_of_one_customer_are_folded_now(ledger: Ledger) -> None:
    three_customers(ledger)
    web, phone = channels_of(ledger.store, "a")
    assert (web["channel"], web["touchpoints"], web["preferred"]) == ("web", 3, False)
    assert (phone["channel"], phone["switches_in"], phone["preferred"]) == ("phone", 1, True)
    assert web["ratings"] == {"csat|1-5": {"n": 1, "mean": 5.0}}
    assert [row["channel"] for row in channels_of(ledger.store, "a", Until(as_of=micros(1)))] == ["web"]
    assert channels_of(ledger.store, "b")[0]["preferred"] is None
