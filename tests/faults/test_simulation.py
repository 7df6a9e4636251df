"""The whole write path is simulated from seeds: whatever fails and whenever, the log is what a model says.

`LEDGER_FAULTS_SEED=123` runs that seed alone, on each database.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from ledger import Ledger
from ledger.store.sqlite_writer import SQLiteWriter
from tests.faults.extent import many
from tests.faults.simulation.broken import BROKEN
from tests.faults.simulation.run import SEED, Found, Simulation
from tests.ledgers import MEMORY, empty, sqlite_copy

STEPS = 60
COMPARED = 5
"""Of so many seeds one has its projections built anew and compared: that costs as much as all its steps."""


@cache
def projected() -> Path:
    """Return an empty ledger's file with a read model, made once."""
    folder = Path(tempfile.mkdtemp(dir=MEMORY))
    with Ledger.open(sqlite_copy(folder)) as ledger:
        ledger.rebuild(workers=1)
    return folder / "ledger.db"


@contextmanager
def fresh_file() -> Iterator[str]:
    """Give the URL of an empty ledger of its own."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        shutil.copyfile(projected(), Path(folder) / "ledger.db")
        yield f"sqlite:///{folder}/ledger.db"


def seeds(short: int, full: int) -> list[int]:
    """Return the seeds to simulate: the one that was asked for, else so many."""
    return [int(SEED)] if SEED else list(range(many(short, full)))


def simulated(seed: int, url: str, inner: type[SQLiteWriter] | None = None) -> Simulation:
    """Run one simulation to its end."""
    simulation = Simulation(seed, url, inner)
    simulation.run(STEPS, projections=inner is None and (bool(SEED) or seed % COMPARED == 0))
    return simulation


def test_whatever_fails_and_whenever_the_log_is_what_the_model_says(tell: Callable[..., None]) -> None:
    done = []
    for seed in seeds(40, 2_000):
        with fresh_file() as url:
            simulation = simulated(seed, url)
        done.append((simulation.faults, len(simulation.acknowledged)))
    faults, acknowledged = map(sum, zip(*done, strict=True))
    tell(seeds=len(done), steps=len(done) * STEPS, faults=faults, acknowledged=acknowledged, lost=0, twice=0)


def test_on_a_server_too_the_log_is_what_the_model_says(kept_postgres: str, tell: Callable[..., None]) -> None:
    done = []
    for seed in seeds(3, 200):
        empty(kept_postgres)
        with Ledger.open(kept_postgres) as ledger:
            ledger.rebuild(workers=1)
        simulation = simulated(seed, kept_postgres)
        done.append((simulation.faults, len(simulation.acknowledged)))
    faults, acknowledged = map(sum, zip(*done, strict=True))
    tell(seeds=len(done), steps=len(done) * STEPS, faults=faults, acknowledged=acknowledged, lost=0, twice=0)


def test_the_same_seed_tells_the_same_story() -> None:
    for seed in range(1, many(2, 20)):
        traces = []
        for _ in range(2):
            with fresh_file() as url:
                traces.append(simulated(seed, url).trace)
        assert "\n".join(traces[0]).encode() == "\n".join(traces[1]).encode()
        assert len(traces[0]) > STEPS


@pytest.mark.parametrize("broken", BROKEN)
def test_a_writer_that_breaks_a_promise_is_found(broken: type[SQLiteWriter], tell: Callable[..., None]) -> None:
    for seed in range(1, 21):
        with fresh_file() as url:
            words = found(seed, url, broken)
        if words:
            assert f"LEDGER_FAULTS_SEED={seed} " in words
            tell(found_with_seed=seed)
            return
    pytest.fail("twenty seeds found nothing wrong with it")


def found(seed: int, url: str, broken: type[SQLiteWriter]) -> str:
    """Return what a simulation finds wrong."""
    try:
        simulated(seed, url, broken)
    except Found as breach:
        return str(breach)
    return ""
