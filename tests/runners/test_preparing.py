"""A long load prepared beside: the outcomes of one prepared here, whatever is in it or becomes of the process."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger
from ledger.errors import ContentConflict, InvalidEvent, OccurredInFuture
from ledger.runners import preparing
from ledger.store.plan import Recorded
from tests.ledgers import sqlite_copy
from tests.store.asking import contents
from tests.store.events import about, fact, merge, order


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a load of forty events be a long one."""
    monkeypatch.setattr("ledger.commands.BATCH", 10)
    monkeypatch.setattr("ledger.runners.preparing.LONG", 1)
    # Wait for the process: how soon it starts is the machine's matter.
    monkeypatch.setattr(preparing._Helper, "ready", lambda helper: helper._ready or started(helper))


def started(helper: Any) -> bool:
    helper._ready = helper._pipe.recv_bytes() == b"ready"
    return bool(helper._ready)


def told() -> Iterator[dict[str, Any]]:
    """Everything an append treats in its own way, among much that is ordinary."""
    for number in range(60):
        yield order(f"o{number}", f"c{number % 7}")
    yield order("o3", "c3", value="9.99")
    yield order("o4", "c4")
    yield merge("m1", "c1", "c2")
    yield about("r1", "event.retracted", order("o5", "c5"))
    yield fact("i1", "customer.identified", "c6", {"namespace": "email", "value": "c6@example.org"})
    yield order("late", "c1", occurred_at="2924-05-01T10:00:00Z")
    yield order("wrong", "c1", occurred_at="yesterday")
    yield fact("e1", "customer.erased", "c3")
    yield order("after", "c3")
    yield fact(
        "n1", "note.added", "c2", {"text": "prefers the morning"}, occurred_at="2024-05-01", time_precision="date"
    )
    for number in range(60, 100):
        yield order(f"o{number}", f"c{number % 7}")


def plain(outcome: object) -> object:
    return outcome if isinstance(outcome, Recorded) else (type(outcome), str(outcome))


def without_times(url: str) -> dict[str, list[Any]]:
    with Ledger.open(url, clock=lambda: 1_800_000_000_000_000) as ledger:
        found = contents(ledger)
    found["streams"] = sorted(found["streams"], key=len)
    return {table: rows for table, rows in found.items() if table != "streams"}


def kept(folder: Path, events: list[Any]) -> tuple[list[object], dict[str, list[Any]]]:
    folder.mkdir()
    url = sqlite_copy(folder)
    with Ledger.open(url, clock=lambda: 1_800_000_000_000_000) as ledger:
        outcomes = [plain(outcome) for outcome in ledger.append_many(events)]
    return outcomes, without_times(url)


def test_what_is_prepared_beside_is_kept_as_what_is_prepared_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [json.dumps(event).encode() for event in told()]
    beside = kept(tmp_path / "beside", texts)
    monkeypatch.setattr("ledger.runners.preparing.LONG", 1_000)
    assert kept(tmp_path / "here", texts) == beside
    kinds = {outcome[0] for outcome in beside[0] if isinstance(outcome, tuple)}
    assert {ContentConflict, InvalidEvent, OccurredInFuture} <= kinds


def test_a_batch_that_is_not_all_text_is_prepared_here_and_keeps_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed = [event if number % 25 == 0 else json.dumps(event) for number, event in enumerate(told())]
    beside = kept(tmp_path / "beside", mixed)
    monkeypatch.setattr("ledger.runners.preparing.LONG", 1_000)
    assert kept(tmp_path / "here", mixed) == beside


def test_an_event_without_an_id_is_given_one_there_too(tmp_path: Path) -> None:
    texts = []
    for event in told():
        event.pop("event_id")
        texts.append(json.dumps(event))
    with Ledger.open(sqlite_copy(tmp_path)) as ledger:
        given = [outcome.event_id for outcome in ledger.append_many(texts[:40]) if isinstance(outcome, Recorded)]
    assert len(set(given)) == 40


def test_a_process_that_dies_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helpers: list[Any] = []
    made = preparing._Helper.__init__

    def noted(helper: Any, *given: Any) -> None:
        helpers.append(helper)
        made(helper, *given)

    monkeypatch.setattr(preparing._Helper, "__init__", noted)
    texts = [json.dumps(order(f"o{number}")) for number in range(200)]
    positions = []
    with Ledger.open(sqlite_copy(tmp_path)) as ledger:
        for outcome in ledger.append_many(texts):
            assert isinstance(outcome, Recorded)
            positions.append(outcome.position)
            if len(positions) == 95:
                os.kill(helpers[0]._process.pid, signal.SIGKILL)
    assert positions == list(range(1, 201))


def test_a_process_that_cannot_be_started_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [json.dumps(order(f"o{number}")) for number in range(40)]
    monkeypatch.setattr("sys.executable", str(tmp_path / "none"))
    outcomes, _ = kept(tmp_path / "alone", texts)
    assert [place.position for place in outcomes if isinstance(place, Recorded)] == list(range(1, 41))


def test_a_load_that_is_given_up_leaves_no_process_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helpers: list[Any] = []
    made = preparing._Helper.__init__

    def noted(helper: Any, *given: Any) -> None:
        helpers.append(helper)
        made(helper, *given)

    monkeypatch.setattr(preparing._Helper, "__init__", noted)
    with Ledger.open(sqlite_copy(tmp_path)) as ledger:
        outcomes = ledger.append_many(json.dumps(order(f"o{number}")) for number in range(1_000))
        for _ in range(50):
            next(outcomes)
        outcomes.close()  # type: ignore[attr-defined]  # a generator, as append_many's text says it is consumed
    assert helpers[0]._process.returncode is not None
