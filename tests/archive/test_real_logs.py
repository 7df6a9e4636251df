"""The real logs, archived from SQLite and from PostgreSQL, come back row by row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger import Ledger
from tests.archive.logs import archived, held, logged
from tests.cli.running import Shell
from tests.faults.extent import FULL
from tests.real.figures import LOGS, RECEIPT, Log
from tests.real.ledgers import ROOT

pytestmark = pytest.mark.real


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("log", LOGS if FULL else [RECEIPT], ids=lambda log: log.name)
def test_a_real_log_comes_back_from_its_archive_row_by_row(
    log: Log,
    database: str,
    real_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    new_postgres: Callable[..., str],
) -> None:
    shell = Shell(tmp_path, "sqlite:///ledger.db" if database == "sqlite" else new_postgres(), monkeypatch)
    shell("init", "-q", *[str(ROOT / said) if "/" in said else said for said in log.definitions])
    mapping = ROOT / "examples" / log.name / "mapping.toml"
    shell("import", str(mapping), "--data", str(real_data / log.name), "-q")
    with Ledger.open(shell.url) as ledger:
        archived(ledger, tmp_path / "archive", width=1_000)
        rows = logged(ledger)
    assert held(tmp_path / "archive", 1, 10**7) == rows
    middle = rows[len(rows) // 2][1]
    assert held(tmp_path / "archive", middle, middle + 1_234) == [
        row for row in rows if middle <= row[1] <= middle + 1_234
    ]
    assert shell("verify", "--archive", "archive", "-f", "json").json["ok"]
