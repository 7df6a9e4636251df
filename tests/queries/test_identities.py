"""Who may be one person, by the identifiers they share; and what is decided about it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Barrier
from typing import Any

import pytest

from ledger import Ledger
from ledger.commands import Merger, merge, reject, unmerge
from ledger.errors import CustomerNotFound, EventNotFound, InvalidArgument, MergeCycle
from ledger.queries.decisions import decided
from ledger.queries.identities import clusters, normalised, suggest
from ledger.store.links import units_of
from ledger.store.log import Until
from tests.queries.telling import told, write


def known(customer: str, value: str, namespace: str = "email", **more: Any) -> dict[str, Any]:
    return told("customer.identified", customer, 1, data_namespace=namespace, data_value=value, **more)


def seen(ledger: Ledger, **asked: Any) -> list[tuple[str, str, list[str]]]:
    return [(one.verdict, one.namespace, one.customer_ids) for one in suggest(ledger.store, **asked)]


def record(ledger: Ledger, *events: dict[str, Any]) -> None:
    write(ledger, *events, build=False)


def test_customers_of_two_sources_who_told_the_same_address_are_proposed(ledger: Ledger) -> None:
    record(ledger, known("crm-1", "Ann@Example.org", source="crm"), known("shop-7", " ann@example.ORG ", source="shop"))
    [one] = suggest(ledger.store)
    assert (one.verdict, one.customers, one.customer_ids) == ("proposed", 2, ["crm-1", "shop-7"])
    assert [(by["customer_id"], by["source"]) for by in one.evidence] == [("crm-1", "crm"), ("shop-7", "shop")]
    assert one.because == "2 customers share email"


def test_the_evidence_is_an_event_of_each_customer_however_often_they_told_it(quick_ledger: Ledger) -> None:
    told_often = [known("a", "a@example.org", event_id=f"again-{number}") for number in range(3)]
    record(quick_ledger, *told_often, known("b", "a@example.org", event_id="b-1"))
    [one] = suggest(quick_ledger.store)
    assert [(by["customer_id"], by["event_id"]) for by in one.evidence] == [("a", "again-0"), ("b", "b-1")]


def test_nobody_is_proposed_where_nothing_is_shared(quick_ledger: Ledger) -> None:
    assert suggest(quick_ledger.store) == []
    record(quick_ledger, known("a", "a@example.org"), known("b", "b@example.org"), known("c", "a@example.org", "login"))
    assert suggest(quick_ledger.store) == []


@pytest.mark.parametrize(
    ("namespace", "one", "other", "equal"),
    [
        ("email", "A@b.org", " a@B.ORG", True),
        ("phone", "+31 (10) 555-01", "+311055501", True),
        ("phone", "0031105550", "+31105550", False),
        ("card", "AB1", "ab1", False),
        ("card", "AB1", "AB1 ", False),
    ],
)
def test_values_are_compared_as_their_namespace_is_read(namespace: str, one: str, other: str, equal: bool) -> None:
    assert (normalised(namespace, one) == normalised(namespace, other)) is equal


def test_a_value_with_nothing_in_it_to_compare_is_shared_by_nobody(quick_ledger: Ledger) -> None:
    record(quick_ledger, known("a", "not given", "phone"), known("b", "unknown", "phone"))
    record(quick_ledger, known("c", "+", "phone"), known("d", "(+)", "phone"))
    assert suggest(quick_ledger.store) == []


def test_a_source_may_tell_the_hash_of_an_address_or_a_number_instead(ledger: Ledger) -> None:
    address, number = (sha256(value).hexdigest() for value in (b"ann@example.org", b"+3120555"))
    record(ledger, known("ads-1", address.upper()), known("crm-1", "Ann@example.org"), known("ads-2", address))
    record(ledger, known("ads-3", number, "phone"), known("crm-2", "+31 20 555", "phone"))
    assert seen(ledger) == [
        ("proposed", "email", ["ads-1", "crm-1", "ads-2"]),
        ("proposed", "phone", ["ads-3", "crm-2"]),
    ]
    assert [one.value for one in suggest(ledger.store, values=True)] == ["ann@example.org", "+3120555"]
    assert {one.value for one in suggest(ledger.store)} == {None}


def test_in_what_they_differ_is_said_and_the_less_the_earlier(quick_ledger: Ledger) -> None:
    record(quick_ledger, known("a", "555", "phone"), known("b", "555", "phone"))
    record(quick_ledger, known("a", "a@x.org"), known("a", "old@x.org"), known("b", "b@x.org"))
    record(quick_ledger, known("c", "777", "phone"), known("d", "777", "phone"), known("c", "c@x.org"))
    couple = known("e", "e@x.org", event_id="wrong")
    record(quick_ledger, known("e", "999", "phone"), known("f", "999", "phone"), couple, known("f", "f@x.org"))
    record(quick_ledger, told("event.retracted", "e", 2, data_source="test", data_event_id="wrong"))
    found = {tuple(one.customer_ids): (one.differ, one.because) for one in suggest(quick_ledger.store)}
    assert list(found) == [("c", "d"), ("e", "f"), ("a", "b")]
    assert found["a", "b"] == (["email"], "2 customers share phone and differ in email")
    assert found["c", "d"] == found["e", "f"] == ([], "2 customers share phone")
    assert [one.differ for one in clusters(quick_ledger.store, ["phone"])] == [["email"], [], []]


def test_who_is_told_apart_is_never_one_customer_and_not_proposed_again(ledger: Ledger) -> None:
    record(ledger, known("a", "x@y.org"), known("b", "x@y.org"))
    before = ledger.store.clock()
    made = reject(ledger.store, "a", "b", why="father and son", source="shop")
    assert [place.recorded for place in made] == [True, True]
    assert seen(ledger) == [("rejected", "email", ["a", "b"])]
    assert clusters(ledger.store, ["email"]) == []
    assert reject(ledger.store, "b", "a") == []
    [one] = decided(ledger.store)
    assert (one.undone, one.undone_by, one.why) == (True, "shop", "father and son")
    with ledger.store.engine.connect() as connection:
        positions = [place.position for place in made]
        for position in (positions[0] - 1, *positions):
            streams = units_of(connection, [1, 2], Until(position=position))
            assert position == positions[0] or not streams
        times = [Until(known_at=at) for at in (before, ledger.store.clock())]
        assert [dict(units_of(connection, [1, 2], at)) for at in times] == [{}, {}]


def test_those_who_are_one_customer_are_not_told_apart_by_a_word(quick_ledger: Ledger) -> None:
    record(quick_ledger, known("a", "x@y.org"), known("b", "x@y.org"))
    merge(quick_ledger.store, [merger("b", "a")])
    for other in ("a", "b"):
        with pytest.raises(InvalidArgument, match="are one customer: name two, or undo the merge"):
            reject(quick_ledger.store, "a", other)


def test_whose_decision_it_was_and_why_is_told_of_each(ledger: Ledger) -> None:
    record(ledger, known("a", "x@y.org"), known("b", "x@y.org"))
    [made] = merge(ledger.store, [merger("b", "a")], source="shop")
    [one] = decided(ledger.store)
    assert (one.source, one.evidence, one.undone, one.undone_by, one.why) == ("shop", "they said so", False, None, None)
    unmerge(ledger.store, "shop", made.event_id, why="two people", decided_by="office")
    [one] = decided(ledger.store)
    assert (one.undone, one.undone_by, one.why) == (True, "office", "two people")
    assert one.undone_at is not None
    assert one.undone_at >= one.recorded_at


def test_a_value_that_too_many_share_is_listed_and_never_proposed(ledger: Ledger) -> None:
    record(ledger, *(known(f"c{number}", "+31205550000", "phone") for number in range(6)))
    [one] = suggest(ledger.store)
    assert (one.verdict, one.customers) == ("too common", 6)
    assert one.because == "6 customers share this phone, more than 5: it tells nobody from another"
    assert clusters(ledger.store, ["phone"]) == []
    assert suggest(ledger.store, most=6)[0].verdict == "proposed"


def test_no_more_are_listed_of_a_common_value_than_can_be_read(quick_ledger: Ledger) -> None:
    record(quick_ledger, *(known(f"c{number}", "0", "phone") for number in range(50)))
    [one] = suggest(quick_ledger.store)
    assert (one.customers, len(one.customer_ids), len(one.evidence)) == (50, 20, 20)
    assert one.because.endswith("; 20 of them are listed, --most 50 lists all")
    [one] = suggest(quick_ledger.store, most=50)
    assert len(one.customer_ids) == len(one.evidence) == 50


def test_it_is_said_in_which_namespaces_they_agree_and_the_more_the_earlier(quick_ledger: Ledger) -> None:
    record(quick_ledger, known("a", "x@y.org"), known("b", "x@y.org"), known("m", "1", "card"), known("n", "1", "card"))
    record(
        quick_ledger, known("m", "m@n.org"), known("n", "m@n.org"), known("n", "55", "phone"), known("o", "55", "phone")
    )
    agree = [(one.customer_ids, one.namespace, one.agree) for one in suggest(quick_ledger.store)]
    assert agree == [
        (["m", "n"], "card", ["card", "email"]),
        (["m", "n"], "email", ["card", "email"]),
        (["a", "b"], "email", ["email"]),
        (["n", "o"], "phone", ["phone"]),
    ]
    assert suggest(quick_ledger.store)[0].because == "2 customers share card and email"
    assert {one.namespace for one in suggest(quick_ledger.store, ["phone", "card"])} == {"phone", "card"}


def test_the_value_itself_is_told_only_when_it_is_asked_for(quick_ledger: Ledger) -> None:
    record(quick_ledger, known("a", "Ann@x.org"), known("b", "ann@x.org"), known("c", "k@x.org"), known("d", "k@x.org"))
    hidden = suggest(quick_ledger.store)
    assert "x.org" not in repr(hidden)
    assert len({one.mark for one in hidden}) == 2
    assert [one.mark for one in suggest(quick_ledger.store)] == [one.mark for one in hidden]
    assert {one.value for one in suggest(quick_ledger.store, values=True)} == {"ann@x.org", "k@x.org"}


def test_the_same_value_has_another_mark_in_another_ledger(quick_ledger: Ledger, ledger: Ledger) -> None:
    for one in (quick_ledger, ledger):
        record(one, known("a", "x@y.org"), known("b", "x@y.org"))
    assert suggest(quick_ledger.store)[0].mark != suggest(ledger.store)[0].mark


def test_a_retracted_identifier_is_no_evidence(ledger: Ledger) -> None:
    record(ledger, known("a", "x@y.org"), known("b", "x@y.org", event_id="wrong"))
    record(ledger, told("event.retracted", "b", 2, data_source="test", data_event_id="wrong"))
    assert suggest(ledger.store) == []


def test_an_erased_customer_is_not_proposed(ledger: Ledger) -> None:
    record(ledger, known("a", "x@y.org"), known("b", "x@y.org"), told("customer.erased", "b", 2))
    assert suggest(ledger.store) == []


def test_what_was_known_before_an_erasure_is_known_no_more_when_the_customer_returns(ledger: Ledger) -> None:
    record(ledger, known("a", "x@y.org"), known("b", "x@y.org"), told("customer.erased", "b", 2))
    record(ledger, told("consent.granted", "b", 3, data_purpose="contract"))
    assert suggest(ledger.store) == []
    record(ledger, known("b", "x@y.org", event_id="told-again"))
    assert seen(ledger) == [("proposed", "email", ["a", "b"])]


def test_those_who_are_one_customer_already_are_one(quick_ledger: Ledger) -> None:
    record(quick_ledger, known("a", "x@y.org"), known("b", "x@y.org"), known("c", "x@y.org"))
    merge(quick_ledger.store, [merger("b", "a")])
    assert seen(quick_ledger) == [("proposed", "email", ["a", "c"])]


def test_who_was_merged_and_unmerged_is_not_proposed_again_unless_asked(ledger: Ledger) -> None:
    record(ledger, known("a", "x@y.org"), known("b", "x@y.org"))
    [made] = merge(ledger.store, [merger("b", "a")])
    assert suggest(ledger.store) == []
    unmerge(ledger.store, made.source, made.event_id, why="two people")
    [one] = suggest(ledger.store)
    assert one.verdict == "rejected"
    assert one.because == "2 customers share email; b and a were told apart before"
    assert clusters(ledger.store, ["email"]) == []
    assert seen(ledger, again=True) == [("proposed", "email", ["a", "b"])]
    assert len(clusters(ledger.store, ["email"], again=True)) == 1


def test_others_live_on_in_the_known_customer_whom_the_ledger_heard_of_first(quick_ledger: Ledger) -> None:
    record(quick_ledger, *(known(customer, "x@y.org") for customer in ("anonymous:1", "late", "a")))
    [one] = clusters(quick_ledger.store, ["email"])
    assert (one.into, one.from_) == ("late", ["a", "anonymous:1"])


def test_a_rule_merges_all_who_share_one_of_its_namespaces_and_nobody_else(quick_ledger: Ledger) -> None:
    record(quick_ledger, known("a", "x@y.org"), known("b", "x@y.org"), known("b", "5", "card"), known("c", "5", "card"))
    record(quick_ledger, known("d", "66", "phone"), known("e", "66", "phone"))
    [one] = clusters(quick_ledger.store, ["email", "card"])
    assert (one.into, one.from_, one.namespaces, one.refused) == ("a", ["b", "c"], ["card", "email"], None)
    assert one.evidence == "rule: the same card or email"


def test_a_rule_makes_no_giant_of_customers_chained_by_values(quick_ledger: Ledger) -> None:
    record(quick_ledger, *(known(f"c{n + more}", f"{n}@x.org") for n in range(5) for more in (0, 1)))
    [one] = clusters(quick_ledger.store, ["email"])
    assert one.refused == "6 customers would become one, more than 5: decide them one by one"
    assert clusters(quick_ledger.store, ["email"], most=6)[0].refused is None


def test_a_rule_does_not_join_by_a_third_those_who_were_told_apart(quick_ledger: Ledger) -> None:
    record(quick_ledger, known("a", "x@y.org"), known("c", "x@y.org"), known("c", "5", "card"), known("b", "5", "card"))
    [made] = merge(quick_ledger.store, [merger("b", "a")])
    unmerge(quick_ledger.store, made.source, made.event_id)
    [one] = clusters(quick_ledger.store, ["email", "card"])
    assert one.refused is not None
    assert one.refused.startswith("b and a were told apart before")


def test_a_rule_names_its_namespaces(quick_ledger: Ledger) -> None:
    with pytest.raises(InvalidArgument, match="--namespaces email"):
        clusters(quick_ledger.store, [])


def test_a_decision_is_recorded_once_however_often_it_is_made(ledger: Ledger) -> None:
    record(ledger, known("a", "x@y.org"), known("b", "x@y.org"))
    [made] = merge(ledger.store, [merger("b", "a")])
    assert merge(ledger.store, [merger("b", "a")]) == []
    assert merge(ledger.store, [merger("a", "b")]) == []
    [undone] = unmerge(ledger.store, made.source, made.event_id)
    assert unmerge(ledger.store, made.source, made.event_id) == []
    assert undone.recorded
    [again] = merge(ledger.store, [merger("b", "a")])
    assert again.recorded
    assert again.event_id == f"{made.event_id}-2"
    assert [(one.event_id, one.undone) for one in decided(ledger.store)] == [
        (again.event_id, False),
        (made.event_id, True),
    ]


def test_the_name_of_a_decision_says_nothing_about_whom_it_is(ledger: Ledger, quick_ledger: Ledger) -> None:
    for one in (ledger, quick_ledger):
        record(one, known("a@x.org", "1"), known("b@x.org", "1"))
    [here] = merge(ledger.store, [merger("b@x.org", "a@x.org")])
    [there] = merge(quick_ledger.store, [merger("b@x.org", "a@x.org")])
    assert here.event_id != there.event_id


def test_two_who_decide_the_same_at_once_record_it_once(ledger: Ledger) -> None:
    record(ledger, *(known(f"{side}{pair}", f"{pair}@x.org") for pair in range(8) for side in "ab"))
    start = Barrier(2)

    def decide(_: int) -> list[int]:
        start.wait()
        return [len(merge(ledger.store, [merger(f"b{pair}", f"a{pair}")])) for pair in range(8)]

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(decide, range(2))
    assert [sum(pair) for pair in zip(one, other, strict=True)] == [1] * 8


def test_two_who_decide_the_opposite_or_undo_at_once_record_it_once(ledger: Ledger) -> None:
    record(ledger, *(known(f"{side}{pair}", f"{pair}@x.org") for pair in range(8) for side in "ab"))
    start = Barrier(2)

    def decide(sides: tuple[str, str]) -> list[int]:
        start.wait()
        one, other = sides
        return [len(merge(ledger.store, [merger(f"{one}{pair}", f"{other}{pair}")])) for pair in range(8)]

    def undo(why: str) -> list[int]:
        start.wait()
        return [len(unmerge(ledger.store, one.source, one.event_id, why=why)) for one in made]

    def tell_apart(why: str) -> list[int]:
        start.wait()
        return [len(reject(ledger.store, "a0", f"b{pair}", why=why)) for pair in range(1, 8)]

    with ThreadPoolExecutor(2) as threads:
        assert [sum(pair) for pair in zip(*threads.map(decide, (("a", "b"), ("b", "a"))), strict=True)] == [1] * 8
        made = decided(ledger.store)
        assert [sum(pair) for pair in zip(*threads.map(undo, ("one", "other")), strict=True)] == [1] * 8
        assert [sum(pair) for pair in zip(*threads.map(tell_apart, ("one", "other")), strict=True)] == [2] * 7


def test_several_are_merged_together_or_not_at_all(ledger: Ledger) -> None:
    record(ledger, known("a", "1"), known("b", "1"), known("c", "1"))
    with pytest.raises(MergeCycle):
        merge(ledger.store, [merger("b", "a"), merger("c", "c")])
    assert decided(ledger.store) == []
    assert len(merge(ledger.store, [merger("b", "a"), merger("c", "a")])) == 2


def test_nobody_is_merged_who_is_not_there(quick_ledger: Ledger) -> None:
    record(quick_ledger, known("a", "1"))
    with pytest.raises(CustomerNotFound):
        merge(quick_ledger.store, [merger("nobody", "a")])


def test_only_a_merge_is_undone(quick_ledger: Ledger) -> None:
    record(quick_ledger, known("a", "1", event_id="told"))
    with pytest.raises(EventNotFound):
        unmerge(quick_ledger.store, "test", "nothing")
    with pytest.raises(InvalidArgument, match="no merge"):
        unmerge(quick_ledger.store, "test", "told")


def merger(from_: str, into: str) -> Merger:
    return Merger(from_=from_, into=into, evidence="they said so")
