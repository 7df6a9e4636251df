"""What the processes of a crowd do at one log: append a share each, or follow it from the first event to the last."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from threading import Timer

from ledger import Ledger
from ledger.store.engine import reading
from ledger.store.log import position_rows
from ledger.store.plan import Recorded
from tests.faults.writing import Notes, wire

BATCH = 250
SINGLES = 3
"""Of each batch so many are appended one by one."""

SHARED = 4
"""So many events of each tenth batch are everybody's: all writers send them, about at the same time."""

ENDLESS = 2**62
"""A position that no log reaches."""


def names(name: str, batches: int) -> Iterator[list[str]]:
    """Yield the ids of a writer's batches."""
    for batch in range(batches):
        shared = [f"all-{batch}-{number}" for number in range(SHARED)] if batch % 10 == 0 else []
        yield [*(f"{name}-{batch}-{number}" for number in range(BATCH)), *shared]


def append(*, url: str, folder: str, names_of: list[str], batches: int) -> None:
    """Append the batches of some writers, a thread each, and note where every event is kept."""
    with Ledger.open(url, create=False) as ledger, ThreadPoolExecutor(len(names_of)) as pool:
        for future in [pool.submit(_append, ledger, Path(folder), name, batches) for name in names_of]:
            future.result()


def _append(ledger: Ledger, folder: Path, name: str, batches: int) -> None:
    notes = Notes(folder / name)
    for batch in names(name, batches):
        events = [wire(event_id) for event_id in batch]
        singles = chain.from_iterable(map(ledger.append, events[:SINGLES]))
        kept: list[Recorded] = []
        for outcome in chain(singles, ledger.append_many(events[SINGLES:])):
            if not isinstance(outcome, Recorded):
                raise outcome
            kept.append(outcome)
        notes.kept(kept)


def follow(*, url: str, report: str, how: str, events: int, seconds: float) -> None:
    """Follow the log until so many events were seen, and report what was missed or out of order."""
    told = {"seen": 0, "missed": 0, "reordered": 0}
    versions: dict[object, int] = {}
    whole = hashlib.sha256()
    last = 0
    with Ledger.open(url, create=False) as ledger:
        for position, customer, version in {"reads": _reads, "subscription": _subscription}[how](ledger, seconds):
            told["missed"] += position - last - 1
            told["reordered"] += version != versions.get(customer, 0) + 1
            told["seen"] += 1
            last, versions[customer] = position, version
            whole.update(b"%d %d\n" % (position, version))
            if told["seen"] + told["missed"] >= events:
                break
    Path(report).write_text(json.dumps(told | {"digest": whole.hexdigest()}))


def _reads(ledger: Ledger, seconds: float) -> Iterator[tuple[int, object, int]]:
    """Yield position, customer and version of all that shows, without asking how far the log reaches.

    A position that shows before a lower one is then one that was missed.
    """
    after = 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with reading(ledger.store.engine) as connection:
            for position, stream, version, *_ in position_rows(connection, after, ENDLESS):
                yield position, stream, version
                after = position


def _subscription(ledger: Ledger, seconds: float) -> Iterator[tuple[int, object, int]]:
    """Yield position, customer and version of what a subscription gives."""
    with ledger.subscribe() as subscription:
        late = Timer(seconds, subscription.stop)
        late.start()
        try:
            for event in subscription:
                yield event["position"], event["customer_id"], event["version"]
        finally:
            late.cancel()
