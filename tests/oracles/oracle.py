"""A DuckDB that holds what the statements in this folder's SQL say of a log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from ledger.events.contacts import CONTACTS, TOUCHPOINTS
from ledger.journey.channels import default_channels

HERE = Path(__file__).parent

Row = dict[str, Any]

ENVELOPE = ("event_id", "source", "type", "customer_id", "occurred_at", "time_precision", "channel", "direction",
            "department", "case_id", "interaction_id", "reason", "outcome", "stage_hint")  # fmt: skip


class Oracle:
    """Takes wire events (in any order, some twice) and answers from relations."""

    def __init__(self, wire: list[dict[str, Any]], zone: str, folder: Path) -> None:
        self._database = duckdb.connect()
        self._database.execute("SET TimeZone = 'UTC'; SET threads = 1; SET preserve_insertion_order = true")
        file = folder / "wire.ndjson"
        file.write_text("".join(json.dumps(event) + "\n" for event in wire), encoding="utf-8")
        columns = {**dict.fromkeys(ENVELOPE, "VARCHAR"), "source_sequence": "BIGINT", "actor": "JSON", "data": "JSON"}
        self._database.execute(
            f"CREATE TABLE wire AS SELECT row_number() OVER () AS line, * FROM "
            f"read_json('{file}', format = 'newline_delimited', columns = {columns})"
        )
        # What is configuration, not computation: the lists of types, the channels, the zone.
        self._table("settings(zone TEXT)", [(zone,)])
        self._table("touchpoint_types(type TEXT)", [(name,) for name in TOUCHPOINTS])
        self._table("contact_types(type TEXT)", [(name,) for name in CONTACTS])
        channels: list[tuple[str, ...]] = [(name, channel.assistance) for name, channel in default_channels().items()]
        self._table("registry(channel TEXT, assistance TEXT)", channels)
        for name in ("log", "primary", "overlays", "visits", "channels", "cases", "interactions"):
            self._database.execute((HERE / f"{name}.sql").read_text(encoding="utf-8"))

    def _table(self, columns: str, rows: list[tuple[str, ...]]) -> None:
        name, marks = columns.partition("(")[0], ", ".join("?" * len(rows[0]))
        self._database.execute(f"CREATE TABLE {columns}")
        self._database.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)

    def rows(self, statement: str) -> list[Row]:
        """Return what a statement answers, by column."""
        answer = self._database.execute(statement)
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
