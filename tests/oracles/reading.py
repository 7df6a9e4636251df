"""Ledgers that recorded a log, their read model by column, and where two readings of it differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from msgspec import structs
from sqlalchemy import select, text

from ledger import Ledger, LedgerError
from ledger.opening import define
from ledger.projecting.catch_up import catch_up, catch_up_batch
from ledger.projecting.rebuild import rebuild
from ledger.projections import PROJECTIONS
from ledger.runners.run import Run
from ledger.schemas.journey import default_journey, journey_to_json
from ledger.store.engine import reading
from ledger.store.read_model import table_of
from tests.ledgers import sqlite_copy
from tests.oracles.logs import Log, Wire

Row = dict[str, Any]


@contextmanager
def rebuilt(log: Log, folder: Path) -> Iterator[Ledger]:
    """Open a ledger that recorded the log and then folded all of it."""
    with _empty(log, folder) as ledger:
        _record(ledger, log.events)
        rebuild(ledger.store, run=Run(workers=1))
        yield ledger


@contextmanager
def caught_up(log: Log, folder: Path, batches: int, seed: int) -> Iterator[Ledger]:
    """Open a ledger that recorded the log in so many batches of any size, and folded on after most of them."""
    draw = Random(seed)
    cuts = [0, *sorted(draw.sample(range(1, len(log.events)), batches - 1)), len(log.events)]
    with _empty(log, folder) as ledger:
        rebuild(ledger.store, run=Run(workers=1))
        for start, end in pairwise(cuts):
            _record(ledger, log.events[start:end])
            if draw.random() < 0.5:
                catch_up_batch(ledger.store, limit=draw.randint(1, 2 * (end - start)))
            elif draw.random() < 0.7:
                catch_up(ledger.store)
        catch_up(ledger.store)
        yield ledger


@contextmanager
def _empty(log: Log, folder: Path) -> Iterator[Ledger]:
    url = sqlite_copy(folder)
    if log.zone != "UTC":
        define(url, {"journey": journey_to_json(structs.replace(default_journey(), zone=log.zone))})
    with Ledger.open(url) as ledger:
        yield ledger


def _record(ledger: Ledger, events: list[Wire]) -> None:
    for outcome in ledger.append_many(events):
        assert not isinstance(outcome, LedgerError), outcome


def read(ledger: Ledger) -> dict[str, list[Row]]:
    """Return the rows of every projection by column, customers by their own key; JSON columns are read."""
    tables: dict[str, list[Row]] = {}
    with reading(ledger.store.engine) as connection:
        names = {row.stream: row.customer_id for row in connection.execute(text("SELECT * FROM streams"))}
        for projection in PROJECTIONS:
            read_as_json = {column.name for column in projection.columns if column.kind == "json"}
            tables[projection.name] = [
                {
                    name: names[value] if name == "customer" else json.loads(value) if name in read_as_json else value
                    for name, value in row.items()
                }
                for row in connection.execute(select(table_of(projection))).mappings()
            ]
    return tables


def differences(expected: list[Row], found: list[Row], key: Sequence[str]) -> list[str]:
    """Return a sentence for each row that is missing, surplus, or differs in a column that both have."""
    columns = [name for name in (expected or found)[0] if name in (found or expected)[0]]
    wanted, had = _by_key(expected, key), _by_key(found, key)
    told = [f"{name} is missing: {wanted[name]}" for name in sorted(wanted.keys() - had.keys())]
    told += [f"{name} is one too many: {had[name]}" for name in sorted(had.keys() - wanted.keys())]
    for name in sorted(wanted.keys() & had.keys()):
        told += [
            f"{name}: {column} is {had[name][column]!r}, the oracle says {wanted[name][column]!r}"
            for column in columns
            if had[name][column] != wanted[name][column]
        ]
    return told


def _by_key(rows: list[Row], key: Sequence[str]) -> dict[tuple[Any, ...], Row]:
    found = {tuple(row[name] for name in key): row for row in rows}
    assert len(found) == len(rows), f"{key} is no key"
    return found
