"""Worker processes fold as the caller does, whatever program starts them and however they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger import Ledger, ProjectionError
from ledger.projections.driver import Folds
from ledger.runners import tasks, workers
from ledger.runners.inline import Built, fold_range
from ledger.runners.source import LogReader, Source
from ledger.runners.workers import fold_all
from ledger.sample import simulate_lines
from ledger.schemas.definitions import Definitions
from ledger.store.engine import reading
from ledger.store.links import all_units
from ledger.store.log import Until, last_position, last_stream

ROOT = Path(__file__).parents[2]

SCRIPT = """
import sys
from ledger import Ledger
from ledger.runners import whole
whole.WORTH_WORKERS = 0
with Ledger.open(sys.argv[1]) as ledger:
    print(ledger.rebuild(workers=2).events)
"""


@pytest.fixture
def filled(ledger_url: str) -> str:
    with Ledger.open(ledger_url) as ledger:
        for _ in ledger.append_many(simulate_lines(40, 3)):
            pass
    return ledger_url


def gathered(parts: list[Built]) -> dict[str, list[tuple[object, ...]]]:
    return {name: sorted(row for part in parts for row in part.rows[name]) for name in parts[0].rows}


def test_workers_make_the_rows_the_caller_makes(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "STREAMS_A_CUT", 7)
    with Ledger.open(filled) as ledger:
        store = ledger.store
        with reading(store.engine) as connection:
            until, last = Until(position=last_position(connection)), last_stream(connection)
            units = all_units(connection, until)
            alone = fold_range(LogReader(connection, until), Folds(store.context), store.mapper, units, 1, last)
        source = Source(url=store.url, definitions=store.definitions, until=until)
        crew = list(fold_all(source, tasks.tasks([(1, last)], 2), 2))
        assert sum(built.customers for built in crew) == alone.customers
        assert sum(built.events for built in crew) == alone.events
        assert gathered([built for built in crew if built.rows]) == gathered([alone])


def test_a_script_without_a_guarded_main_part_may_rebuild(filled: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT, filled], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert said.stderr == ""
    assert int(said.stdout) > 0


def test_a_worker_that_is_killed_ends_the_run_with_a_word(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PROGRAM", f"import os; os.kill(os.getpid(), {signal.SIGKILL})")
    with Ledger.open(filled) as ledger, pytest.raises(ProjectionError, match="a worker process died"):
        list(fold_all(first_ten(ledger.store.url, ledger.store.definitions), [[(1, 10)]], 1))


def test_what_a_worker_cannot_open_is_said_by_the_parent(tmp_path: Path, filled: str) -> None:
    with Ledger.open(filled) as ledger:
        definitions = ledger.store.definitions
    missing = f"sqlite:///{tmp_path}{os.sep}nowhere{os.sep}ledger.db"
    with pytest.raises(ProjectionError, match="a worker process failed"):
        list(fold_all(first_ten(missing, definitions), [[(1, 10)]], 1))


def first_ten(url: str, definitions: Definitions) -> Source:
    return Source(url=url, definitions=definitions, until=Until(position=10))
