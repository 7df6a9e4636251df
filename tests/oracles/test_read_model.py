"""The read model against the oracle: another way of computing the same rows, held side by side."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ledger import Ledger
from tests.oracles.logs import Log, disturbed, simulated
from tests.oracles.oracle import Oracle
from tests.oracles.reading import Row, caught_up, differences, read, rebuilt

LOGS: dict[str, Callable[[], Log]] = {
    "simulated, as it arrives": lambda: simulated(400, 5),
    "simulated, in any order": lambda: simulated(300, 12, shuffle=True),
    "simulated, where clocks skip midnight": lambda: simulated(200, 9, zone="Africa/Cairo", shuffle=True),
    "disturbed": lambda: disturbed(250, 21),
    "disturbed, in another zone": lambda: disturbed(250, 22, zone="America/Sao_Paulo"),
}

Reader = Callable[[Log, Path], AbstractContextManager[Ledger]]

READERS: dict[str, Reader] = {
    "rebuilt": rebuilt,
    "caught up in batches": lambda log, folder: caught_up(log, folder, batches=12, seed=len(log.events)),
}


class Both(NamedTuple):
    """What the oracle and the ledger say of one log."""

    oracle: Oracle
    tables: dict[str, list[Row]]

    def differences(self, statement: str, table: str, *key: str) -> list[str]:
        """Return where the oracle's statement and a table differ, after making sure that there is something to see."""
        expected = [_as_json(row) for row in self.oracle.rows(statement)]
        assert len(expected) > 200
        return differences(expected, self.tables[table], ("customer", *key))


def _as_json(row: Row) -> dict[str, Any]:
    told = ("cost", "segments", "outcomes", "ratings")
    return {name: json.loads(value) if name in told else value for name, value in row.items()}


@pytest.fixture(scope="module", params=LOGS)
def log(request: pytest.FixtureRequest) -> Log:
    return LOGS[request.param]()


@pytest.fixture(scope="module")
def oracle(log: Log, tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    return Oracle(log.events, log.zone, tmp_path_factory.mktemp("oracle"))


@pytest.fixture(scope="module", params=READERS)
def both(request: pytest.FixtureRequest, log: Log, oracle: Oracle, tmp_path_factory: pytest.TempPathFactory) -> Both:
    with READERS[request.param](log, tmp_path_factory.mktemp("ledger")) as ledger:
        return Both(oracle, read(ledger))


def test_every_visit_is_the_one_that_the_rules_state(both: Both) -> None:
    assert both.differences("FROM expected_visits", "stage_visits", "track", "number") == []


def test_every_channel_has_the_history_that_the_log_tells(both: Both) -> None:
    assert both.differences("FROM expected_channels", "channel_history", "channel") == []


def test_contacts_in_pairs_are_those_that_follow_another(both: Both) -> None:
    counted: Counter[tuple[str, ...]] = Counter()
    for row in both.tables["experience_metrics"]:
        if row["measure"] == "switching" and row["value"]:
            counted[row["customer"], row["channel"], row["unit"], row["value"]] += row["n"]
    expected = both.oracle.rows("FROM expected_pairs")
    assert counted == {(row["customer"], row["channel"], row["before"], row["value"]): row["n"] for row in expected}


def test_touchpoints_on_the_channel_preferred_then_are_those_that_the_log_tells(both: Both) -> None:
    counted: Counter[tuple[str, ...]] = Counter()
    for row in both.tables["touchpoint_history"]:
        if row["touchpoints"] and row["preferred"]:
            counted[row["customer"], row["channel"], row["direction"], row["preferred"]] += row["touchpoints"]
    expected = both.oracle.rows("FROM expected_suiting")
    assert len(expected) > 50
    assert counted == {(row["customer"], row["channel"], row["direction"], row["suits"]): row["n"] for row in expected}


def test_every_interaction_went_as_its_events_say(both: Both) -> None:
    assert both.differences("FROM expected_interactions", "interactions", "interaction_id") == []


def test_every_change_of_department_is_a_handover(both: Both) -> None:
    announcing = {(row["customer"], row["case_id"], row["alone"]) for row in both.oracle.rows("FROM announcing")}
    unannounced = [
        row
        for row in both.tables["handovers"]
        if (row["customer"], row["case_id"], None if row["case_id"] else row["interaction_id"]) not in announcing
    ]
    expected = [_as_json(row) for row in both.oracle.rows("FROM expected_handovers")]
    assert len(expected) > 20
    assert differences(expected, unannounced, ("source", "event_id")) == []


def test_every_case_went_as_its_events_say(both: Both) -> None:
    assert both.differences("FROM expected_cases", "cases", "kind", "case_id") == []
