"""What a program asks of a Ledger: the same figures as the commands print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger
from ledger.errors import CustomerNotFound, EventNotFound, InvalidArgument, InvalidDefinition
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


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda ledger: ledger.rebuild(workers=0), "0 processes cannot fold: ask for 1 or more"),
        (lambda ledger: ledger.append(5), "5 is no event: give what `new_event` returns"),
        (lambda ledger: ledger.append(None), "None is no event"),
        (lambda ledger: ledger.append_many({"event_id": "e"}), "these are not many events: give a list"),
        (lambda ledger: ledger.append_many(5), "these are not many events: give a list"),
        (lambda ledger: ledger.append([], expected_version="0"), "'0' is no version"),
        (lambda ledger: ledger.history("ada", as_of=5), "5 is no time: give an aware datetime"),
        (lambda ledger: ledger.evaluate_risks(None), "None is no time"),
        (lambda ledger: ledger.metrics("variants", top=0), "the first 0 cannot be told: ask for 1 or more"),
        (lambda ledger: ledger.metrics("variants", per="x"), "'x' is no `per`: choose from case"),
        (lambda ledger: ledger.metrics("variants", step="x"), "'x' is no `step`: choose from touchpoint"),
        (lambda ledger: ledger.metrics("conversion", within=-5), "-5 microseconds are no window"),
        (lambda ledger: ledger.metrics(5), "5 is no name and no list of them: give text, or a list of it"),
        (lambda ledger: ledger.metrics(["nps", 5]), "is no name and no list of them"),
        (lambda ledger: ledger.metrics("nps", by=5), r"`by` cannot be 5: give str \| Sequence\[str\]"),
        (lambda ledger: ledger.metrics("nps", where="channel=web"), r"`where` cannot be 'channel=web': give Mapping"),
        (lambda ledger: ledger.metrics("nps", where={"channel": 5}), "`where` cannot be "),
        (lambda ledger: ledger.metrics("variants", top="3"), "`top` cannot be '3': give int"),
        (lambda ledger: ledger.metrics("win_back", within="30d"), "lengths are microseconds"),
        (lambda ledger: ledger.metrics("nps", journey="shop"), "`journey` cannot be 'shop': give Definitions"),
        (lambda ledger: ledger.metrics("nps", bye="stage"), "there is no `bye` to ask for: choose from by, where, "),
        (lambda ledger: ledger.conformance(5), "5 is no text of plan.toml"),
        (lambda ledger: ledger.conformance("", journey="shop"), "`journey` cannot be 'shop'"),
        (lambda ledger: ledger.touchpoints(5), "5 is no text of catalogue.toml"),
        (lambda ledger: ledger.touchpoints(None, 5), "5 is no name"),
        (lambda ledger: ledger.quality(within="1d"), "`within` cannot be '1d'"),
        (lambda ledger: ledger.risks(top=-1), "the first -1 cannot be told: ask for 1 or more"),
        (lambda ledger: ledger.risks(top=0), "the first 0 cannot be told"),
        (lambda ledger: ledger.risks(top="3"), "the first '3' cannot be told"),
        (lambda ledger: ledger.risks(horizon=5), "5 is no length of time: give text such as 90d"),
        (lambda ledger: ledger.evaluate_risks("2025-01-01T00:00:00Z", horizon=None), "None is no length of time"),
        (lambda ledger: ledger.merge("a", "b", evidence=None), "say why they are one person"),
        (lambda ledger: ledger.health(sample=-1), "-1 customers cannot be folded: ask for 0 or more"),
    ],
)
def test_an_argument_without_a_meaning_is_refused_in_words(
    quick_ledger: Ledger, call: Callable[[Ledger], Any], words: str
) -> None:
    with pytest.raises(InvalidArgument, match=words):
        call(quick_ledger)


def test_one_name_alone_is_a_name_and_not_its_letters(quick_ledger: Ledger) -> None:
    address = {"namespace": "email", "value": "x@example.org"}
    quick_ledger.append([fact(f"i-{who}", "customer.identified", who, address) for who in ("ada", "bo")])
    assert [one.namespace for one in quick_ledger.suggest_identities("email")] == ["email"]
    quick_ledger.rebuild()
    assert quick_ledger.refold("ada").customers == ["ada"]


def test_nobody_has_a_key_that_no_text_can_be(ledger: Ledger) -> None:
    keys: list[Any] = ["\ud800", "a\0b", 5, None]
    for key in keys:
        with pytest.raises(CustomerNotFound):
            ledger.history(key)
        with pytest.raises(EventNotFound):
            ledger.unmerge("crm", key)
        with pytest.raises(EventNotFound):
            ledger.unmerge(key, "e-1")
