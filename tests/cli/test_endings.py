"""However a command ends, it ends in a sentence and an exit code that is documented."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger import errors
from ledger.cli.exits import MEANINGS, Exit, code_of
from tests.cli.running import PROGRAM, STORY, Shell, environment, ndjson, wire


def test_every_exit_code_has_a_meaning_and_every_error_a_code() -> None:
    assert set(MEANINGS) == set(Exit)
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.LedgerError)]
    undecided = [
        kind for kind in kinds if code_of(kind.__new__(kind)) is Exit.DEFECT and kind is not errors.LedgerError
    ]
    assert undecided == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"this is no database at all, but it is long enough to look at" * 20, "not a SQLite database"),
        (b"SQLite format 3\x00" + b"\x10\x00\x01\x01" + b"\xff" * 4_000, ""),
    ],
)
def test_a_corrupt_file_is_one_sentence_and_stays_as_it_is(shell: Shell, content: bytes, words: str) -> None:
    file = shell.folder / "ledger.db"
    file.write_bytes(content)
    for command in (["history", "c-42"], ["init"], ["append", "-"], ["rebuild"], ["verify"]):
        ran = shell(*command, stdin=ndjson(STORY), code=5)
        assert ran.err.startswith("Error: ")
        assert ran.err.count("\n") == 1
        assert words in ran.err
    assert file.read_bytes() == content


def test_a_database_of_something_else_is_left_alone(shell: Shell) -> None:
    with sqlite3.connect(shell.folder / "ledger.db") as other:
        other.execute("CREATE TABLE invoices (id INTEGER)")
    other.close()
    for command in ("init", "verify"):
        assert "holds other tables and no ledger" in shell(command, code=5).err


def test_a_ledger_of_a_newer_version_says_what_to_install(told: Shell) -> None:
    with sqlite3.connect(told.folder / "ledger.db") as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    newer.close()
    assert "install the newer customer-ledger" in told("history", "c-42", code=5).err


def test_a_url_that_is_none_says_how_to_write_one(shell: Shell) -> None:
    assert "write sqlite:///ledger.db or postgresql://" in shell("verify", "--url", "nonsense", code=2).err
    assert "SQLite or PostgreSQL" in shell("verify", "--url", "mysql://x/y", code=2).err


def test_a_server_that_does_not_answer_is_one_sentence_without_the_password(shell: Shell) -> None:
    ran = shell("verify", "--url", "postgresql://me:secret@127.0.0.1:1/ledger", code=5)
    assert ran.err.count("\n") == 1
    assert "secret" not in ran.err


def test_a_place_that_may_not_be_written_is_one_sentence(told: Shell) -> None:
    ran = told("init", "--url", "sqlite:////proc/ledger.db", code=5)
    assert "cannot be opened: check the path and its permissions" in ran.err
    assert ran.err.count("\n") == 1
    if os.geteuid() != 0:  # root may write anywhere
        (told.folder / "ledger.db").chmod(0o400)
        assert "permissions" in told("append", "-", stdin=ndjson([wire("x", "page.viewed", "2024-05-01")]), code=5).err


def test_a_full_disk_is_one_sentence_and_nothing_is_half_written(told: Shell) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PROGRAM, "export"],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=told.folder,
            env=environment(told.url),
            check=False,
        )
    assert done.returncode == Exit.STORAGE
    words = b"no room is left where it writes: free some, and run the same command again (No space left on device)"
    assert done.stderr == b"Error: " + words + b"\n"


def test_projections_that_were_never_built_name_the_cure(shell: Shell) -> None:
    shell("init", "-q")
    shell("append", "-", stdin=ndjson(STORY))
    for command in (["metrics", "nps"], ["funnel"], ["channels"], ["customers"], ["catch-up"]):
        assert "run `customer-ledger rebuild`" in shell(*command, code=6).err


def test_whoever_stops_reading_gets_no_traceback(told: Shell) -> None:
    events = [wire(f"e-{n}", "page.viewed", "2024-05-01T10:00:00Z", channel="web" * 50) for n in range(3_000)]
    told("append", "-", "-o", os.devnull, stdin=ndjson(events))
    for form in ("ndjson", "json", "csv", "table"):
        unbuffered = {"PYTHONUNBUFFERED": "1"} if form in ("json", "table") else {}
        with subprocess.Popen(
            [*PROGRAM, "history", "c-42", "-f", form],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=told.folder, env=environment(told.url) | unbuffered,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait(60) == Exit.PIPE_CLOSED


def test_a_defect_is_named_as_one_and_debug_shows_where(told: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object, **_named: object) -> None:
        raise ZeroDivisionError("no such thing")

    monkeypatch.setattr("ledger.queries.history.history", broken)
    ran = told("history", "c-42", code=70)
    assert "a defect of customer-ledger, not of your input (ZeroDivisionError: no such thing)" in ran.err
    assert "Traceback" not in ran.err
    assert "Traceback" in told("history", "c-42", "--debug", code=70).err
    told.variable("LEDGER_DEBUG", "1")
    assert "Traceback" in told("history", "c-42", code=70).err


def test_an_event_that_cannot_be_read_is_named(told: Shell) -> None:
    with sqlite3.connect(told.folder / "ledger.db") as log:
        triggers = log.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            log.execute(f"DROP TRIGGER {name}")
        log.execute("UPDATE events SET header = '{\"type\": ' WHERE position = 2")
    log.close()
    ran = told("history", "c-42", code=7)
    assert "the event at position 2 (order.placed) cannot be read" in ran.err
    # The live version was made before the damage, so the new one waits for a decision.
    assert told("rebuild", "-f", "json", code=8).json["parked"] == 1
    told("projections", "activate", "2", "-q")
    assert len(told("customers").rows) == 1
    verified = told("verify", "-f", "json", code=1).json
    assert [check["name"] for check in verified["checks"] if not check["ok"]] == ["every event can be read"]


def interrupted(
    shell: Shell, arguments: list[str], ready: str, number: signal.Signals = signal.SIGINT
) -> tuple[int, str]:
    """Start a command, send a signal (Ctrl-C's) once `ready` stands on its stdout or stderr; return how it ended."""
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        cwd=shell.folder, env=environment(shell.url), start_new_session=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    if arguments[0] == "append":
        process.stdin.write(ndjson(STORY))
        process.stdin.flush()
    out = b""
    while ready.encode() not in out:
        line = process.stdout.readline()
        assert line, out.decode()
        out += line
    os.killpg(process.pid, number)
    rest, _ = process.communicate(timeout=60)
    return process.returncode, (out + rest).decode()


def test_ctrl_c_while_appending_keeps_what_was_recorded(shell: Shell) -> None:
    shell("init", "-q")
    code, said = interrupted(shell, ["append", "-"], "order-2")
    assert code == Exit.STOPPED
    assert "stopped: what was recorded stays; append the same input again to go on" in said
    assert "Traceback" not in said
    assert len(shell("export").rows) == len(STORY)


@pytest.mark.parametrize(("number", "ended"), [(signal.SIGINT, Exit.STOPPED), (signal.SIGTERM, Exit.TERMINATED)])
def test_a_signal_while_following_ends_in_a_sentence(told: Shell, number: signal.Signals, ended: Exit) -> None:
    code, said = interrupted(told, ["catch-up", "--follow"], "following sqlite:///ledger.db", number)
    assert code == ended
    assert "what was applied stays" in said
    assert "Traceback" not in said


def test_a_pace_without_following_is_refused_with_the_cure(told: Shell) -> None:
    assert "--every is for --follow: give both" in told("catch-up", "--every", "2s", code=Exit.UNUSABLE).err
    told.variable("LEDGER_CATCH_UP_EVERY", "2s")  # for all that follow; to apply once is no mistake
    told("catch-up")


def test_following_applies_what_is_appended_meanwhile(told: Shell) -> None:
    with subprocess.Popen(
        [*PROGRAM, "catch-up", "--follow", "--every", "1s", "-q"],
        stdout=subprocess.PIPE, cwd=told.folder, env=environment(told.url), text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        time.sleep(0.5)
        told("append", "-", stdin=ndjson([wire("new", "page.viewed", "2024-07-01T10:00:00Z")]))
        assert '"position":7' in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == Exit.STOPPED
    assert told("projections").rows[0]["lag_events"] == 0


@pytest.mark.parametrize(("redirected", "said"), [(">&-", b""), ("2>&-", b""), ("<&-", b"0 events recorded")])
def test_a_stream_that_was_closed_before_the_start_is_like_the_null_device(
    told: Shell, redirected: str, said: bytes
) -> None:
    arguments = "append -" if "<" in redirected else "history c-42"
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -m ledger {arguments} {redirected}', sys.executable],
        capture_output=True, cwd=told.folder, env=environment(told.url), check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr[: len(said) or None]) == (0, said)
    assert bool(done.stdout) is (redirected == "2>&-")


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("import ledger.cli.group as it; it.told = stop", signal.SIGTERM),
        ("import ledger.cli.run as it; done = it.run; it.run = lambda given: stop(done(given))", signal.SIGTERM),
        ("import ledger.cli.run as it; done = it.run; it.run = lambda given: stop(done(given))", signal.SIGINT),
    ],
    ids=["before", "after", "after, Ctrl-C"],
)
def test_a_signal_beside_a_commands_own_part_ends_in_a_sentence_too(
    shell: Shell, moment: str, number: signal.Signals
) -> None:
    program = (
        f"import os, sys\ndef stop(*_): os.kill(os.getpid(), {number})\n"
        f"{moment}\nfrom ledger.cli import main\nsys.argv = ['ledger', 'metrics', '--list']\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, cwd=shell.folder, env=environment(shell.url), check=False
    )
    assert done.returncode == 128 + number
    assert done.stderr.decode().strip() == "stopped: nothing is half done"
