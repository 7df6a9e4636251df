"""On the real logs too, whoever runs the folds and whatever they read, the rows are the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from ledger import Ledger
from ledger.projecting.catch_up import catch_up, catch_up_batch
from ledger.projections import PROJECTIONS
from ledger.store.engine import writing
from ledger.store.read_model import PARKED, STATES, versioned
from ledger.store.versions import live_model
from tests.faults.extent import FULL, many
from tests.properties.ledgers import Tables, tables
from tests.properties.test_every_runner import archived, one_by_one
from tests.real.figures import LOGS, Log
from tests.real.ledgers import imported

pytestmark = pytest.mark.real


# The one of 24,000 customers takes minutes.
TOLD = [log for log in LOGS if FULL or log.name != "cdnow"]


@pytest.fixture(scope="module", params=TOLD, ids=lambda log: log.name)
def ledger(
    request: pytest.FixtureRequest, real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    log: Log = request.param
    folder = tmp_path_factory.mktemp(log.name)
    with imported(log, real_data, folder), Ledger.open(f"sqlite:///{folder}/ledger.db", create=False) as opened:
        yield opened


def emptied(ledger: Ledger) -> None:
    """Put the live version back to before the first event."""
    with writing(ledger.store.engine) as connection:
        live = live_model(connection)
        assert live is not None
        for name in (*(projection.name for projection in PROJECTIONS), STATES, PARKED):
            connection.execute(text(f"DELETE FROM {versioned(name, live.version)}"))
        connection.execute(text("UPDATE checkpoints SET position = 0 WHERE model = :model"), {"model": live.version})


def caught_up(ledger: Ledger, batch: int) -> Tables:
    emptied(ledger)
    while catch_up_batch(ledger.store, limit=batch).events:
        pass
    catch_up(ledger.store)
    return tables(ledger)


def test_all_agree(ledger: Ledger, tmp_path: Path) -> None:
    expected = tables(ledger)
    assert sum(map(len, expected.values())) > 5_000
    for batch in (10_000, 1_777)[: many(1, 2)]:
        assert caught_up(ledger, batch) == expected
    some = one_by_one(ledger, every=many(25, 1))
    for name, rows in some.items():
        customers = {row[0] for row in some["journey_position"]}
        assert rows == [row for row in expected[name] if row[0] in customers]
    assert archived(ledger, tmp_path / "archive", Random(1)) == expected
