"""What is recorded stays as it is: every way to change an event is tried, through our connections and past them.

Out of scope: whoever may ALTER or DROP the triggers, or write the file's bytes, can change anything.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from ledger import Ledger
from ledger.store.engine import writing
from tests import databases
from tests.store.asking import contents
from tests.store.events import about, merge, order

COLUMNS = (
    "position", "stream", "version", "source", "event_key", "type", "type_version", "occurred_at", "received_at",
    "recorded_at", "header", "sealed", "digest",
)  # fmt: skip


def insert(tail: str = "", verb: str = "INSERT", **changed: str) -> str:
    """Return a statement that inserts the second event once more, with some columns changed."""
    values = ", ".join(changed.get(column, column) for column in COLUMNS)
    return f"{verb} INTO events ({', '.join(COLUMNS)}) SELECT {values} FROM events WHERE position = 2 {tail}"


NO_KEY = {"source": "NULL", "event_key": "NULL"}
NEW_PLACE = {"position": "99", "version": "99"}

CHANGES = {
    "update": "UPDATE events SET type = 'page.viewed'",
    "update of a column that is empty": "UPDATE events SET leaf = digest WHERE position = 1",
    "update that changes nothing": "UPDATE events SET position = position",
    "delete": "DELETE FROM events WHERE position = 3",
    "delete of all": "DELETE FROM events",
    "delete of what events belong to": "DELETE FROM streams WHERE customer_id = 'ada'",
    "delete of where events come from": "DELETE FROM sources",
    "upsert at its position": insert("ON CONFLICT (position) DO UPDATE SET type = 'x'"),
    "upsert at its version": insert("ON CONFLICT (stream, version) DO UPDATE SET type = 'x'", position="99", **NO_KEY),
    "upsert by its key": insert(
        "ON CONFLICT (source, event_key) WHERE event_key IS NOT NULL DO UPDATE SET type = 'x'", **NEW_PLACE
    ),
    "another event at its position": insert(version="99", **NO_KEY),
    "another event at its version": insert(position="99", **NO_KEY),
    "another event of its key": insert(**NEW_PLACE),
}

ON_SQLITE = {
    "replace": insert(verb="REPLACE"),
    "replace at its position": insert(verb="INSERT OR REPLACE", version="99", **NO_KEY),
    "replace at its version": insert(verb="INSERT OR REPLACE", position="99", **NO_KEY),
    "replace by its key": insert(verb="INSERT OR REPLACE", **NEW_PLACE),
    "update or replace": "UPDATE OR REPLACE events SET position = 1 WHERE position = 2",
    "a place before the first": insert(verb="REPLACE", position="0", version="99", **NO_KEY),
}

ON_POSTGRES = {
    "truncate": "TRUNCATE events CASCADE",
    "truncate with what hangs on it": "TRUNCATE streams CASCADE",
    "merge": "MERGE INTO events e USING streams s ON e.stream = s.stream WHEN MATCHED THEN DELETE",
    "delete inside a query": "WITH gone AS (DELETE FROM events RETURNING *) SELECT count(*) FROM gone",
}


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """Give a ledger of five events, a merge and a retraction among them."""
    ledger.append([order("o1"), order("o2"), order("o3", "bo")])
    ledger.append([merge("m1", "bo", "ada"), about("x1", "event.retracted", order("o1"))])
    return ledger


def on(ledger: Ledger) -> dict[str, str]:
    return CHANGES | (ON_SQLITE if ledger.store.engine.dialect.name == "sqlite" else ON_POSTGRES)


def test_no_statement_through_our_connections_changes_an_event(told: Ledger) -> None:
    before = contents(told)
    for name, statement in on(told).items():
        with pytest.raises(DBAPIError, match=r"append-only|unique|UNIQUE"), writing(told.store.engine) as connection:
            connection.execute(text(statement))
        assert contents(told) == before, name


def test_no_statement_past_our_connections_changes_an_event(told: Ledger) -> None:
    before = contents(told)
    for name, statement in on(told).items():
        with pytest.raises((sqlite3.IntegrityError, psycopg.Error), match=r"append-only|unique|UNIQUE"):
            straight(told, statement)
        assert contents(told) == before, name


def straight(ledger: Ledger, statement: str) -> None:
    """Run a statement as another program would: with the driver's own settings, none of ours."""
    url = make_url(ledger.store.url)
    connection: Any
    if url.get_backend_name() == "sqlite":
        connection = sqlite3.connect(url.database or "")
        assert connection.execute("PRAGMA recursive_triggers").fetchone() == (0,)
    else:
        connection = psycopg.connect(databases.text(url.set(drivername="postgresql")))
    with closing(connection):
        connection.execute(statement)
        connection.commit()


def test_a_refused_change_leaves_the_rest_of_its_transaction_undone_too(told: Ledger) -> None:
    before = contents(told)

    def change() -> None:
        with writing(told.store.engine) as connection:
            connection.execute(text("UPDATE log_head SET position = 0"))
            connection.execute(text("DELETE FROM events"))

    with pytest.raises(DBAPIError, match="append-only"):
        change()
    assert contents(told) == before


def test_the_refusal_says_what_to_do_instead(told: Ledger) -> None:
    words = "record a new event, or retract this one"
    with pytest.raises(DBAPIError, match=words), writing(told.store.engine) as connection:
        connection.execute(text("DELETE FROM events"))


def test_a_ledger_that_was_tried_is_sound_and_goes_on(told: Ledger) -> None:
    for statement in on(told).values():
        with pytest.raises(DBAPIError), writing(told.store.engine) as connection:
            connection.execute(text(statement))
    [place] = told.append(order("o4"))
    assert (place.position, place.version) == (6, 5)
    told.rebuild()
    assert told.verify(whole=True).ok
