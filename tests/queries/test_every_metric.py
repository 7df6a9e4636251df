"""What every metric must do, whatever it tells: answer nothing with nothing, and say where it stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger import Ledger
from ledger.errors import InvalidArgument
from ledger.metrics.figure import Figure
from ledger.metrics.registry import METRICS, TOPICS
from ledger.queries.figure_row import FEW
from ledger.queries.metrics import OF_THE_LOG, metrics
from ledger.sample import simulate
from tests.queries.telling import told, write

ASKED = sorted(name for name, metric in METRICS.items() if metric.command is None)

NEEDED: dict[str, dict[str, Any]] = {"time_between": {"from_type": "order.placed", "to_type": "order.delivered"}}
"""What some metrics cannot do without."""

EVIDENT = {"metric", "statistic", "value", "n", "excluded", "low", "high", "unit", "numerator", "negative", "few",
           "definition", "window", "from", "to", "as_of", "known_at", "zone", "position", "journey"}  # fmt: skip
"""What stands beside every figure."""


def asked(ledger: Ledger, name: str, **more: Any) -> list[dict[str, Any]]:
    return [row.as_row() for row in metrics(ledger.store, [name], **{**NEEDED.get(name, {}), **more})]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Ledger.open(f"sqlite:///{tmp_path_factory.mktemp('metrics')}/l.db") as ledger:
        for _ in ledger.append_many(simulate(150, 5)):
            pass
        ledger.rebuild(workers=1)
        yield ledger


@pytest.mark.parametrize("name", ASKED)
def test_no_data_is_told_as_no_data(quick_ledger: Ledger, name: str) -> None:
    write(quick_ledger)
    for row in asked(quick_ledger, name):
        empty(row)


def empty(row: dict[str, Any]) -> None:
    assert row["n"] == 0, row
    assert row["value"] in ((0, None) if row["statistic"] in ("count", "sum") else (None,)), row
    assert (row["low"], row["high"], row["few"]) == (None, None, False), row


@pytest.mark.parametrize("type_", ["page.viewed", "interaction.completed", "customer.segment_assigned", "note.added"])
def test_one_event_is_enough_for_every_metric_to_answer(quick_ledger: Ledger, type_: str) -> None:
    own = {"data_scheme": "tier", "data_segment": "gold"} if "segment" in type_ else {}
    own |= {"data_text": "hello"} if type_ == "note.added" else {}
    write(quick_ledger, told(type_, "a", 1, **own))
    for name in ASKED:
        for row in asked(quick_ledger, name):
            sound(row)


@pytest.mark.parametrize("name", ASKED)
def test_a_figure_is_sound_and_names_all_it_rests_on(simulated: Ledger, name: str) -> None:
    rows = asked(simulated, name)
    assert rows, "a metric that tells nothing of 150 people is no metric"
    assert len({json.dumps([row["statistic"], *_keys(row)], sort_keys=True) for row in rows}) == len(rows)
    for row in rows:
        assert row.keys() >= EVIDENT
        assert row["definition"] == f"{name}@{METRICS[name].version}"
        assert row["excluded"].keys() <= METRICS[name].excluded.keys() | {"parked"}, row
        assert row.keys() - EVIDENT <= METRICS[name].parts.keys() | set(METRICS[name].dimensions), row
        assert row["zone"] == "UTC"
        assert row["as_of"]
        assert row["position"] == simulated.catch_up().position
        sound(row)


def _keys(row: dict[str, Any]) -> list[Any]:
    return [row[key] for key in sorted(row.keys() - EVIDENT)]


def sound(row: dict[str, Any]) -> None:
    assert row["n"] >= 0, row
    assert all(count > 0 for count in row["excluded"].values()), row
    if row["n"] == 0 and row["statistic"] not in ("count", "sum"):
        assert row["value"] is None, row
    if row["low"] is not None and row["high"] is not None and row["value"] is not None:
        assert row["low"] - 1e-12 <= row["value"] <= row["high"] + 1e-12, row
    if row["statistic"] == "share" and "Wilson" in _interval(row) and row.get("funnel") != "open":
        assert (row["low"] is None) is (row["value"] is None), row
        assert row["value"] is None or 0 <= row["value"] <= 1, row
    if row["value"] is not None and row["statistic"] not in ("count", "sum"):
        assert row["few"] is (row["n"] < FEW), row


def _interval(row: dict[str, Any]) -> str:
    return METRICS[row["metric"]].statistic(row["statistic"]).interval or ""


@pytest.mark.parametrize("name", ASKED)
def test_every_split_that_is_promised_can_be_asked(simulated: Ledger, name: str) -> None:
    for dimension in METRICS[name].dimensions:
        key = "segment:region" if dimension == "segment" else dimension
        try:
            rows = asked(simulated, name, by=[key])
        except InvalidArgument:
            # Not every measure of volume has every split; the refusal says which have.
            assert name == "volume"
            continue
        assert all(key in row for row in rows), (name, key)


DAY = 86_400_000_000

OTHER: dict[str, list[dict[str, Any]]] = {
    "from_type": [{"from_type": "awareness", "to_type": "use"}, {"from_type": "order.shipped"}],
    "to_type": [{"from_type": "awareness", "to_type": "use"}, {"to_type": "order.shipped"}],
    "per": [{"per": "customer"}],
    "step": [{"step": "type", "per": "customer"}],
    "kind": [{"kind": "order"}],
    "measure": [{"measure": "orders"}],
    "currency": [{"currency": "GBP"}],
    "within": [{"within": DAY}, {"within": 5 * DAY}, {"within": 400 * DAY}],
    "top": [{"top": 1}],
}
"""Other values of each option than the one in force without it."""


@pytest.mark.parametrize("name", ASKED)
def test_an_option_changes_a_figure_or_is_refused(simulated: Ledger, name: str) -> None:
    usual = [row.figure for row in metrics(simulated.store, [name], **NEEDED.get(name, {}))]
    for option, values in OTHER.items():
        if option in METRICS[name].options:
            assert any(_told(simulated, name, value) != usual for value in values), option
        else:
            with pytest.raises(InvalidArgument, match=f"`{option.removesuffix('_type')}` changes nothing in {name}"):
                metrics(simulated.store, [name], **{**NEEDED.get(name, {}), option: values[0][option]})


def _told(ledger: Ledger, name: str, more: dict[str, Any]) -> list[Figure]:
    try:
        return [row.figure for row in metrics(ledger.store, [name], **{**NEEDED.get(name, {}), **more})]
    except InvalidArgument:
        return []  # the option is read, and this value of it is another metric's


@pytest.mark.parametrize("name", [name for name in ASKED if "segment" in METRICS[name].dimensions])
def test_several_schemes_of_segments_split_at_once(simulated: Ledger, name: str) -> None:
    rows = asked(simulated, name, by=["segment:region", "segment:value"])
    assert {"segment:region", "segment:value"} <= set.intersection(*(set(row) for row in rows))


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_tells_all_of_its_metrics(simulated: Ledger, topic: str) -> None:
    wanted = {m.name for m in METRICS.values() if m.topic == topic and m.command is None and m.name not in OF_THE_LOG}
    if wanted:
        assert {row.figure.metric for row in metrics(simulated.store, [topic])} == wanted


def test_a_merge_that_is_undone_leaves_every_figure_as_it_was(quick_ledger: Ledger) -> None:
    events = list(simulate(60, 8))
    for _ in quick_ledger.append_many(events):
        pass
    quick_ledger.rebuild(workers=1)
    before = figures(quick_ledger)
    first, second = sorted({event["customer_id"] for event in events if event["customer_id"].startswith("C")})[:2]
    merge = told("customer.merged", second, 400, "m1", data_from=first, data_into=second)
    quick_ledger.append(merge)
    quick_ledger.catch_up()
    assert figures(quick_ledger) != before
    quick_ledger.append(told("customer.unmerged", second, 401, data_source="test", data_event_id="m1"))
    quick_ledger.catch_up()
    assert figures(quick_ledger) == before


def figures(ledger: Ledger) -> dict[str, list[Figure]]:
    return {name: [row.figure for row in metrics(ledger.store, [name], **NEEDED.get(name, {}))] for name in ASKED}


@pytest.mark.parametrize("name", ASKED)
def test_a_window_without_anything_in_it_is_no_data(simulated: Ledger, name: str) -> None:
    for row in asked(simulated, name, since=0, before=86_400_000_000):
        assert row["n"] == 0, row


def test_both_databases_and_a_fold_made_for_the_question_tell_the_same(
    simulated: Ledger, new_postgres: Callable[..., str]
) -> None:
    with Ledger.open(new_postgres()) as other:
        for _ in other.append_many(simulate(150, 5)):
            pass
        other.rebuild(workers=1)
        for more in ({}, {"as_of": LATER}):
            here, there = everything(simulated, **more), everything(other, **more)
            for one, another in zip(here, there, strict=True):
                assert one == another


def everything(ledger: Ledger, **more: Any) -> list[dict[str, Any]]:
    """Return every figure that needs no option, to 12 digits: databases and numpy add in different orders."""
    rows = metrics(ledger.store, [name for name in ASKED if name not in NEEDED], **more)
    return [
        {key: float(f"{value:.11e}") if isinstance(value, float) else value for key, value in row.as_row().items()}
        for row in rows
    ]


LATER = 1_767_225_600_000_000
"""The end of the simulations, 2026-01-01."""


def test_nothing_is_asked_of_a_topic_that_there_is_not(simulated: Ledger) -> None:
    with pytest.raises(InvalidArgument, match="no metric 'moods'"):
        metrics(simulated.store, ["moods"])
