"""Several connections see one state of the database, whoever writes meanwhile."""

from __future__ import annotations

import threading

from sqlalchemy import text

from ledger import Ledger
from ledger.store.snapshots import one_snapshot
from tests.store.events import order


def test_all_of_them_see_the_same_while_others_write(ledger: Ledger, quick_url: str) -> None:
    done = threading.Event()

    def write() -> None:
        with Ledger.open(quick_url) as other:
            number = 0
            while not done.is_set():
                other.append(order(f"o{number}"))
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    seen: list[set[int]] = []
    try:
        # A writer that is slow to begin is waited for; one that has ended will not write.
        while len(seen) < 30 or (len(set.union(*seen)) == 1 and writer.is_alive()):
            with one_snapshot(ledger.store.engine, 3) as connections:
                seen.append(
                    {
                        connection.execute(text(statement)).scalar_one()
                        for statement in ("SELECT position FROM log_head", "SELECT count(*) FROM events")
                        for connection in connections
                    }
                )
    finally:
        done.set()
        writer.join()
    assert {len(numbers) for numbers in seen} == {1}
    assert len(set.union(*seen)) > 1, "nobody wrote"
