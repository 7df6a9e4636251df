"""A customer's history: every event of all their streams, in the order it occurred, as the producers sent it."""

from __future__ import annotations

import pytest

from ledger import Ledger, NotFound
from ledger.errors import CustomerNotFound, EventNotFound
from ledger.events.event import utc
from ledger.events.instants import instant
from ledger.queries.history import HistoryFilter, event, export, history
from ledger.store.log import Until
from tests.ledgers import SetClock
from tests.store.asking import column
from tests.store.events import Wire, about, fact, merge, order

SECOND = 1_000_000


def at(day: int) -> str:
    return f"2024-05-{day:02}T10:00:00+02:00"


FULL = order(
    "full",
    time_precision="minute",
    received_at="2024-05-01T08:00:01+00:00",
    channel="web",
    direction="inbound",
    actor={"type": "agent", "id": "agent-7", "role": "seller"},
    department="sales",
    touchpoint_id="t-1",
    interaction_id="i-1",
    case_id="k-1",
    reason="wanted it",
    outcome="bought",
    stage_hint="purchase",
    correlation_id="c-1",
    causation_id="x-1",
    source_sequence=3,
)
NOTE = fact("note", "note.added", data={"text": "born on 1 May; likes “quotes”, \\ and \u2028"})


def ids(wires: list[Wire]) -> list[str]:
    return [wire["event_id"] for wire in wires]


def sent(wire: Wire) -> Wire:
    """Return what the producer had sent, of what a history shows."""
    ours = {"position", "version", "recorded_at", "retracted", "customer"}
    return {name: value for name, value in wire.items() if name not in ours}


def test_every_field_comes_back_as_it_was_sent(ledger: Ledger) -> None:
    ledger.append([FULL, NOTE | {"received_at": "2024-05-01T08:00:01+00:00"}])
    shown = {wire["event_id"]: wire for wire in history(ledger.store, "ada")}
    assert sent(shown["full"]) == FULL
    assert sent(shown["note"]) == NOTE | {"received_at": "2024-05-01T08:00:01+00:00"}


def test_events_come_in_the_order_they_occurred_whatever_their_arrival(ledger: Ledger) -> None:
    day = order("b", occurred_at=at(2))
    ledger.append(
        [
            order("z", occurred_at=at(3)),
            day | {"event_id": "second", "source_sequence": 2},
            day | {"event_id": "first", "source_sequence": 1},
            day | {"event_id": "none"},
            day | {"event_id": "earlier source", "source": "crm"},
            order("a", occurred_at=at(1)),
        ]
    )
    assert ids(history(ledger.store, "ada")) == ["a", "earlier source", "none", "first", "second", "z"]
    assert [wire["position"] for wire in history(ledger.store, "ada")] == [6, 5, 4, 3, 2, 1]


def test_a_retracted_event_is_shown_and_says_so(ledger: Ledger) -> None:
    ledger.append([order("o1"), order("o2"), order("o1", "bo", source="till")])
    ledger.append(about("x1", "event.retracted", order("o1")))
    assert {wire["event_id"]: wire["retracted"] for wire in history(ledger.store, "ada")} == {
        "o1": True, "o2": False, "x1": False,
    }  # fmt: skip
    assert [wire["retracted"] for wire in history(ledger.store, "bo")] == [False]


def test_merged_customers_have_one_history_each_event_under_its_own_name(ledger: Ledger) -> None:
    ledger.append([order("o1", occurred_at=at(1)), order("o2", "bo", occurred_at=at(2)), merge("m1", "bo", "ada")])
    for name in ("ada", "bo"):
        found = history(ledger.store, name)
        assert {wire["event_id"]: wire["customer_id"] for wire in found} == {"o1": "ada", "m1": "ada", "o2": "bo"}
    ledger.append(about("u1", "customer.unmerged", merge("m1", "bo", "ada")))
    assert ids(history(ledger.store, "bo")) == ["o2"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (HistoryFilter(channel="web"), ["o1", "k1"]),
        (HistoryFilter(family="purchase"), ["o1", "o2"]),
        (HistoryFilter(type="case.opened"), ["k1"]),
        (HistoryFilter(case_id="k"), ["k1", "k2"]),
        (HistoryFilter(correlation_id="c"), ["k2"]),
        (HistoryFilter(since=instant(at(2))), ["k1", "k2"]),
        (HistoryFilter(before=instant(at(2))), ["o1", "o2"]),
        (HistoryFilter(channel="web", family="support"), ["k1"]),
        (HistoryFilter(channel="fax"), []),
    ],
)
def test_a_history_is_cut_by_what_its_events_say(ledger: Ledger, chosen: HistoryFilter, expected: list[str]) -> None:
    ledger.append(
        [
            order("o1", channel="web", occurred_at=at(1)),
            order("o2", channel="phone", occurred_at=at(1)),
            fact("k1", "case.opened", channel="web", case_id="k", occurred_at=at(2)),
            fact("k2", "case.closed", case_id="k", correlation_id="c", occurred_at=at(3)),
        ]
    )
    assert ids(history(ledger.store, "ada", chosen)) == expected


