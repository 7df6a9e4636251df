"""Importing by mapping: every row accounted for, again without harm, and stopped in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

from ledger.cli.exits import Exit
from tests.cli.running import PROGRAM, Shell, environment

MAPPING = """
[mapping]
name = "shop"
source = "shop"
zone = "Europe/Berlin"

[files.orders]
path = "orders.csv"

[[events]]
from = "orders"
type = "order.placed"
event_id = "order_id"
customer_id = "customer"
occurred_at = "placed"

[events.data]
value = "CAST(value AS DECIMAL(12, 2))"
currency = "'EUR'"
"""

ORDERS = """order_id,customer,placed,value
o-1,anna,2024-05-01 10:20:30,20.00
o-2,ben,2024-05-02 11:00:00,7.50
o-3,anna,not a time,5.00
o-4,,2024-05-03 11:00:00,5.00
"""


def folder(shell: Shell, orders: str = ORDERS) -> list[str]:
    shell("init", "-q")
    shell.file("mapping.toml", MAPPING)
    (shell.folder / "data").mkdir(exist_ok=True)
    (shell.folder / "data" / "orders.csv").write_text(orders)
    return ["import", "mapping.toml", "--data", "data"]


def test_good_rows_are_recorded_and_bad_ones_named_with_file_line_and_reason(shell: Shell) -> None:
    ran = shell(*folder(shell), "-f", "json", code=1)
    made = ran.json
    assert (made["rows"], made["recorded"], made["already_recorded"], made["rejected"]) == (4, 2, 0, 2)
    assert made["rejects"] == "shop.rejects.ndjson"
    rejects = [json.loads(line) for line in (shell.folder / "shop.rejects.ndjson").read_text().splitlines()]
    assert [(reject["file"], reject["line"]) for reject in rejects] == [("orders.csv", 4), ("orders.csv", 5)]
    assert "not a time" in rejects[0]["reason"]
    assert "customer_id" in rejects[1]["reason"]
    assert "orders.csv, line 4: " in ran.err
    assert "2 rows rejected: see shop.rejects.ndjson" in ran.err
    assert shell("history", "anna").rows[0]["occurred_at"] == "2024-05-01T10:20:30+02:00"


def test_a_second_import_writes_nothing(shell: Shell) -> None:
    command = folder(shell)
    shell(*command, code=1)
    before = shell("export").raw
    again = shell(*command, "-f", "json", code=1).json
    assert (again["recorded"], again["already_recorded"]) == (0, 2)
    assert shell("export").raw == before


def test_an_import_without_a_bad_row_is_done(shell: Shell) -> None:
    ran = shell(*folder(shell, "\n".join(ORDERS.splitlines()[:3]) + "\n"), "-f", "table")
    assert "2 events recorded, 0 there already, 0 rejected" in ran.out
    assert not (shell.folder / "shop.rejects.ndjson").exists()


def test_a_mapping_with_a_missing_column_is_refused_before_anything_is_recorded(shell: Shell) -> None:
    command = folder(shell)
    shell.file("mapping.toml", MAPPING.replace('"placed"', '"placed_at"'))
    ran = shell(*command, code=2)
    assert "placed_at" in ran.err
    assert ran.err.count("Traceback") == 0
    assert shell("export").raw == b""


def test_a_mapping_that_is_wrong_tells_every_problem(shell: Shell) -> None:
    command = folder(shell)
    shell.file("mapping.toml", MAPPING.replace("zone =", "zoen =").replace("from =", "form ="))
    err = shell(*command, code=2).err
    assert "zoen" in err
    assert "form" in err


def test_what_is_not_there_is_named(shell: Shell) -> None:
    command = folder(shell)
    (shell.folder / "data" / "orders.csv").unlink()
    assert "orders.csv" in shell(*command, code=2).err
    assert "cannot read the mapping no.toml" in shell("import", "no.toml", "--data", "data", code=2).err
    assert "--data" in shell("import", "mapping.toml", code=2).err


def test_ctrl_c_in_the_middle_keeps_what_was_recorded_and_the_next_run_goes_on(shell: Shell) -> None:
    rows = 150_000
    lines = [f"o-{n},c-{n % 5_000},2024-05-01 10:20:30,20.00" for n in range(rows)]
    command = folder(shell, "\n".join(["order_id,customer,placed,value", *lines]) + "\n")
    process = subprocess.Popen(
        [*PROGRAM, *command],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        cwd=shell.folder, env=environment(shell.url), start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while recorded(shell) == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == Exit.STOPPED
    assert b"stopped: what was recorded stays; run the same command again and it goes on" in said
    assert b"Traceback" not in said
    kept = recorded(shell)
    assert 0 < kept < rows
    shell("rebuild", "-q")
    assert shell("verify", "-f", "json").json["events"] == kept
    made = shell(*command, "-f", "json").json
    assert made["recorded"] == rows - kept
    assert made["already_recorded"] == kept
    assert recorded(shell) == rows


def recorded(shell: Shell) -> int:
    import sqlite3

    connection = sqlite3.connect(shell.folder / "ledger.db")
    found: int = connection.execute("SELECT position FROM log_head").fetchone()[0]
    connection.close()
    return found
