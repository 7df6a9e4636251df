"""What a program asks of a Ledger: the same figures as the commands print."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger import Ledger
from ledger.errors import InvalidArgument, InvalidDefinition
from ledger.sample import Truth, simulate
from tests.store.events import fact

TRUTH = Truth(keep_customers=True)
EVENTS = list(simulate(60, 5, truth=TRUTH))
KNOWN = [told.customer_id for told in TRUTH.customers or () if not told.erased and ":" not in told.customer_id]
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def told(quick_ledger: Ledger) -> Ledger:
    for _ in quick_ledger.append_many(EVENTS):
        pass
    quick_ledger.rebuild(workers=1)
    return quick_ledger


def test_touchpoints_are_told_with_a_catalogue_and_without(told: Ledger) -> None:
    catalogue = (EXAMPLES / "catalogue.toml").read_text(encoding="utf-8")
    against, alone = told.touchpoints(catalogue), told.touchpoints(as_of="2025-01-01T00:00:00Z")
    assert {row["metric"] for row in alone} < {row["metric"] for row in against}
    assert {row["as_of"] for row in alone} == {"2025-01-01T00:00:00+00:00"}
    with pytest.raises(InvalidDefinition):
        told.touchpoints("touchpoints = 7")


def test_journeys_are_held_against_a_plan_or_their_own_stages(told: Ledger) -> None:
    plan = (EXAMPLES / "plan.toml").read_text(encoding="utf-8")
    assert {row["plan"] for row in told.conformance()} != {row["plan"] for row in told.conformance(plan)}


def test_quality_is_told_of_every_source(told: Ledger) -> None:
    assert {row["source"] for row in told.quality() if "source" in row} >= {"web", "crm", "callcentre", "store"}


def test_what_comes_next_is_told_of_a_customer(told: Ledger) -> None:
    rows = told.next_stage(KNOWN[0])
    assert {row["metric"] for row in rows} >= {"next_stage"}
    assert {row["customer"] for row in rows} == {KNOWN[0]}


def test_risks_of_too_short_a_past_are_refused_with_the_cure(told: Ledger) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn, an extra, is not installed")
    with pytest.raises(InvalidArgument):
        told.risks(horizon="90d")
    with pytest.raises(InvalidArgument):
        told.evaluate_risks("2030-01-01T00:00:00Z")
    with pytest.raises(InvalidArgument, match="length"):
        told.risks(horizon="soon")


def test_a_merge_decided_in_a_program_is_undone_by_its_name(told: Ledger) -> None:
    first, second = KNOWN[:2]
    before = told.position(second)
    told.merge(first, second, evidence="a call")
    assert told.merge(first, second, evidence="a call") == []
    merged = told.history(second)
    name = next(event for event in merged if event["type"] == "customer.merged" and event["source"] == "identities")
    told.unmerge(name["source"], name["event_id"], why="a mistake")
    assert told.position(second) == before


def test_customers_who_share_an_address_are_proposed(quick_ledger: Ledger) -> None:
    for name in ("a", "b"):
        address = {"namespace": "email", "value": "x@example.org"}
        quick_ledger.append(fact(f"i-{name}", "customer.identified", name, address))
    (shared,) = quick_ledger.suggest_identities()
    assert sorted(shared.customer_ids) == ["a", "b"]
    assert quick_ledger.suggest_identities(["card"]) == []
