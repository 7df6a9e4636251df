"""The real tables against the model: every row of the log, and nothing else."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from tests.databases import text
from tests.faults.simulation.model import Kept, Model, erased, merged, named_by

EVENTS = (
    "SELECT e.position, s.customer_id, e.version, n.name, e.type, e.received_at, e.recorded_at, e.header, e.sealed "
    "FROM events e JOIN sources n ON n.id = e.source JOIN streams s ON s.stream = e.stream ORDER BY e.position"
)
STREAMS = "SELECT customer_id, version, standing FROM streams"
MERGES = (
    "SELECT m.position, n.name, f.customer_id, i.customer_id, m.recorded_at FROM merges m "
    "JOIN sources n ON n.id = m.source JOIN streams f ON f.stream = m.from_stream "
    "JOIN streams i ON i.stream = m.into_stream ORDER BY m.position"
)
UNMERGES = "SELECT u.position, n.name, u.recorded_at FROM unmerges u JOIN sources n ON n.id = u.source ORDER BY 1"
IDENTIFIERS = (
    "SELECT i.position, s.customer_id, i.namespace, i.value FROM identifiers i "
    "JOIN streams s ON s.stream = i.stream ORDER BY i.position"
)
HEAD = "SELECT position, recorded_at FROM log_head"


def differences(url: str, model: Model) -> list[str]:
    """Return where the tables are not what the model says, in words."""
    kept = list(model.log.values())
    wanted: dict[str, list[Any]] = {
        "events": [_row(one) for one in kept],
        "streams": sorted(_head(customer, stream) for customer, stream in model.streams.items()),
        "merges": [
            (one.position, one.wire["source"], *merged(one.wire), one.recorded) for one in of_type(kept, "merged")
        ],
        "unmerges": [(one.position, named_by(one.wire)[0], one.recorded) for one in of_type(kept, "unmerged")],
        "identifiers": [
            (one.position, one.wire["customer_id"], one.wire["data"]["namespace"], one.wire["data"]["value"])
            for one in of_type(kept, "identified")
        ],
        "log_head": [(len(kept), model.recorded)],
    }
    events, streams, *links = answers(url, EVENTS, STREAMS, MERGES, UNMERGES, IDENTIFIERS, HEAD)
    found: dict[str, list[Any]] = {
        "events": [(*row[:7], _content(row[1], row[7], row[8])) for row in events],
        "streams": sorted((customer, version, *_standing(raw)) for customer, version, raw in streams),
        **dict(zip(("merges", "unmerges", "identifiers", "log_head"), links, strict=True)),
    }
    return [line for table in wanted for line in _differ(table, wanted[table], found[table])]


def of_type(kept: list[Kept], word: str) -> list[Kept]:
    """Return the events of type `customer.<word>`."""
    return [one for one in kept if one.wire["type"] == f"customer.{word}"]


def _row(one: Kept) -> tuple[Any, ...]:
    wire = one.wire
    places = (one.position, wire["customer_id"], one.version, wire["source"], wire["type"])
    return (*places, one.received, one.recorded, wire)


def _head(customer: str, stream: tuple[Kept, ...]) -> tuple[Any, ...]:
    history = [one.wire for one in stream]
    retracted = [named_by(wire) for wire in history if wire["type"] == "event.retracted"]
    return customer, len(history), erased(history), retracted


def _standing(raw: bytes | None) -> tuple[bool, list[tuple[str, ...]]]:
    standing = {} if raw is None else json.loads(bytes(raw))
    return standing.get("erased", False), [tuple(named) for named in standing.get("retracted", [])]


def _content(customer: str, header: bytes, sealed: bytes | None) -> dict[str, Any]:
    """Return the wire object again: the clear part with the sealed one laid over it."""
    content: dict[str, Any] = {"customer_id": customer, **json.loads(bytes(header))}
    content.setdefault("data", {})
    for name, part in json.loads(bytes(sealed)).items() if sealed is not None else ():
        content[name] = {**content.get(name, {}), **part}
    return content


def _differ(table: str, wanted: list[Any], found: list[Any]) -> list[str]:
    lines = [f"{table}: {one} is missing" for one in wanted if one not in found]
    lines += [f"{table}: {one} should not be there" for one in found if one not in wanted]
    if not lines and wanted != found:
        lines.append(f"{table}: rows are doubled or out of order")
    return lines


def answers(url: str, *statements: str) -> list[list[tuple[Any, ...]]]:
    """Return the rows of each statement, by the plain driver and one connection."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(f"{parsed.database}", timeout=30)) as connection:
            return [connection.execute(statement).fetchall() for statement in statements]
    with psycopg.connect(text(parsed.set(drivername="postgresql"))) as server:
        return [server.execute(statement.encode()).fetchall() for statement in statements]
