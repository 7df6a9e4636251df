"""Whoever runs the folds and whatever they read, the rows are the same: caught up, rebuilt, archived, one by one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ledger import Ledger, LedgerError
from ledger.archive.writing import write_archive
from ledger.errors import Conflict, Refused
from ledger.projecting.catch_up import catch_up, catch_up_batch
from ledger.projecting.rebuild import rebuild
from ledger.projections import PROJECTIONS
from ledger.queries.folded import fold_customer
from ledger.runners import tasks
from ledger.runners.run import Run
from ledger.store.engine import reading
from ledger.store.links import all_units
from ledger.store.log import customer_ids, last_stream
from tests.faults.extent import many
from tests.oracles.logs import disturbed, simulated
from tests.properties.ledgers import Tables, fresh_ledger, tables

SEEDS = many(24, 1_000)
BLOCKS = 8
"""Tests that the seeds are spread over, so that each process has some."""


def recorded(ledger: Ledger, events: Iterable[Any]) -> None:
    for outcome in ledger.append_many(events):
        # Out of order, a fact may stand against one that came before it.
        assert not isinstance(outcome, LedgerError) or isinstance(outcome, Conflict | Refused), outcome


def caught_up_with(ledger: Ledger, events: list[Any], chance: Random) -> Tables:
    """Append a log in batches of any size, catching up now and then with as much as comes."""
    rebuild(ledger.store)
    while events:
        size = chance.randrange(1, 200)
        recorded(ledger, events[:size])
        events = events[size:]
        if chance.random() < 0.7:
            catch_up_batch(ledger.store, limit=chance.randrange(1, 150))
    catch_up(ledger.store)
    return tables(ledger)


def one_by_one(ledger: Ledger, every: int = 1) -> Tables:
    """Fold the customers who live on, or every so many of them, each for themselves."""
    with reading(ledger.store.engine) as connection:
        streams = range(1, last_stream(connection) + 1, every)
        units, names = all_units(connection), customer_ids(connection, streams)
    found: Tables = {projection.name: [] for projection in PROJECTIONS}
    for stream in streams:
        if units.survivor(stream) == stream:
            folded = fold_customer(ledger.store, names[stream], PROJECTIONS)
            for name, rows in folded.rows.items():
                found[name].extend((names[stream], *row.values()) for row in rows)
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def archived(ledger: Ledger, folder: Path, chance: Random) -> Tables:
    """Rebuild from an archive; what is not in it yet comes from the log."""
    write_archive(ledger.store, folder, width=chance.choice([3, 16, 4_096]))
    made = rebuild(ledger.store, run=Run(workers=1, archive=str(folder)))
    assert made.live, made.difference
    return tables(ledger)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_all_agree_on_any_log(block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(block, SEEDS, BLOCKS):
        chance = Random(seed)
        monkeypatch.setattr(tasks, "STREAMS_A_CUT", chance.choice([1, 2, 5, 256]))
        customers = 40 if seed % 24 == 7 else chance.randrange(2, 8)
        log = (disturbed if seed % 2 else simulated)(customers, seed)
        events = list(log.events)
        if seed % 3 == 0:
            chance.shuffle(events)
        with fresh_ledger() as ledger:
            by_catching_up = caught_up_with(ledger, events, chance)
            made = rebuild(ledger.store)
            assert made.live, (seed, made.difference)
            assert tables(ledger) == by_catching_up, seed
            assert one_by_one(ledger) == by_catching_up, seed
            assert archived(ledger, tmp_path / str(seed), chance) == by_catching_up, seed
            assert (made.parked, made.position > 0) == (0, True)
