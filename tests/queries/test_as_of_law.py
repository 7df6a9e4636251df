"""The laws of time.

As of T a ledger tells what one tells that recorded only what had happened by T; as known at K, what it told at K.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ledger import Ledger
from ledger.events.instants import occurred
from ledger.metrics.registry import METRICS
from ledger.projecting.rebuild import rebuild
from ledger.queries.conformance import conformance
from ledger.queries.metrics import metrics
from ledger.queries.quality import quality
from ledger.queries.touchpoints import touchpoints
from ledger.runners.run import Run
from ledger.sample import simulate
from ledger.schemas.catalogue import catalogue_from_toml
from tests.ledgers import SetClock
from tests.queries.telling import Wire, micros, moment, told

T = 547
"""2025-07-01 in days since 2024-01-01: the simulation is of the years 2023 to 2025."""

ABOUT_THE_RECORD = {"event.retracted", "customer.merged", "customer.unmerged", "stage.corrected"}
"""What acts by what is known, whenever it occurred."""

ASKED = sorted(name for name, metric in METRICS.items() if metric.command is None)
NEEDED: dict[str, dict[str, Any]] = {"time_between": {"from_type": "order.placed", "to_type": "order.delivered"}}

CATALOGUE = """
[[touchpoints]]
id = "order.placed"
name = "Order"
layers = ["what_is", "must_be"]

