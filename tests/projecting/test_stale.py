"""A read model that another definition made does not serve: it says so, with the cure, until it is rebuilt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from ledger import Ledger
from ledger.errors import ProjectionStale
from ledger.opening import define
from ledger.projecting.status import status
from ledger.queries.channels import channels
from ledger.queries.customers import customers
from ledger.schemas.channels import channels_from_toml, channels_to_json
from ledger.schemas.journey import default_journey, journey_to_json
from ledger.schemas.types import types_from_toml, types_to_json
from ledger.store.definitions import DefinitionKind
from tests.store.events import order

METER = '[[types]]\nname = "meter.read"\nfamily = "use"\nsummary = "A meter was read."\n'
DOOR = '[[channels]]\nname = "door"\nmedium = "visit"\nmodality = "physical"\nassistance = "assisted"\n'


def tokyo() -> str:
    return journey_to_json(structs.replace(default_journey(), version=2, zone="Asia/Tokyo"))


CHANGED: dict[DefinitionKind, Callable[[], str]] = {
    "journey": tokyo,
    "channels": lambda: channels_to_json(channels_from_toml(DOOR)),
    "types": lambda: types_to_json(types_from_toml(METER)),
}

SERVED: dict[str, Callable[[Ledger], Any]] = {
    "catch-up": lambda ledger: ledger.catch_up(),
    "customers": lambda ledger: customers(ledger.store),
    "channels": lambda ledger: channels(ledger.store),
    "metrics": lambda ledger: ledger.metrics(["dwell"]),
}


@pytest.mark.parametrize("name", SERVED)
def test_what_was_never_built_says_so(quick_ledger: Ledger, name: str) -> None:
    quick_ledger.append(order("o1"))
    with pytest.raises(ProjectionStale, match="has not been built: run `customer-ledger rebuild`"):
        SERVED[name](quick_ledger)


@pytest.mark.parametrize("kind", CHANGED)
def test_another_definition_makes_the_read_model_stale_until_it_is_rebuilt(
    ledger: Ledger, quick_url: str, kind: DefinitionKind
) -> None:
    ledger.append(order("o1"))
    ledger.rebuild()
    assert define(quick_url, {kind: CHANGED[kind]()}) == [kind]
    with Ledger.open(quick_url) as changed:
        words = r"was built by another fold, journey, channel registry or types file .*: run `customer-ledger rebuild`"
        for serve in SERVED.values():
            with pytest.raises(ProjectionStale, match=words):
                serve(changed)
        assert {row.current for row in status(changed.store)} == {False}
        assert [check.name for check in changed.verify().checks if not check.ok] == [
            "projections equal a fold of the log"
        ]
        assert changed.position("ada")["stage"] == "purchase"  # one customer is folded from the log
        changed.rebuild()
        for serve in SERVED.values():
            serve(changed)
        assert {row.current for row in status(changed.store)} == {True}


def test_a_version_that_is_ready_for_what_is_in_force_is_named_by_its_number(ledger: Ledger, quick_url: str) -> None:
    ledger.append(order("o1"))
    ledger.rebuild()
    ledger.rebuild(name="by-the-former-journey")
    define(quick_url, {"journey": tokyo()})
    with Ledger.open(quick_url) as changed:
        with pytest.raises(ProjectionStale, match=r"than the one in force: run `customer-ledger rebuild`$"):
            changed.metrics(["dwell"])
        changed.rebuild(name="by-this-one")
        words = "version 3 was built by it and is ready: run `customer-ledger projections activate 3`$"
        for serve in SERVED.values():
            with pytest.raises(ProjectionStale, match=words):
                serve(changed)
        assert [problem for problem in changed.health().problems if problem.endswith("projections activate 3`")] != []
        changed.activate(3)
        assert changed.metrics(["dwell"]) != []
        define(quick_url, {"journey": ledger.store.definitions.journey})
    with Ledger.open(quick_url) as back, pytest.raises(ProjectionStale, match=r"version 2 .* projections activate 2`$"):
        back.metrics(["dwell"])


def test_the_same_definition_again_changes_nothing(ledger: Ledger, quick_url: str) -> None:
    ledger.append(order("o1"))
    ledger.rebuild()
    assert define(quick_url, {"journey": ledger.store.definitions.journey}) == []
    with Ledger.open(quick_url) as same:
        assert same.catch_up().position == 1


def test_a_definition_that_comes_back_is_the_one_it_was(ledger: Ledger, quick_url: str) -> None:
    ledger.append(order("o1"))
    ledger.rebuild()
    first = ledger.store.definitions.journey
    assert define(quick_url, {"journey": tokyo()}) == ["journey"]
    assert define(quick_url, {"journey": first}) == ["journey"]
    with Ledger.open(quick_url) as back:
        assert back.catch_up().position == 1
