"""An event that cannot be read or projected: its customer is set aside and named, all others go on."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from ledger import Ledger, Undecodable
from ledger.opening import define
from ledger.projecting.status import status
from ledger.queries.history import history
from ledger.schemas.types import types_from_toml, types_to_json
from ledger.store.engine import writing
from tests.projecting.deciding import rebuild_and_decide
from tests.store.asking import ask, column
from tests.store.events import fact, merge, order

FROM_THE_FUTURE = (
    "INSERT INTO events (position, stream, version, source, event_key, type, type_version, occurred_at, received_at, "
    "recorded_at, header, digest) SELECT h.position + 1, s.stream, s.version + 1, e.source, e.digest, :type, "
    ":type_version, e.occurred_at, e.received_at, e.recorded_at, :header, e.digest "
    "FROM events e, log_head h, streams s WHERE e.position = 1 AND s.customer_id = :customer_id"
)


def record(ledger: Ledger, customer_id: str, type: str, header: bytes, type_version: int = 1) -> None:
    """Record an event as a later version of the code would: in the right place, and not to be read by this one."""
    values = {"customer_id": customer_id, "type": type, "type_version": type_version, "header": header}
    with writing(ledger.store.engine) as connection:
        connection.execute(text(FROM_THE_FUTURE), values)
        connection.execute(text("UPDATE log_head SET position = position + 1"))
        connection.execute(text("UPDATE streams SET version = version + 1 WHERE customer_id = :customer_id"), values)


def header(type: str, data: str = "{}", type_version: int = 1) -> bytes:
    version = f'"type_version":{type_version},' if type_version > 1 else ""
    return (
        f'{{"event_id":"f1","source":"shop","type":"{type}",{version}'
        f'"occurred_at":"2024-06-01T10:00:00Z","data":{data}}}'
    ).encode()


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """Give a ledger of three customers with an order each, projections built."""
    ledger.append([order("o1"), order("o2", "bo"), order("o3", "cy")])
    ledger.rebuild()
    return ledger


def standing(ledger: Ledger) -> list[str]:
    """The customers that the read model holds."""
    return column(
        ledger,
        "SELECT s.customer_id FROM journey_position p JOIN streams s ON s.stream = p.customer ORDER BY s.customer_id",
    )


def parked(ledger: Ledger) -> list[tuple[Any, ...]]:
    return ask(ledger, "SELECT s.customer_id, position FROM parked JOIN streams s ON s.stream = customer ORDER BY 2")


UNREADABLE = {
    "an unknown type": ("meter.read", 1, header("meter.read"), "its type is unknown; declare it in the types file"),
    "a later type version": ("order.placed", 9, header("order.placed", type_version=9), "of type version 9"),
    "an unknown field": ("order.placed", 1, header("order.placed", '{"aura":"blue"}'), "aura"),
    "a value of another kind": ("order.placed", 1, header("order.placed", '{"value":7}'), "Expected `str"),
    "no JSON": ("order.placed", 1, b"{", "truncated"),
    "no text": ("order.placed", 1, b"\xff\xfe", "invalid"),
    "what only a fold stumbles over": (
        "customer.segment_assigned",
        1,
        header("customer.segment_assigned", '{"scheme":"tier","segment":"gold","valid_from":"soon"}'),
        "cannot be projected",
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize("by_rebuild", [False, True], ids=["caught up", "rebuilt"])
def test_its_customer_is_parked_and_named_and_the_rest_are_projected(told: Ledger, name: str, by_rebuild: bool) -> None:
    type, type_version, stored, why = UNREADABLE[name]
    record(told, "bo", type, stored, type_version)
    told.append(order("o4", "cy"))
    made = told.rebuild() if by_rebuild else told.catch_up()
    assert made.parked == 1
    assert made.position == 5
    assert standing(told) == ["ada", "cy"]
    assert parked(told) == [("bo", 4)]
    [said] = [check.detail for check in told.verify(whole=True).checks if check.name == "every event can be read"]
    assert said.startswith("1 customer is parked: bo, because ")
    assert "position 4" in said
    assert why in said
    assert {row.parked for row in status(told.store)} == {1}


def test_what_comes_after_it_is_recorded_and_waits_with_it(told: Ledger) -> None:
    record(told, "bo", "meter.read", header("meter.read"))
    told.catch_up()
    told.append([order("o4", "bo"), order("o5")])
    assert told.catch_up().parked == 1
    assert parked(told) == [("bo", 4)]
    assert standing(told) == ["ada", "cy"]
    with pytest.raises(Undecodable, match="position 4"):
        history(told.store, "bo")
    assert len(history(told.store, "ada")) == 2


def test_whoever_is_merged_with_a_parked_customer_is_parked_until_they_are_parted(told: Ledger) -> None:
    record(told, "bo", "meter.read", header("meter.read"))
    merged = merge("m1", "bo", "ada")
    told.append(merged)
    told.catch_up()
    assert (standing(told), parked(told)) == (["cy"], [("ada", 4)])
    told.append(fact("u1", "customer.unmerged", "ada", {"source": "shop", "event_id": "m1"}))
    told.catch_up()
    assert (standing(told), parked(told)) == (["ada", "cy"], [("bo", 4)])
    told.rebuild()
    assert (standing(told), parked(told)) == (["ada", "cy"], [("bo", 4)])


def test_once_its_type_is_declared_a_rebuild_takes_the_customer_back(told: Ledger, quick_url: str) -> None:
    record(told, "bo", "meter.read", header("meter.read"))
    told.catch_up()
    types = '[[types]]\nname = "meter.read"\nfamily = "use"\nsummary = "A meter was read."\n'
    define(quick_url, {"types": types_to_json(types_from_toml(types))})
    with Ledger.open(quick_url) as mended:
        assert rebuild_and_decide(mended).parked == 0
        assert standing(mended) == ["ada", "bo", "cy"]
        assert parked(mended) == []
        assert len(history(mended.store, "bo")) == 2
        mended.append(order("o4", "bo"))
        mended.catch_up()
        assert sorted(column(mended, "SELECT events FROM journey_position")) == [1, 1, 3]


def test_a_stored_state_that_is_damaged_is_folded_anew(told: Ledger) -> None:
    told.append(order("o4", occurred_at="2024-05-02T10:00:00Z"))
    told.catch_up()
    with writing(told.store.engine) as connection:
        connection.execute(text("UPDATE fold_states__v1 SET state = :state"), {"state": b"\xc1 no state"})
    told.append(order("o5", occurred_at="2024-05-03T10:00:00Z"))
    assert told.catch_up().parked == 0
    assert told.verify(whole=True).ok


@pytest.mark.parametrize("by_rebuild", [False, True], ids=["caught up", "rebuilt"])
def test_sums_that_no_column_holds_set_aside_their_customer_alone(told: Ledger, by_rebuild: bool) -> None:
    rating = {"metric": "csat", "score": 1e15, "scale_min": 1, "scale_max": 1e15}
    told.append([fact("s1", "survey.responded", "bo", rating), order("o4", "cy")])
    made = told.rebuild() if by_rebuild else told.catch_up()
    assert made.parked == 1
    assert standing(told) == ["ada", "cy"]
    [said] = [check.detail for check in told.verify(whole=True).checks if not check.ok and "parked" in check.detail]
    assert "bo" in said