[[touchpoints]]
id = "concierge"
name = "Concierge"
layers = ["should_be"]
"""


def happened() -> list[Wire]:
    """Return three years of 60 people, and what lies at T itself, just after it, and speaks of both sides of it."""
    simulated = list(simulate(60, 5))
    one, other, third = sorted({event["customer_id"] for event in simulated if event["customer_id"].startswith("C")})[
        :3
    ]
    return [
        *simulated,
        told("page.viewed", one, T, "at-T", channel="web", direction="inbound"),
        told("order.placed", one, T - 1, "taken-back", data_value="5", data_currency="EUR"),
        told("event.retracted", one, T + 5, data_source="test", data_event_id="taken-back"),
        told("order.placed", other, T + 0.0001, "too-late", data_value="7", data_currency="EUR"),
        told("customer.merged", other, T + 9, "m", data_from=third, data_into=other),
        told("case.opened", other, T - 2, case_id="across"),
        told("case.resolved", other, T + 2, case_id="across"),
        told("feedback.received", one, T - 3, case_id="f", data_kind="complaint"),
        told("feedback.communicated", one, T + 1, case_id="f"),
        {**told("page.viewed", one, T + 1), "occurred_at": "2025-07-01", "time_precision": "date"},
        {**told("page.viewed", one, T + 1), "occurred_at": "2025-07-02", "time_precision": "date"},
    ]


def by_then(events: Iterable[Wire]) -> list[Wire]:
    """Return what had happened by T, and what speaks of the record."""
    return [event for event in events if event["type"] in ABOUT_THE_RECORD or _at(event) <= micros(T)]


def _at(event: Wire) -> int:
    return occurred(event["occurred_at"], event.get("time_precision", "instant"), ZoneInfo("UTC"))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, Ledger]]:
    """Give a ledger of all that happened, and one of what had happened by T; the last of that is at T itself."""
    folder = tmp_path_factory.mktemp("law")
    events = happened()
    with _ledger(folder / "all.db", events) as everything, _ledger(folder / "then.db", by_then(events)) as then:
        yield everything, then


def _ledger(path: Path, events: Iterable[Wire], clock: SetClock | None = None) -> Ledger:
    ledger = Ledger.open(f"sqlite:///{path}", clock=clock or SetClock())
    for outcome in ledger.append_many(events):
        assert not isinstance(outcome, Exception), outcome
    rebuild(ledger.store, run=Run(workers=1))
    return ledger


def test_the_second_ledger_recorded_less(both: tuple[Ledger, Ledger]) -> None:
    everything, then = both
    assert then.catch_up().position < everything.catch_up().position
    assert moment(T).isoformat() == "2025-07-01T00:00:00+00:00"
    assert told_of(then, ["nps"]) != told_of(everything, ["nps"])


@pytest.mark.parametrize("split", ["", "month", "stage", "segment:value"])
def test_every_metric_as_of_a_time_is_that_of_a_ledger_that_recorded_no_more(
    both: tuple[Ledger, Ledger], split: str
) -> None:
    everything, then = both
    names = [
        name for name in ASKED if name not in NEEDED and split.partition(":")[0] in ("", *METRICS[name].dimensions)
    ]
    by = [split] if split else []
    same(told_of(everything, names, by=by, as_of=micros(T)), told_of(then, names, by=by))


@pytest.mark.parametrize("name", NEEDED)
def test_so_is_one_that_needs_an_option(both: tuple[Ledger, Ledger], name: str) -> None:
    everything, then = both
    same(told_of(everything, [name], **NEEDED[name], as_of=micros(T)), told_of(then, [name], **NEEDED[name]))


@pytest.mark.parametrize("within", [7, 60])
def test_so_is_every_window_that_is_waited_for(both: tuple[Ledger, Ledger], within: int) -> None:
    everything, then = both
    names = [name for name in ASKED if METRICS[name].window is not None]
    length = within * 86_400_000_000
    same(told_of(everything, names, within=length, as_of=micros(T)), told_of(then, names, within=length))


def test_so_is_the_touchpoint_map(both: tuple[Ledger, Ledger]) -> None:
    everything, then = both
    stages = tuple(stage.name for stage in everything.store.context.journey.stages)
    for against in (None, catalogue_from_toml(CATALOGUE, stages)):
        for by in ([], ["stage"]):
            seen = touchpoints(everything.store, catalogue=against, by=by, as_of=micros(T))
            same(standing(seen), standing(touchpoints(then.store, catalogue=against, by=by)))


def test_so_is_conformance(both: tuple[Ledger, Ledger]) -> None:
    everything, then = both
    same(standing(conformance(everything.store, as_of=micros(T))), standing(conformance(then.store)))


def test_so_is_the_quality_report(both: tuple[Ledger, Ledger]) -> None:
    everything, then = both
    seen = standing(row.as_row() for row in quality(everything.store, as_of=micros(T)))
    same(seen, standing(row.as_row() for row in quality(then.store)))


def test_what_is_told_as_known_at_a_time_is_what_was_told_then(tmp_path: Path) -> None:
    events = sorted(happened(), key=lambda event: str(event["event_id"])[::-1])
    half, clock = len(events) // 2, SetClock()
    with _ledger(tmp_path / "all.db", events[:half], clock) as ledger:
        names = [name for name in ASKED if name not in NEEDED]
        before, known = everything_of(ledger, names), clock.now
        clock.now += 1_000_000
        for outcome in ledger.append_many(events[half:]):
            assert not isinstance(outcome, Exception), outcome
        ledger.catch_up()
        assert everything_of(ledger, names) != before
        same(everything_of(ledger, names, known_at=known), before)


def everything_of(ledger: Ledger, names: list[str], **asked: Any) -> list[dict[str, Any]]:
    """Return the figures of metrics, the touchpoint map, conformance and quality, but for which time was asked of."""
    rows = [
        *told_of(ledger, names, **asked),
        *standing(touchpoints(ledger.store, **asked)),
        *standing(conformance(ledger.store, **asked)),
        *standing(row.as_row() for row in quality(ledger.store, **asked)),
    ]
    return [{key: value for key, value in row.items() if key != "known_at"} for row in rows]


def told_of(ledger: Ledger, names: list[str], **asked: Any) -> list[dict[str, Any]]:
    return standing(row.as_row() for row in metrics(ledger.store, names, **asked))


def standing(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows without the position of their ledger, their numbers to 10 digits: sums may add in another order."""
    return [
        {key: float(f"{value:.9e}") if isinstance(value, float) else value for key, value in row.items()}
        for row in ({key: value for key, value in row.items() if key != "position"} for row in rows)
    ]


def same(told_then: list[dict[str, Any]], recorded: list[dict[str, Any]]) -> None:
    """Hold two lists of figures equal, one by one, so that what differs is short to read."""
    assert len(told_then) == len(recorded)
    for one, other in zip(told_then, recorded, strict=True):
        assert one == other
