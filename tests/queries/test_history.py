"""One customer's history: every event of theirs, and whether it still stands."""

from __future__ import annotations

import pytest

from ledger import Ledger
from ledger.errors import CannotRetract
from tests.queries.telling import Wire, told


def retracting(event_id: str, target: str) -> Wire:
    return told("event.retracted", "a", 9, event_id, data_source="test", data_event_id=target)


def test_what_no_retraction_takes_back_is_not_told_as_retracted(ledger: Ledger) -> None:
    """The merge and the retraction arrive after what names them, so that they could not be refused."""
    ledger.append([retracting("r1", "m"), retracting("r2", "r3")])
    merged = told("customer.merged", "a", 3, "m", data_from="b", data_into="a")
    ledger.append([merged, told("page.viewed", "a", 1, "p"), told("page.viewed", "b", 2, "q"), retracting("r3", "p")])
    told_as = {event["event_id"]: event["retracted"] for event in ledger.history("a")}
    assert told_as == {"p": True, "q": False, "m": False, "r1": False, "r2": False, "r3": False}
    assert ledger.position("a")["evidence"] == [{"source": "test", "event_id": "q"}]


def test_a_retraction_does_not_retract_itself(ledger: Ledger) -> None:
    with pytest.raises(CannotRetract, match=r"an event of type event\.retracted is not taken back"):
        ledger.append(retracting("r", "r"))
