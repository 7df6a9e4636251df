"""How rows become events again: for whoever reads them whole, and for the folds."""

from __future__ import annotations

import pytest

from ledger.errors import Undecodable, UnknownEventType
from ledger.events import VOCABULARY
from ledger.store.mapper import RowMapper

HEADER = (
    b'{"event_id":"e","source":"web","type":"page.viewed","occurred_at":"1970-01-01T00:00:00.000009Z",'
    b'"channel":"web","data":{}}'
)
ROW = (3, 5, 7, "page.viewed", 1, 9, 11, 13, HEADER)


def test_an_event_carries_where_and_when_it_was_recorded() -> None:
    (event,) = RowMapper(VOCABULARY).events([ROW])
    assert (event.position, event.stream, event.version) == (3, 5, 7)
    assert (event.at, event.received, event.recorded) == (9, 11, 13)


def test_the_folds_are_given_the_same_event_but_for_four_numbers() -> None:
    mapper = RowMapper(VOCABULARY)
    (event,) = mapper.for_folds([ROW])
    assert (event.position, event.version, event.received, event.recorded) == (0, 0, 0, 0)
    assert [event] == mapper.events([(0, 5, 0, "page.viewed", 1, 9, 0, 0, HEADER)])


def test_a_row_that_cannot_be_read_is_named_whoever_reads_it() -> None:
    mapper = RowMapper(VOCABULARY)
    for read in (mapper.events, mapper.for_folds):
        with pytest.raises(Undecodable, match="position 3"):
            read([(*ROW[:8], HEADER[:-1])])
        with pytest.raises(UnknownEventType, match="licked"):
            read([(*ROW[:3], "page.licked", *ROW[4:])])
