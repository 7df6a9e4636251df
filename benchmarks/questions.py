"""Times every question of the experience on a rebuilt ledger, against reading the log's rows with the sqlite3 module.

Run as `python -m benchmarks.questions [customers]`; 22,300 simulated customers are about a million events.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.peers import folder, machine, say, seconds
from ledger import Ledger
from ledger.metrics.registry import METRICS, TOPICS
from ledger.sample import simulate_lines

AIM = 10.0
"""Seconds that a command may take on a million events."""

EXAMPLES = Path(__file__).parents[1] / "examples"

FURTHER = (
    "funnel",
    "channels",
    "metrics need_outcome --by stage,segment:value,month",
    "metrics variants",
    f"touchpoints --catalogue {EXAMPLES / 'catalogue.toml'}",
    "touchpoints --by month",
    "conformance",
    f"conformance --plan {EXAMPLES / 'plan.toml'}",
    "quality",
    "identities suggest",
    "predict next C0000005",
    "predict risk --top 20",
    "predict model",
    "predict evaluate --at 2025-06-01 --known-at now",
)


def main(customers: int) -> None:
    """Print how long each command takes, from its start to its end."""
    told = [topic for topic in TOPICS if any(m.topic == topic and m.command is None for m in METRICS.values())]
    with folder() as place:
        url = f"sqlite:///{place}/ledger.db"
        with Ledger.open(url) as ledger:
            for _ in ledger.append_many(simulate_lines(customers, 1)):
                pass
            built = ledger.rebuild()
            rows = sum(projection.rows for projection in built.projections)
        say(f"{built.position:,} events, {built.customers:,} customers, {rows:,} rows; {machine()}")
        say(f"  the rebuild: {built.seconds:.1f} s, {built.events_per_second:,.0f} events/s")
        bare = sqlite3.connect(f"{place}/ledger.db")
        raw = seconds(lambda: sum(len(row[0]) for row in bare.execute("SELECT header FROM events")))
        bare.close()
        say(f"  the bare read of every event's header: {raw:.2f} s")
        for command in (*(f"metrics {topic}" for topic in told), *FURTHER):
            taken = _taken(url, command.split())
            missed = "" if taken <= AIM else f"  (aim {AIM:.0f} s: missed)"
            say(f"  {command.replace(str(EXAMPLES), 'examples'):60} {taken:6.1f} s  {taken / raw:5.1f} x{missed}")


def _taken(url: str, command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "ledger", *command, "-q", "-f", "ndjson"],
        check=True,
        env={**os.environ, "LEDGER_URL": url},
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 22_300)
