"""Times one customer's history of 1,000 events against the bare read of the same rows with the sqlite3 module.

Run as `python -m benchmarks.history [events of the customer]`.
"""

from __future__ import annotations

import sqlite3
import sys
from statistics import median

from benchmarks.peers import folder, lines, machine, say, seconds
from ledger import Ledger


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


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
