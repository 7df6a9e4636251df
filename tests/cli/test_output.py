"""One set of formats for every command: what a script, a spreadsheet and a person get."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.running import PROGRAM, Shell, environment, ndjson, wire


def test_data_is_ndjson_in_a_pipe_and_words_are_elsewhere(told: Shell) -> None:
    ran = told("projections")
    assert ran.rows[0]["name"] == "journey_position"
    assert ran.err == ""


def test_json_is_one_list_and_an_object_is_one_object(told: Shell) -> None:
    assert len(told("history", "c-42", "-f", "json").json) == 5
    assert told("history", "c-42", "-f", "json", "--channel", "none").json == []
    assert told("verify", "-f", "json").json["ok"] is True
    assert told("verify", "-f", "ndjson").rows[0]["ok"] is True


def test_csv_has_a_header_and_nested_values_as_json(told: Shell) -> None:
    rows = list(csv.DictReader(io.StringIO(told("history", "c-42", "-f", "csv").out)))
    assert rows[1]["type"] == "order.placed"
    assert json.loads(rows[1]["data"]) == {"value": "20.00", "currency": "EUR"}
    assert rows[1]["retracted"] == "false"


def test_csv_marks_text_that_a_spreadsheet_would_run(told: Shell) -> None:
    cells = ["=1+1", "+x", "-x", "@x", "plain"]
    events = [
        wire(f"f-{n}", "page.viewed", "2024-05-01T10:00:00Z", customer="csv", channel=cell)
        for n, cell in enumerate(cells)
    ]
    told("append", "-", stdin=ndjson(events))
    rows = list(csv.DictReader(io.StringIO(told("history", "csv", "-f", "csv").out)))
    assert [row["channel"] for row in rows] == ["'=1+1", "'+x", "'-x", "'@x", "plain"]


def test_csv_leaves_a_negative_number_a_number(told: Shell) -> None:
    told("append", "-", stdin=ndjson([
        wire("d-1", "survey.responded", "2024-05-05T12:00:00Z", metric="nps", score=0, scale_min=0, scale_max=10),
        wire("d-2", "survey.responded", "2024-05-05T12:00:00Z", metric="nps", score=0, scale_min=0, scale_max=10),
    ]))  # fmt: skip
    told("catch-up", "-q")
    [row] = csv.DictReader(io.StringIO(told("metrics", "nps", "-f", "csv").out))
    assert float(row["value"]) < 0


def test_parquet_is_read_by_others_with_its_types(told: Shell) -> None:
    told("history", "c-42", "-o", "history.parquet")
    table = pq.read_table(told.folder / "history.parquet")
    assert table.num_rows == 5
    assert str(table.schema.field("position").type) == "int64"
    assert str(table.schema.field("retracted").type) == "bool"
    assert json.loads(table.column("data")[1].as_py())["currency"] == "EUR"


def test_parquet_goes_into_a_pipe_too(told: Shell) -> None:
    ran = told.outside("export", "-f", "parquet")
    assert pq.read_table(io.BytesIO(ran.raw)).num_rows == 6


def test_a_file_says_its_format_by_its_ending_unless_told(told: Shell) -> None:
    told("history", "c-42", "-o", "h.csv")
    told("history", "c-42", "-o", "h.json")
    told("history", "c-42", "-o", "h.csv.txt", "-f", "csv")
    assert (told.folder / "h.csv").read_text() == (told.folder / "h.csv.txt").read_text()
    assert len(json.loads((told.folder / "h.json").read_text())) == 5


def test_a_file_is_only_replaced_by_a_whole_one(told: Shell) -> None:
    kept = told.folder / "kept.json"
    kept.write_text("as it was")
    told("history", "nobody", "-o", "kept.json", code=3)
    assert kept.read_text() == "as it was"
    assert [path.name for path in told.folder.glob(".*")] == []


def test_a_folder_that_is_not_there_is_one_sentence(told: Shell) -> None:
    ran = told("history", "c-42", "-o", "no/such/file.json", code=5)
    assert ran.err.count("\n") == 1
    assert "No such file or directory" in ran.err


def test_an_unknown_format_names_those_there_are(told: Shell) -> None:
    assert "'auto', 'table', 'json', 'ndjson', 'csv', 'parquet'" in told("history", "c-42", "-f", "xml", code=2).err


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_a_terminal_gets_a_table_and_colour_unless_no_color_is_set(told: Shell, no_color: str, coloured: bool) -> None:
    out = _on_terminal(told, ["verify"], {"NO_COLOR": no_color} if no_color else {})
    assert "positions are gapless" in out
    assert "{" not in out
    assert ("\x1b[1m" in out) or not coloured
    assert "\x1b[3" not in out or coloured


def test_parquet_is_kept_from_a_terminal(told: Shell) -> None:
    assert "write it to a file with -o" in _on_terminal(told, ["export", "-f", "parquet"], {}, code=2)


def _on_terminal(shell: Shell, arguments: list[str], env: dict[str, str], code: int = 0) -> str:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=shell.folder,
        env=environment(shell.url) | {"TERM": "xterm", "COLUMNS": "80"} | env,
    )  # fmt: skip
    os.close(theirs)
    out = b""
    try:
        while chunk := os.read(ours, 65_536):
            out += chunk
    except OSError:
        pass  # Linux says so when the other side is closed
    os.close(ours)
    assert process.wait(60) == code
    return out.decode()


def test_export_appended_elsewhere_makes_the_same_ledger(told: Shell, tmp_path: Path) -> None:
    exported = told("export").raw
    told("init", "-q", "--url", "sqlite:///copy.db")
    told("append", "-", "--url", "sqlite:///copy.db", stdin=exported)
    assert told("export", "--url", "sqlite:///copy.db").raw == exported
    again = told("append", "-", stdin=exported)
    assert not any(row["recorded"] for row in again.rows)


def test_a_file_whose_ending_says_no_format_is_refused_unless_told(told: Shell) -> None:
    for name in ("report.xlsx", "report.tsv", "report.log", "report"):
        err = told("history", "c-42", "-o", name, code=2).err
        assert f"no {Path(name).suffix or 'file without an ending'} can be written: name a .csv file" in err
        assert not (told.folder / name).exists()
        told("history", "c-42", "-o", name, "-f", "csv")
        assert (told.folder / name).read_text().startswith("event_id,")
    told("history", "c-42", "-o", os.devnull)


def test_what_has_one_form_only_goes_into_a_file_of_any_ending(told: Shell) -> None:
    told("completion", "bash", "-o", "customer-ledger.bash")
    assert "_CUSTOMER_LEDGER_COMPLETE" in (told.folder / "customer-ledger.bash").read_text()
