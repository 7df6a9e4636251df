"""`bench append`: a user's own disk or server is measured, and nothing is left there."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from ledger.cli.exits import Exit
from tests.cli.running import PROGRAM, Shell, environment
from tests.databases import text

SHORT = ["bench", "append", "--seconds", "0.2", "--threads", "4"]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_single_appends_of_one_and_of_many_threads_and_bulk_are_held_against_bare_syncs(shell: Shell) -> None:
    rows = shell(*SHORT, "-f", "json").json
    assert [(row["measured"], row["threads"], row["events_per_call"]) for row in rows] == [
        ("one event a call", 1, 1),
        ("one event a call", 4, 1),
        ("bulk", 1, 5_000),
    ]
    for row in rows:
        assert row["events"] > 0.9 * row["calls"] * row["events_per_call"]  # the simulated send some twice
        assert row["seconds"] >= 0.2
        assert row["events_per_second"] == pytest.approx(row["events"] / row["seconds"], abs=0.06, rel=1e-4)
        assert 0 < row["p50_ms"] <= row["p99_ms"] <= row["longest_ms"] <= round(row["seconds"] * 1000, 3)
        assert row["syncs"] > 0
        assert low(row["events_per_second"], 1) / high(row["syncs_per_second"], 1) <= high(row["ratio"], 3)
        assert high(row["events_per_second"], 1) / low(row["syncs_per_second"], 1) >= low(row["ratio"], 3)


def low(told: float, places: int) -> float:
    """Return the least that is told as this number: it is rounded to so many places."""
    return told - 0.51 / 10.0**places


def high(told: float, places: int) -> float:
    """Return the most that is told as this number."""
    return told + 0.51 / 10.0**places


def test_one_thread_is_measured_once(shell: Shell) -> None:
    rows = shell("bench", "append", "--seconds", "0.1", "--threads", "1").rows
    assert [row["measured"] for row in rows] == ["one event a call", "bulk"]


def test_a_person_sees_a_table_that_fits(shell: Shell) -> None:
    ran = shell(*SHORT, "-f", "table")
    assert "events/s" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "measuring for about 1 s" in ran.err


def test_the_ledger_in_use_is_not_touched_and_nothing_is_left_beside_it(told: Shell) -> None:
    before = files(told.folder)
    told(*SHORT)
    assert files(told.folder) == before


def test_the_ledger_that_is_named_need_not_exist(shell: Shell) -> None:
    shell(*SHORT)
    assert files(shell.folder) == {}


def test_a_server_is_measured_in_a_database_that_is_gone_afterwards(shell: Shell, postgres_url: str) -> None:
    rows = shell(*SHORT, "--url", postgres_url).rows
    assert all(row["ratio"] > 0 and row["syncs"] > 0 for row in rows)
    plain = text(make_url(postgres_url).set(drivername="postgresql"))
    assert left(postgres_url, shell.folder) == []
    with psycopg.connect(plain) as server:
        assert server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall() == []


def test_an_account_that_may_not_make_a_database_is_told_the_right_it_lacks(shell: Shell, postgres_url: str) -> None:
    plain = make_url(postgres_url).set(drivername="postgresql")
    with psycopg.connect(text(plain), autocommit=True) as server:
        server.execute("CREATE ROLE ledger_bench_guest LOGIN")
        try:
            ran = shell(*SHORT, "--url", text(plain.set(username="ledger_bench_guest")), code=5)
        finally:
            server.execute("DROP ROLE ledger_bench_guest")
    assert "name one with the right CREATEDB" in ran.err


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("sqlite:///nowhere/ledger.db", 5, "does not exist: make it first"),
        ("sqlite:////sys/ledger.db", 5, "nothing may be written into /sys: check its permissions"),
        ("sqlite:////proc/ledger.db", 5, "cannot use /proc/ledger-bench-"),
        ("postgresql://me:secret@127.0.0.1:1/ledger", 5, "the server does not answer"),
        ("nonsense", 2, "is no address of a ledger"),
    ],
)
def test_where_nothing_can_be_measured_one_sentence_says_so(shell: Shell, url: str, code: int, words: str) -> None:
    ran = shell(*SHORT, "--url", url, code=code)
    assert words in ran.err
    assert ran.err.count("\n") == 1
    assert "secret" not in ran.err


@pytest.mark.parametrize("place", ["sqlite_url", "postgres_url"])
def test_ctrl_c_leaves_nothing_behind(shell: Shell, place: str, request: pytest.FixtureRequest) -> None:
    url: str = request.getfixturevalue(place)
    process = subprocess.Popen(
        [*PROGRAM, "bench", "append", "--seconds", "60", "--url", url],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=shell.folder, env=environment(url), start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert b"measuring" in process.stderr.readline()
    assert left(url, shell.folder)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=40)  # the measurements alone take 60 seconds and more
    assert process.returncode == Exit.STOPPED
    assert err.decode().endswith("stopped: nothing of it stays\n")
    assert out == b""
    assert left(url, shell.folder) == []


def left(url: str, folder: Path) -> list[str]:
    """Return what a measurement has made beside `url`."""
    if url.startswith("sqlite"):
        return [path.name for path in folder.iterdir()]
    with psycopg.connect(text(make_url(url).set(drivername="postgresql"))) as server:
        found = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'ledger_bench_%'").fetchall()
        return [name for (name,) in found]
