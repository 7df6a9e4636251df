"""The archive from the command line."""

from __future__ import annotations

from tests.cli.running import STORY, Shell, ndjson, wire


def test_an_archive_is_made_and_brought_up_to_date(told: Shell) -> None:
    made = told("archive", "archive", "-f", "json").json
    assert (made["position"], made["events"], made["new_events"], made["archive"]) == (6, 6, 6, "archive")
    assert {"new_segments", "merged_segments", "segments", "bytes", "seconds", "events_per_second"} <= set(made)
    told("append", "-", stdin=ndjson([wire("late", "page.viewed", "2024-01-01T10:00:00Z", channel="web")]))
    assert told("archive", "archive", "--compact", "-f", "json").json["merged_segments"] == 2
    shown = told("archive", "archive", "-f", "table").out
    assert "no new events" in shown
    assert "7 events up to position 7, 1 file" in shown


def test_verify_reads_the_archive_when_it_is_named(told: Shell) -> None:
    told("archive", "archive", "-q")
    checks = told("verify", "--archive", "archive", "-f", "json").json["checks"]
    assert [check["name"] for check in checks[-4:]] == [
        "the archive is of this ledger",
        "the archive's files are what was written",
        "the archive's positions are gapless",
        "the archive holds what the log holds",
    ]
    [segment] = (told.folder / "archive" / "segments").iterdir()
    segment.write_bytes(segment.read_bytes()[:-1])
    ran = told("verify", "--archive", "archive", "-f", "json", code=1)
    assert [segment.name in check["detail"] for check in ran.json["checks"][-4:]] == [False, True, False, True]


def test_what_is_wrong_ends_in_a_sentence_and_a_code(shell: Shell) -> None:
    shell("init", "-q")
    assert "nothing to archive yet" in shell("archive", "archive", code=5).err
    shell("append", "-", stdin=ndjson(STORY))
    assert "no archive at nowhere" in shell("verify", "--archive", "nowhere", code=5).err
    shell.file("file", "no folder")
    assert "file is a file, or lies in one: name a folder" in shell("archive", "file", code=5).err
    assert "Missing argument 'DIR'" in shell("archive", code=2).err
    shell("archive", "archive", "--width", "3", "-q")
    assert "3 customers a bucket" in shell("archive", "archive", "--width", "4", code=2).err
