"""Times one customer's history of 1,000 events against the bare read of the same rows with the sqlite3 module.

Run as `python -m benchmarks.history [events of the customer]`.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from statistics import median

from benchmarks.peers import folder, lines, machine, say, seconds
from ledger import Ledger

COLD = """
import sqlite3, sys, time
from ledger import Ledger
from ledger.projections.position import POSITION
from ledger.projections.visits import VISITS
from ledger.queries.folded import fold_customer
bare = sqlite3.connect(sys.argv[1].removeprefix("sqlite:///"))
nearest = "SELECT customer_id FROM streams WHERE customer_id <> 'reader' ORDER BY abs(version - 200) LIMIT 1"
[customer] = bare.execute(nearest).fetchone()
with Ledger.open(sys.argv[1]) as ledger:
    for _ in range(2):
        started = time.perf_counter()
        fold_customer(ledger.store, customer, (POSITION, VISITS))
        print((time.perf_counter() - started) * 1e3)
"""
"""What a process does that has just opened a ledger."""


def main(length: int) -> None:
    """Print the times and their ratio."""
    crowd = lines(50_000)
    with folder() as place, Ledger.open(f"sqlite:///{place}/ledger.db") as ledger:
        for _ in ledger.append_many(crowd):
            pass
        for _ in ledger.append_many(
            {
                "event_id": f"h{number}",
                "source": "bench",
                "type": "page.viewed",
                "customer_id": "reader",
                "occurred_at": f"2024-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z",
                "channel": "web",
            }
            for number in range(length)
        ):
            pass
        bare = sqlite3.connect(f"{place}/ledger.db")
        statement = "SELECT * FROM events WHERE stream = (SELECT stream FROM streams WHERE customer_id = 'reader')"
        say(f"one customer of {length} events among {len(crowd)}; {machine()}")
        raw = median(seconds(lambda: bare.execute(statement).fetchall()) for _ in range(15)) * 1e3
        bare.close()
        for name, work in (
            ("history", lambda: ledger.history("reader")),
            ("position", lambda: ledger.position("reader")),
            ("replay", lambda: ledger.replay("reader")),
        ):
            taken = median(seconds(work) for _ in range(15)) * 1e3
            say(f"  {name:9} {taken:8.2f} ms  {taken / raw:6.1f} x the bare read ({raw:.2f} ms)  (aim 20 ms)")
        say("a simulated customer of about 200 events, position and visits, in a process that just opened the ledger")
        for name in ("first", "again"):
            taken = median(_cold(f"sqlite:///{place}/ledger.db")[name] for _ in range(7))
            say(f"  {name:9} {taken:8.2f} ms  (aim 5 ms)")


def _cold(url: str) -> dict[str, float]:
    """Return how long it takes to fold a customer for the first time in a process, and then again, in ms."""
    run = subprocess.run([sys.executable, "-c", COLD, url], check=True, capture_output=True, text=True)
    first, again = run.stdout.split()
    return {"first": float(first), "again": float(again)}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
