"""The driver: however the events are cut into feeds, the rows are the same."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from ledger.errors import InvalidArgument
from ledger.journey.reading import effective
from ledger.projections import PROJECTIONS
from ledger.projections.driver import Folds
from ledger.projections.position import POSITION
from tests.journey.histories import Event, context, event
from tests.projections.histories import FOLDS, histories


def rows_of(events: list[Event], folds: Folds = FOLDS) -> dict[str, list[tuple[Any, ...]]]:
    state = folds.initial()
    folds.feed(state, events)
    return folds.rows(state)


@given(histories(), st.data())
def test_the_rows_do_not_depend_on_how_the_stream_is_cut_at_instants(events: list[Event], data: st.DataObject) -> None:
    edges = [n for n in range(1, len(events)) if events[n].at > events[n - 1].at]
    cuts = sorted(data.draw(st.sets(st.sampled_from(edges)))) if edges else []
    state = FOLDS.initial()
    for first, last in zip([0, *cuts], [*cuts, len(events)], strict=True):
        FOLDS.feed(state, events[first:last])
        loaded = FOLDS.load(FOLDS.dump(state))
        assert loaded is not None
        FOLDS.rows(state)
        state = loaded
    assert FOLDS.rows(state) == rows_of(events)


@given(histories(), st.randoms())
def test_the_rows_do_not_depend_on_the_order_of_arrival(events: list[Event], chance: random.Random) -> None:
    arrived = [*events]
    chance.shuffle(arrived)
    assert rows_of(effective(arrived)) == rows_of(events)


@given(histories())
def test_the_key_of_every_projection_names_one_row(events: list[Event]) -> None:
    rows = rows_of(events)
    for projection in PROJECTIONS:
        places = [[column.name for column in projection.columns].index(name) for name in projection.key]
        keys = [tuple(row[place] for place in places) for row in rows[projection.name]]
        assert len(keys) == len(set(keys)), projection.name


GIVEN_ALL = Folds(context(), [structs.replace(projection, sparse=False) for projection in PROJECTIONS])


@given(histories())
def test_a_sparse_projection_makes_the_same_of_what_it_handles_as_of_everything(events: list[Event]) -> None:
    assert any(projection.sparse for projection in PROJECTIONS)
    assert rows_of(events) == rows_of(events, GIVEN_ALL)


PYTHON = {"integer": int, "real": float, "text": str, "json": str, "instant": int, "date": int}


@given(histories())
def test_every_row_has_the_columns_its_projection_declares(events: list[Event]) -> None:
    rows = rows_of(events)
    for projection in PROJECTIONS:
        for row in rows[projection.name]:
            assert len(row) == len(projection.columns)
            for column, value in zip(projection.columns, row, strict=True):
                where = (projection.name, column.name)
                assert column.nullable if value is None else type(value) is PYTHON[column.kind], where
                if column.kind == "json":
                    canonical = json.dumps(json.loads(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
                    assert value == canonical, where


@given(histories())
def test_projections_that_count_the_same_thing_agree(events: list[Event]) -> None:
    rows = rows_of(events)
    touchpoints = sum(row[14] for row in rows["journey_position"])
    assert sum(row[3] for row in rows["channel_history"]) == touchpoints
    assert sum(row[13] for row in rows["touchpoint_history"]) == touchpoints
    switched = sum(row[9] for row in rows["experience_metrics"] if row[6] == "switching" and row[8] == "switched")
    assert sum(row[14] for row in rows["channel_history"]) == switched
    assert sum(row[15] for row in rows["channel_history"]) == switched


BRIEF = """
[[rules]]
name = "asks for help"
stage = "support"
any = ["question.asked", "case.opened"]

[[rules]]
name = "is helped at once"
stage = "support"
leaves = true
any = ["question.asked", "case.resolved", "interaction.completed"]
"""


@given(histories(), st.sampled_from([FOLDS, Folds(context(BRIEF))]))
def test_the_position_is_where_the_visits_that_are_open_are(events: list[Event], folds: Folds) -> None:
    rows = rows_of(events, folds)
    visits = [row for row in rows["stage_visits"] if row[4] is None]
    for row in rows["journey_position"]:
        assert [visit[2] for visit in visits if visit[0] == "primary"] == ([row[0]] if row[0] else [])
        overlays = [(overlay["stage"], overlay["entered_at"]) for overlay in json.loads(row[6])]
        assert [(visit[2], visit[3]) for visit in visits if visit[0] == "overlay"] == overlays


def test_an_overlay_that_one_event_opens_and_closes_is_a_visit_of_no_length() -> None:
    rows = rows_of([event("question.asked", 5, data_topic="price")], Folds(context(BRIEF)))
    assert [row[:5] for row in rows["stage_visits"]] == [("overlay", 1, "support", 5, 5)]
    assert rows["journey_position"][0][6] == "[]"


@given(histories())
def test_taking_rows_leaves_the_state_as_it_was(events: list[Event]) -> None:
    state = FOLDS.initial()
    FOLDS.feed(state, events)
    before = FOLDS.dump(state)
    FOLDS.rows(state)
    assert FOLDS.dump(state) == before


def test_a_customer_without_events_has_no_rows() -> None:
    assert set(rows_of([])) == {projection.name for projection in PROJECTIONS}
    assert not any(rows_of([]).values())


def test_a_state_knows_the_instant_of_its_last_event() -> None:
    state = FOLDS.initial()
    assert state.at is None
    FOLDS.feed(state, [event("page.viewed", 5)])
    FOLDS.feed(state, [])
    assert state.at == 5


def test_an_event_that_is_not_later_is_refused() -> None:
    state = FOLDS.initial()
    FOLDS.feed(state, [event("page.viewed", 5)])
    with pytest.raises(InvalidArgument, match="fold the whole customer again"):
        FOLDS.feed(state, [event("question.asked", 5, data_topic="price")])


def test_a_state_of_another_definition_is_not_loaded() -> None:
    stored = FOLDS.dump(FOLDS.initial())
    assert Folds(context()).load(stored) is not None
    assert Folds(context("")).load(stored) is None
    assert Folds(context(), [POSITION]).load(stored) is None


@pytest.mark.parametrize("stored", [b"", b"x", b"\x00" * 40])
def test_bytes_that_are_no_state_are_not_loaded(stored: bytes) -> None:
    assert FOLDS.load(stored) is None


def test_a_damaged_state_is_not_loaded() -> None:
    assert FOLDS.load(FOLDS.dump(FOLDS.initial())[:-1]) is None


def test_some_of_the_projections_can_be_driven_alone() -> None:
    assert list(rows_of([event("page.viewed")], Folds(context(), [POSITION]))) == ["journey_position"]
