"""A version that is dropped while somebody brings it up to date: they are told, and nothing else breaks."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from ledger import Ledger
from ledger.errors import ProjectionRaced, ReadModelNotFound
from ledger.projecting.activate import drop
from ledger.projecting.catch_up import catch_up, catch_up_batch
from ledger.projecting.following import follow
from ledger.projecting.rebuild import build
from tests.store.asking import column
from tests.store.events import order


@pytest.fixture
def beside(ledger: Ledger) -> int:
    """Build a version beside the live one; an event waits for both."""
    ledger.append(order("o1"))
    ledger.rebuild()
    version = build(ledger.store, "other").version
    ledger.append(order("o2"))
    return version


def test_a_version_that_was_dropped_is_not_caught_up_with(ledger: Ledger, beside: int) -> None:
    drop(ledger.store, beside)
    with pytest.raises(ReadModelNotFound, match=f"there is no version '{beside}' of the read model"):
        catch_up(ledger.store, beside)
    with pytest.raises(ReadModelNotFound):
        follow(ledger.store, beside)


def test_a_version_dropped_between_reading_and_writing_is_told_as_a_lost_race(ledger: Ledger, beside: int) -> None:
    waiting = [beside]

    def give_up(*_: Any) -> None:
        if waiting:
            drop(ledger.store, waiting.pop())

    # What was read goes back to the pool before anything is written.
    event.listen(ledger.store.engine, "checkin", give_up)
    with pytest.raises(ProjectionRaced, match=f"version {beside} of the read model was given up meanwhile"):
        catch_up_batch(ledger.store, model=beside)
    ledger.catch_up()
    assert column(ledger, "SELECT sum(events) FROM journey_position") == [2]
