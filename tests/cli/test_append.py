"""Appending from files and pipes: each line for itself, again without harm, and whatever comes in."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from tests.cli.running import PROGRAM, STORY, Shell, environment, ndjson, wire


def test_every_event_is_answered_with_its_place(shell: Shell) -> None:
    shell("init", "-q")
    ran = shell("append", "-", stdin=ndjson(STORY[:2]))
    assert ran.rows == [
        {"event_id": "view-1", "source": "web", "position": 1, "version": 1, "recorded": True},
        {"event_id": "order-1", "source": "shop", "position": 2, "version": 2, "recorded": True},
    ]
    assert ran.err == "2 events recorded, 0 there already, 0 rejected\n"


def test_the_same_file_again_writes_nothing_and_gives_the_first_places(shell: Shell) -> None:
    shell("init", "-q")
    file = shell.file("events.ndjson", ndjson(STORY))
    first = shell("append", file).rows
    again = shell("append", file, "-f", "json").json
    assert again == [{**row, "recorded": False} for row in first]


def test_a_bad_line_is_told_with_its_number_and_every_problem_and_the_others_are_kept(shell: Shell) -> None:
    shell("init", "-q")
    bad = wire("x", "order.placed", "2024-05-01T10:00:00", value=20, currency="EUR")
    ran = shell("append", "-", stdin=ndjson([STORY[0], bad, STORY[1]]), code=1)
    assert [row["event_id"] for row in ran.rows] == ["view-1", "order-1"]
    assert "line 2: 2 problems\n" in ran.err
    assert "\n  occurred_at: has no offset" in ran.err
    assert "\n  data.value: " in ran.err
    assert ran.err.endswith("2 events recorded, 0 there already, 1 rejected\n")


def test_rejected_lines_go_to_a_file_with_file_line_and_reason(shell: Shell) -> None:
    shell("init", "-q")
    file = shell.file("events.ndjson", b"not json\n" + ndjson(STORY[:1]))
    shell("append", file, "--rejects", "rejects.ndjson", code=1)
    [reject] = [json.loads(line) for line in (shell.folder / "rejects.ndjson").read_text().splitlines()]
    assert reject["file"] == "events.ndjson"
    assert reject["line"] == 1
    assert "is not JSON" in reject["reason"]


def test_no_rejects_file_is_made_when_nothing_is_rejected(shell: Shell) -> None:
    shell("init", "-q")
    shell("append", "-", "--rejects", "rejects.ndjson", stdin=ndjson(STORY))
    assert not (shell.folder / "rejects.ndjson").exists()


def test_an_event_without_an_id_is_rejected_unless_ids_are_made(shell: Shell) -> None:
    shell("init", "-q")
    event = {name: value for name, value in STORY[0].items() if name != "event_id"}
    assert "event_id" in shell("append", "-", stdin=ndjson([event]), code=1).err
    [row] = shell("append", "-", "--make-ids", stdin=ndjson([event])).rows
    assert len(row["event_id"]) == 36


def test_other_content_under_a_recorded_id_is_a_conflict_that_is_told(shell: Shell) -> None:
    shell("init", "-q")
    shell("append", "-", stdin=ndjson(STORY))
    ran = shell("append", "-", stdin=ndjson([{**STORY[0], "channel": "app"}]), code=1)
    assert "line 1: event 'view-1' of source 'web' is recorded at position 1 with other content" in ran.err


def test_blank_lines_a_byte_order_mark_and_a_missing_last_newline_are_no_trouble(shell: Shell) -> None:
    shell("init", "-q")
    lines = ndjson(STORY[:2]).replace(b"\n", b"\r\n\n  \n").strip()
    ran = shell("append", "-", stdin=b"\xef\xbb\xbf" + lines)
    assert len(ran.rows) == 2


def test_nothing_at_all_is_appended_without_trouble(shell: Shell) -> None:
    shell("init", "-q")
    assert shell("append", "-", stdin=b"").raw == b""
    assert shell("append", "-", "-f", "json", stdin=b"").json == []


def test_json_nested_a_million_deep_rejects_its_line_only(shell: Shell) -> None:
    shell("init", "-q")
    deep = b'{"data":' + b'{"a":' * 180_000 + b"1" + b"}" * 180_000 + b"}\n"
    deeper = b"[" * 1_000_000 + b"\n"
    ran = shell("append", "-", stdin=deep + deeper + ndjson(STORY[:1]), code=1)
    assert [row["event_id"] for row in ran.rows] == ["view-1"]
    assert "line 1" in ran.err
    assert "line 2" in ran.err


def test_an_event_of_64_kib_is_kept_and_one_of_a_byte_more_is_rejected(shell: Shell) -> None:
    def sized(event_id: str, size: int) -> bytes:
        event = wire(
            event_id, "information.requested", "2024-05-01T10:00:00Z", lifecycle="started", fields=["x" * 254] * 250
        )
        lacking = size - len(json.dumps(event, separators=(",", ":")))
        event["data"]["fields"] += ["y" * 247] * (lacking // 250) + ["z" * (lacking % 250 - 3)]
        return json.dumps(event, separators=(",", ":")).encode()

    shell("init", "-q")
    fits, larger = sized("fits", 65_536), sized("larger", 65_537)
    assert (len(fits), len(larger)) == (65_536, 65_537)
    ran = shell("append", "-", stdin=fits + b"\n" + larger + b"\n", code=1)
    assert [row["event_id"] for row in ran.rows] == ["fits"]
    assert "line 2: is 65537 bytes of compact JSON, more than 65536" in ran.err


def test_binary_garbage_rejects_its_lines_only(shell: Shell) -> None:
    shell("init", "-q")
    garbage = bytes(range(256)).replace(b"\n", b"") * 3
    ran = shell("append", "-", stdin=garbage + b"\n" + ndjson(STORY[:1]) + b"\x00\xff\xfe", code=1)
    assert [row["event_id"] for row in ran.rows] == ["view-1"]
    assert "line 1: is not" in ran.err
    assert "line 3: is not" in ran.err
    assert "\x00" not in ran.err
    assert "\x1b" not in ran.err


def test_a_line_of_two_hundred_mebibytes_is_rejected_in_little_memory(shell: Shell) -> None:
    shell("init", "-q")
    file = shell.folder / "huge.ndjson"
    with file.open("wb") as sink:
        sink.write(b'{"event_id":"')
        for _ in range(200):
            sink.write(b"x" * (1 << 20))
        sink.write(b'"}\n' + ndjson(STORY[:1]))
    program = (
        "import sys; from ledger.cli.run import run; from ledger.runners.memory import peak_kib; "
        "code = run(sys.argv[1:]); print(peak_kib() // 1024, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [PROGRAM[0], "-c", program, "append", file.name],
        capture_output=True, cwd=shell.folder, env=environment(shell.url), check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert b'"view-1"' in done.stdout
    assert b"line 1: is longer than 1,048,576 bytes" in done.stderr
    assert int(done.stderr.split()[-1]) < 150


def test_an_event_on_a_pipe_is_recorded_while_the_pipe_stays_open(shell: Shell) -> None:
    shell("init", "-q")
    with subprocess.Popen(
        [*PROGRAM, "append", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        cwd=shell.folder, env=environment(shell.url),
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        for event in STORY[:2]:
            process.stdin.write(ndjson([event]))
            process.stdin.flush()
            started = time.monotonic()
            assert json.loads(process.stdout.readline())["event_id"] == event["event_id"]
            assert time.monotonic() - started < 20
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_file_that_is_not_there_is_one_sentence(shell: Shell) -> None:
    shell("init", "-q")
    assert shell("append", "missing.ndjson", code=2).err.startswith("Error: cannot read missing.ndjson: No such file")
    assert shell("append", ".", code=2).err.startswith("Error: cannot read .: Is a directory")


def test_before_init_the_cure_is_named_and_no_file_is_made(shell: Shell) -> None:
    ran = shell("append", "-", stdin=ndjson(STORY), code=5)
    assert ran.err == "Error: there is no ledger at sqlite:///ledger.db yet: make one with `customer-ledger init`\n"
    assert list(shell.folder.iterdir()) == []


def test_what_is_rejected_cannot_act_on_the_terminal(shell: Shell) -> None:
    shell("init", "-q")
    event = wire("e", "\x1b]0;owned\x07.type", "2024-05-01T10:00:00Z")
    ran = shell("append", "-", stdin=ndjson([event]), code=1)
    assert "\x1b" not in ran.err
    assert "\x07" not in ran.err


def test_a_table_shows_the_first_events_and_counts_the_rest(shell: Shell, tmp_path: Path) -> None:
    shell("init", "-q")
    events = [wire(f"e-{n}", "page.viewed", "2024-05-01T10:00:00Z") for n in range(30)]
    ran = shell("append", "-", "-f", "table", stdin=ndjson(events))
    assert "e-19" in ran.out
    assert "e-20" not in ran.out
    assert "… and 10 more" in ran.out