def test_who_became_known_by_a_merge_was_not_known_before_and_is_no_stranger(clocked: Ledger, clock: SetClock) -> None:
    clocked.append(order("o1", "card-7"))
    before = clock.now
    clock.now += SECOND
    clocked.append(fact("m1", "customer.merged", "card-7", {"from": "card-7", "into": "ada"}))
    assert sorted(ids(history(clocked.store, "ada"))) == ["m1", "o1"]
    assert history(clocked.store, "ada", until=Until(known_at=before)) == []


def test_what_had_happened_by_a_time_and_what_was_known_at_one(clocked: Ledger, clock: SetClock) -> None:
    late = order("late", occurred_at=at(1))
    for event_sent in (order("o1", occurred_at=at(2)), order("o2", occurred_at=at(4)), late):
        clock.now += SECOND
        clocked.append(event_sent)
    clock.now += SECOND
    clocked.append(about("x1", "event.retracted", order("o1")) | {"occurred_at": at(9)})
    by_now = history(clocked.store, "ada", until=Until(as_of=instant(at(2))))
    # The retraction acts by what is known, though it says of itself that it came later.
    assert {wire["event_id"]: wire["retracted"] for wire in by_now} == {"late": False, "o1": True, "x1": False}
    known = history(clocked.store, "ada", until=Until(known_at=clock.now - 2 * SECOND))
    assert {wire["event_id"]: wire["retracted"] for wire in known} == {"o1": False, "o2": False}
    assert clocked.history("ada", as_of=at(2), known_at=utc(clock.now - 2 * SECOND)) == [
        wire for wire in known if wire["event_id"] == "o1"
    ]


def test_a_merge_not_yet_known_joins_nobody(clocked: Ledger, clock: SetClock) -> None:
    clocked.append([order("o1"), order("o2", "bo")])
    before = clock.now
    clock.now += SECOND
    clocked.append(merge("m1", "bo", "ada"))
    assert ids(history(clocked.store, "bo", until=Until(known_at=before))) == ["o2"]
    # As of a time before it, the merge holds all the same: it says something of the record, not of that time.
    assert len(history(clocked.store, "bo", until=Until(as_of=instant(at(30))))) == 3


def test_nobody_is_found_of_whom_nothing_is_recorded(ledger: Ledger) -> None:
    ledger.append([order("o1"), merge("m1", "bo", "ada")])
    with pytest.raises(CustomerNotFound, match="`customers --search TEXT` finds by part of a key"):
        history(ledger.store, "Ada")
    assert len(history(ledger.store, "bo")) == 2
    ledger.append(about("u1", "customer.unmerged", merge("m1", "bo", "ada")))
    for until in (Until(), Until(as_of=0), Until(known_at=0), Until(known_at=2**60)):
        with pytest.raises(NotFound):
            history(ledger.store, "bo", until=until)
    assert history(ledger.store, "ada", until=Until(known_at=0)) == []


def test_one_event_is_found_by_its_key_with_its_place_and_whose_it_is_now(ledger: Ledger) -> None:
    ledger.append([order("o1", "bo"), merge("m1", "bo", "ada"), NOTE])
    found = event(ledger.store, "shop", "o1")
    assert (found["position"], found["version"], found["customer_id"], found["customer"]) == (1, 1, "bo", "ada")
    assert event(ledger.store, "shop", "note")["data"] == NOTE["data"]
    for source, event_id in (("shop", "O1"), ("till", "o1"), ("", "")):
        with pytest.raises(EventNotFound):
            event(ledger.store, source, event_id)


def test_an_export_is_the_log_in_its_order_as_it_was_sent(ledger: Ledger) -> None:
    received = {"received_at": "2024-05-01T08:00:01+00:00"}
    events = [FULL, order("o2", "bo") | received, merge("m1", "bo", "ada") | received, NOTE | received]
    ledger.append(events)
    assert list(export(ledger.store)) == events


def test_an_export_goes_on_from_a_snapshot_while_events_arrive(ledger: Ledger) -> None:
    ledger.append([order(f"o{number}") for number in range(5)])
    exporting = export(ledger.store)
    first = next(exporting)
    ledger.append(order("meanwhile"))
    assert ids([first, *exporting]) == [f"o{number}" for number in range(5)]
    assert column(ledger, "SELECT position FROM log_head") == [6]
