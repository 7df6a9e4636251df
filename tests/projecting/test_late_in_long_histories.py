"""A long history takes in what comes late from the nearest of its earlier states, and is what a rebuild makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from ledger import Ledger, LedgerError
from ledger.projecting import marks
from ledger.projecting.catch_up import catch_up, catch_up_batch
from ledger.projecting.rebuild import rebuild
from ledger.store import row_changes
from ledger.store.engine import writing
from tests.faults.extent import many
from tests.projecting.deciding import expect_the_tables_of_a_rebuild
from tests.properties.ledgers import fresh_ledger, tables
from tests.properties.logs import CUSTOMERS, Wire, logs
from tests.store.asking import ask, column
from tests.store.events import about, fact, merge, order


@pytest.fixture(scope="module", autouse=True)
def _soon_long() -> Iterator[None]:
    """Let a history be long after three events, its states be kept every two, and its rows be found by their places."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marks, "MANY", 3)
        patch.setattr(marks, "STEP", 2)
        patch.setattr(row_changes, "WIDE", 0)
        yield


def day(number: int) -> str:
    return f"2024-05-{number:02}T10:00:00+00:00"


LIFE = ("page.viewed", "question.asked", "order.placed", "usage.recorded", "case.opened", "contract.renewed")


def lived(customer_id: str, days: int = 14) -> list[Wire]:
    """Something on every second day."""
    kinds = {"question.asked": {"topic": "price"}, "usage.recorded": {"feature": "search"}}
    return [
        fact(
            f"{customer_id}{number}",
            (kind := LIFE[number % len(LIFE)]),
            customer_id,
            {"value": "1.00", "currency": "EUR"} if kind == "order.placed" else kinds.get(kind, {}),
            occurred_at=day(2 * number + 1),
            channel=("web", "app", "phone")[number % 3],
        )
        for number in range(days)
    ]


@pytest.fixture
def long(ledger: Ledger) -> Ledger:
    """Give a ledger of two long histories, caught up with as they were lived."""
    ledger.rebuild()
    ada, bo = lived("ada"), lived("bo")
    for number in range(0, len(ada), 2):
        list(ledger.append_many([*ada[number : number + 2], *bo[number : number + 2]]))
        ledger.catch_up()
    return ledger


def marked(ledger: Ledger, customer_id: str = "ada") -> list[int]:
    """After how many events a state is kept, the first first."""
    return column(
        ledger,
        "SELECT seen FROM earlier_states__v1 JOIN streams ON stream = customer WHERE customer_id = :customer_id "
        "ORDER BY at",
        customer_id=customer_id,
    )


def as_rebuilt(ledger: Ledger, *events: Wire) -> None:
    """Take in events together, and expect the tables that a rebuild makes."""
    for event in events:
        ledger.append(event)
    ledger.catch_up()
    expect_the_tables_of_a_rebuild(ledger)


def test_states_are_kept_densely_near_the_end_and_seldom_before(long: Ledger) -> None:
    kept = marked(long)
    assert kept[-1] >= 11
    assert len(kept) < 7
    gaps = [later - earlier for earlier, later in zip([0, *kept], [*kept, 14], strict=True)]
    assert max(gaps) > 2


def test_many_more_events_do_not_keep_many_more_states() -> None:
    kept: set[int] = set()
    for events in range(1, 2_000):
        kept = marks.thinned([*kept, events - 1] if events > 1 else [], events)
    assert len(kept) < 30
    for late in range(1, 1_900):
        nearest = max((place for place in kept if place <= 1_999 - late), default=0)
        assert 1_999 - nearest <= 1.5 * late + 2 * marks.STEP


def test_a_late_event_is_folded_from_the_earlier_state_before_it(long: Ledger) -> None:
    """What Bo lived is put in the place of what Ada did: only who goes on from there comes to the same as Bo."""
    before = marked(long)
    with writing(long.store.engine) as connection:
        connection.execute(
            text(
                "UPDATE earlier_states__v1 SET state = (SELECT e.state FROM earlier_states__v1 e "
                "WHERE e.at = earlier_states__v1.at AND e.customer <> earlier_states__v1.customer)"
            )
        )
    long.append(fact("late", "page.viewed", occurred_at=day(24), channel="store"))
    long.catch_up()
    evidence = " ".join(column(long, "SELECT v.evidence FROM stage_visits v JOIN streams s ON s.stream = v.customer "
                               "WHERE customer_id = 'ada'"))  # fmt: skip
    assert "bo0" in evidence
    assert marked(long)[0] == before[0]


def test_a_late_event_gives_what_a_rebuild_gives(long: Ledger) -> None:
    as_rebuilt(long, fact("late", "page.viewed", occurred_at=day(24), channel="store"))


def test_what_comes_before_every_kept_state_is_folded_from_the_first_event(long: Ledger) -> None:
    as_rebuilt(long, fact("late", "page.viewed", occurred_at="2023-01-01T00:00:00Z", channel="store"))


