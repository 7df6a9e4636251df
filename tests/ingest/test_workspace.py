from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger.errors import InvalidDefinition, InvalidInput, LedgerError
from ledger.ingest.mapping import parse_mapping
from ledger.ingest.workspace import workspace
from tests.ingest.importing import HEADER, ROW, imported, visits, write


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM '{secret}'",
        "SELECT * FROM glob('{folder}/*')",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "ATTACH '{folder}/other.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "CREATE PERSISTENT SECRET s (TYPE http)",
        "SELECT * FROM secret",
    ],
)
def test_nothing_but_what_the_mapping_names_can_be_reached(sql: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n", encoding="utf-8")
    with workspace([]) as space, pytest.raises(InvalidInput):
        space.run(sql.format(secret=secret, folder=tmp_path), "trying")
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_the_workspace_is_gone_afterwards() -> None:
    with workspace([]) as space:
        space.run("CREATE TABLE t AS SELECT 1 AS x", "trying")
        folder = space.folder
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_a_query_cannot_read_beside_the_data(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW)
    write(tmp_path, "a\n1\n", "other.csv")
    query = {"rows": "visits", "sql": f"select visits.* from visits, read_csv('{tmp_path}/other.csv')"}
    with pytest.raises(InvalidDefinition, match="disabled by configuration"):
        imported(visits(queries={"q": query}, event={"from": "q"}), tmp_path)


def test_a_path_cannot_lead_out_of_the_data_folder(tmp_path: Path) -> None:
    inside = tmp_path / "data"
    inside.mkdir()
    write(tmp_path, HEADER + ROW)
    for path in ("../visits.csv", str(tmp_path / "visits.csv"), "a/../../visits.csv", "~/visits.csv"):
        with pytest.raises(InvalidDefinition, match="leads out of the data folder"):
            parse_mapping(visits(file={"path": path}))
    (inside / "visits.csv").symlink_to(tmp_path / "visits.csv")
    with pytest.raises(LedgerError, match="leads out of"):
        imported(visits(), inside)


ENDLESS = """
import sys
from pathlib import Path
from tests.ingest.importing import imported, visits
total = "(select sum(a.range * b.range) from range(10_000_000) a, range(10_000_000) b)"
query = {"rows": "visits", "sql": f"select visits.* from visits, {total}"}
mapping = visits(queries={"q": query}, event={"from": "q"})
try:
    imported(mapping, Path(sys.argv[1]), watch=lambda tally: print("read", flush=True))
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupt_within_a_statement_is_an_interrupt(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    write(tmp_path, HEADER + ROW)
    with subprocess.Popen(
        [sys.executable, "-B", "-c", ENDLESS, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        text=True,
    ) as importing:
        try:
            assert importing.stdout is not None
            assert importing.stdout.readline() == "read\n"
            time.sleep(0.5)  # until the query runs
            importing.send_signal(signal.SIGINT)
            said, _ = importing.communicate(timeout=60)
        finally:
            importing.kill()
    assert said.splitlines()[-1] == "interrupted"
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("room", [1_000, 300_000])
def test_a_temporary_folder_without_room_is_told_as_such(room: int, tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW * 30_000)
    program = """
import sys
from pathlib import Path
from ledger.errors import StorageFull
from tests.ingest.importing import imported, visits
try:
    imported(visits(), Path(sys.argv[1]))
except StorageFull as error:
    print(error)
"""

    def without_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    run = subprocess.run(
        [sys.executable, "-B", "-c", program, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        preexec_fn=without_room,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "the temporary folder is full" in run.stdout
    assert "TMPDIR" in run.stdout
