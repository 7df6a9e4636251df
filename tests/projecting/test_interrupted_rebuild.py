"""A rebuild that is broken off: wherever it was, the live version serves, and the next rebuild goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from msgspec import structs

from ledger import Ledger
from ledger.opening import define
from ledger.projecting.rebuild import rebuild
from ledger.runners import tasks
from ledger.schemas.journey import default_journey, journey_to_json
from ledger.store.engine import reading
from ledger.store.log import Until, range_rows
from tests.projecting.deciding import rebuild_and_decide
from tests.properties.ledgers import tables
from tests.store.asking import ask, column
from tests.store.events import merge, order


@pytest.fixture
def told(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Give a ledger of nine customers in three ranges, one of them merged across two, that was rebuilt once."""
    monkeypatch.setattr(tasks, "STREAMS_A_CUT", 3)
    ledger.append([order(f"o{number}", f"c{number % 9}") for number in range(30)])
    ledger.append(merge("m1", "c8", "c0"))
    ledger.rebuild()
    return ledger


def stopped_after(ranges: int) -> Callable[[int, int], None]:
    """Return what is called after every range, and stops the rebuild after so many."""
    called = 0

    def stop(_done: int, _total: int) -> None:
        nonlocal called
        called += 1
        if called > ranges:
            raise KeyboardInterrupt

    return stop


def broken_off(ledger: Ledger, ranges: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.projecting.building.ROWS_A_COMMIT", 1)
    with pytest.raises(KeyboardInterrupt):
        rebuild(ledger.store, progress=stopped_after(ranges))


@pytest.mark.parametrize("ranges", [0, 1, 2, 3])
def test_the_next_rebuild_folds_only_what_is_missing(
    told: Ledger, ranges: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tables(told)
    broken_off(told, ranges, monkeypatch)
    assert tables(told) == before
    assert told.verify(whole=True).ok
    told.append(order("later", "c4"))
    made = told.rebuild()
    assert made.version == 2
    assert (made.resumed > 0) is (ranges > 0)
    assert (made.resumed == 31) is (ranges == 3)
    assert made.events == 31
    assert made.live
    assert told.verify(whole=True).ok
    assert column(told, "SELECT sum(events) FROM journey_position") == [31]


def test_what_was_broken_off_under_another_journey_is_given_up(
    told: Ledger, quick_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_off(told, 2, monkeypatch)
    define(quick_url, {"journey": journey_to_json(structs.replace(default_journey(), version=2, zone="Asia/Tokyo"))})
    with Ledger.open(quick_url) as changed:
        made = changed.rebuild()
        assert (made.version, made.resumed) == (3, 0)
        assert ask(changed, "SELECT version, state FROM read_models WHERE version = 2") == [(2, "dropped")]


def test_a_rebuild_stopped_in_the_middle_of_its_rows_holds_no_lock(told: Ledger) -> None:
    held: list[Iterator[object]] = []  # what a traceback keeps alive of the work that was stopped

    def stopped(_done: int, _total: int) -> None:
        with reading(told.store.engine) as connection:
            held.append(range_rows(connection, 0, 10, Until(position=3)))
            next(held[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(told.store, progress=stopped)
    told.append(order("later", "c4"))
    assert told.rebuild().live
    assert told.verify(whole=True).ok


def test_a_damaged_live_version_waits_for_a_decision(told: Ledger) -> None:
    from sqlalchemy import text

    from ledger.store.engine import writing

    with writing(told.store.engine) as connection:
        connection.execute(text("UPDATE journey_position__v1 SET events = 99"))
    assert not told.verify(whole=True).ok
    rebuild_and_decide(told)
    assert told.verify(whole=True).ok