def test_a_late_event_at_the_instant_of_a_kept_state_is_not_taken_for_part_of_it(long: Ledger) -> None:
    kept = column(long, "SELECT at FROM earlier_states__v1 JOIN streams ON stream = customer WHERE customer_id = 'ada'")
    assert kept
    for at in sorted(kept, reverse=True):
        instant = datetime.fromtimestamp(at / 1_000_000, UTC).isoformat()
        long.append(fact(f"s{at}", "stage.entered", data={"stage": "renewal"}, occurred_at=instant))
        long.catch_up()
    as_rebuilt(long)


def test_a_retraction_of_what_an_earlier_state_holds_leaves_no_trace_of_it(long: Ledger) -> None:
    as_rebuilt(long, about("x1", "event.retracted", lived("ada")[2]), fact("late", "page.viewed", occurred_at=day(26)))


def test_what_was_retracted_and_corrected_before_stays_so_when_something_late_comes(long: Ledger) -> None:
    long.append(about("x1", "event.retracted", lived("ada")[13]))
    long.append(about("x2", "stage.corrected", lived("ada")[12], stage="onboarding"))
    long.catch_up()
    as_rebuilt(long, fact("late", "page.viewed", occurred_at=day(24)))


def test_an_event_that_was_retracted_before_it_came_changes_nothing(long: Ledger) -> None:
    awaited = order("o99", occurred_at=day(25))
    long.append(about("x1", "event.retracted", awaited))
    long.catch_up()
    long.append(fact("w1", "page.viewed", occurred_at=day(30)))
    long.catch_up()
    before = tables(long)
    long.append(awaited)
    long.catch_up()
    assert tables(long) == before
    as_rebuilt(long, fact("late", "page.viewed", occurred_at=day(26)))


def test_a_segment_valid_before_or_after_it_was_told_is_where_it_is_valid(long: Ledger) -> None:
    def gold(event_id: str, told: int, valid: int) -> Wire:
        data = {"scheme": "tier", "segment": event_id, "valid_from": day(valid)}
        return fact(event_id, "customer.segment_assigned", data=data, occurred_at=day(told))

    long.append([gold("early", 28, 4), gold("ahead", 2, 26)])
    long.catch_up()
    as_rebuilt(long, fact("late", "page.viewed", occurred_at=day(24)), gold("late gold", 1, 25))


def test_long_histories_that_are_merged_and_parted_keep_states_of_their_own(long: Ledger) -> None:
    merged = merge("m1", "bo", "ada")
    long.append(merged)
    long.catch_up()
    assert marked(long, "bo") == []
    assert max(marked(long)) > 20
    long.append(fact("late", "page.viewed", "bo", occurred_at=day(24)))
    long.catch_up()
    long.append(about("p1", "customer.unmerged", merged))
    long.catch_up()
    assert max(marked(long, "bo")) <= 15
    as_rebuilt(long, fact("later", "page.viewed", "bo", occurred_at=day(22)))


def test_an_earlier_state_that_is_damaged_is_passed_over(long: Ledger) -> None:
    with writing(long.store.engine) as connection:
        connection.execute(text("UPDATE earlier_states__v1 SET state = :state"), {"state": b"\xc1 no state"})
    as_rebuilt(long, fact("late", "page.viewed", occurred_at=day(24)))


def test_no_state_is_kept_of_who_is_set_aside(long: Ledger) -> None:
    rating = {"metric": "csat", "score": 1e15, "scale_min": 1, "scale_max": 1e15}
    long.append(fact("s1", "survey.responded", "ada", rating, occurred_at=day(20)))
    assert long.catch_up().parked == 1
    assert marked(long) == []
    assert ask(long, "SELECT 1 FROM fold_states__v1 JOIN streams ON stream = customer WHERE customer_id = 'ada'") == []
    assert marked(long, "bo")


@st.composite
def arrivals(draw: st.DrawFn) -> list[Wire]:
    """A log that arrives in the order of occurrence, but for some that are late; most of it is one customer's."""
    log = draw(logs())
    one = draw(st.booleans())
    for wire in log:
        if one and "from" not in wire["data"]:
            wire["customer_id"] = CUSTOMERS[0]
    log.sort(key=lambda wire: str(wire["occurred_at"]))
    for _ in range(draw(st.integers(0, 4))):
        late = log.pop(draw(st.integers(0, len(log) - 1)))
        log.insert(draw(st.integers(0, len(log))), late)
    return log


@settings(max_examples=many(25, 400))
@given(log=arrivals(), data=st.data())
def test_whatever_comes_late_the_tables_are_those_of_a_rebuild(log: list[Wire], data: st.DataObject) -> None:
    with fresh_ledger() as ledger:
        rebuild(ledger.store)
        for wire in log:
            [outcome] = ledger.append_many([wire])
            assert not isinstance(outcome, LedgerError), outcome
            if data.draw(st.booleans()):
                catch_up_batch(ledger.store, limit=data.draw(st.integers(1, 3)))
        catch_up(ledger.store)
        made = tables(ledger)
        assert rebuild(ledger.store).live
        assert tables(ledger) == made
