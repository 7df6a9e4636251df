"""`quality` as a user types it."""

from __future__ import annotations

import os

import pytest

from tests.cli.running import Shell, ndjson, wire


def test_the_report_has_a_row_for_every_figure(told: Shell) -> None:
    rows = told("quality").rows
    assert {"unknown_fields", "late_events", "repeated_content", "types_without_stage"} <= {r["metric"] for r in rows}
    [department] = [r for r in rows if r.get("field") == "department" and "source" not in r]
    assert (department["numerator"], department["n"]) == (2, 2)
    assert {"definition", "low", "high", "few", "as_of", "position", "zone"} <= set(department)


def test_the_report_on_a_screen_says_how_many_of_how_many(told: Shell) -> None:
    shown = told("quality", "-f", "table").out
    assert "What events do not say" in shown
    assert "department  all        2   2  100.0%" in shown
    assert "log position 6" in shown.replace("\n", " ")
    assert max(map(len, shown.splitlines())) <= 80


def test_how_late_is_late_is_asked(told: Shell) -> None:
    def late(*options: str) -> int:
        rows = told("quality", *options).rows
        [row] = [row for row in rows if row["metric"] == "late_events" and "source" not in row]
        return int(row["numerator"])

    assert late() == 6
    assert late("--late", "5200w") == 0
    assert late("--since", "2024-05-04") == 3


def test_no_more_types_are_shown_than_can_be_read_and_all_are_given(shell: Shell) -> None:
    kinds = ["triaged", "in_progress", "awaiting_customer", "awaiting_third_party", "awaiting_internal", "progressed",
             "escalated"]  # fmt: skip
    types = [f"case.{kind}" for kind in kinds] + [
        "obstacle.hit",
        "need.met",
        "survey.sent",
        "work.started",
        "work.scheduled",
    ]
    own = {
        "obstacle.hit": {"step": "s", "cause": "people"},
        "need.met": {"need": "price"},
        "survey.sent": {"metric": "nps"},
    }
    events = [
        wire(f"e-{number}", type, "2024-05-01T10:00:00Z", case_id="k") | {"data": own.get(type, {})}
        for number, type in enumerate(types)
    ]
    shell("init", "-q")
    shell("append", "-", "-o", os.devnull, stdin=ndjson(events))
    shell("rebuild", "-q")
    given = [row["type"] for row in shell("quality").rows if row["metric"] == "types_without_stage"]
    assert len(given) > 10
    shown = shell("quality", "-f", "table").out
    assert sum(type in shown for type in given) == 10


def test_an_empty_ledger_is_said_to_have_no_data(shell: Shell) -> None:
    shell("init", "-q")
    shell("rebuild", "-q")
    assert {row["n"] for row in shell("quality").rows} == {0}
    assert "What events do not say" in shell("quality", "-f", "table").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--late", "soon"], "is no length of time"),
        (["--since", "2024-05-02", "--before", "2024-05-01"], "ends before"),
    ],
)
def test_a_report_that_cannot_be_is_refused(told: Shell, arguments: list[str], words: str) -> None:
    assert words in told("quality", *arguments, code=2).err
