"""How fast is every projection made anew? From the log or the archive, into tables or files, by one worker or two.

Each rebuild is a process of its own, so that its memory and processor time are its own. A ledger that is given is
used as it is (its archive is made beside it); else one of simulated events is made, and is gone afterwards.

    python -m benchmarks.rebuild_rates [events] [ledger.db]
    python -m benchmarks.rebuild_rates postgresql [events]
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.ours import place
from benchmarks.peers import folder, machine, say
from ledger import Ledger
from ledger.sample import simulate_lines

AIMS = {"log": 130_000, "archive": 150_000, "files": 220_000, "postgresql": 100_000}


def told(url: str, *arguments: str) -> dict[str, Any]:
    """Run a command of ours and return what it says, and the processor seconds that it and its workers took."""
    before = _processor()
    command = [sys.executable, "-m", "ledger", "--url", url, *arguments, "-f", "json", "-q"]
    said: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return said | {"processor": _processor() - before}


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def filled(events: int, given: Path | None) -> Iterator[str]:
    """Give the address of a ledger with so many events."""
    if given is not None:
        yield f"sqlite:///{given}"
        return
    with folder() as directory:
        url = f"sqlite:///{directory}/ledger.db"
        fill(url, events)
        yield url


def fill(url: str, events: int) -> None:
    """Append simulated events."""
    with Ledger.open(url) as ledger:
        for _ in ledger.append_many(islice(simulate_lines(events // 30 + 1_000, 7), events)):
            pass


def row(what: str, made: dict[str, Any], aim: int | None) -> None:
    """Print one measurement."""
    aimed = f"(aim {aim:,})" if aim else ""
    say(
        f"  {what:44} {made['events_per_second']:10,.0f} events/s {aimed:15} "
        f"{made['processor'] / made['events'] * 1e6:6.2f} µs of processor an event, {made['peak_memory_mib']:4,.0f} MiB"
    )


def sqlite(events: int, given: Path | None) -> None:
    """Print the rates of SQLite."""
    with filled(events, given) as url, folder(_beside(given)) as out:
        say(f"SQLite, all projections in one pass; {machine()}")
        log = told(url, "rebuild")
        say(f"  {log['events']:,} events, {log['customers']:,} customers, {sum(_rows(log)):,} rows")
        row("log to tables", log, AIMS["log"])
        archive = str(out / "archive")
        kept = told(url, "archive", archive)
        say(f"  {'the archive, first written':44} {kept['events_per_second']:10,.0f} events/s")
        row("archive to tables", told(url, "rebuild", "--archive", archive), AIMS["archive"])
        files = told(url, "rebuild", "--archive", archive, "--to", str(out / "files"))
        row("archive to Parquet files", files, AIMS["files"])
        shutil.rmtree(out / "files")
        alone = told(url, "rebuild", "--archive", archive, "--to", str(out / "files"), "--workers", "1")
        row("archive to Parquet files, one worker", alone, None)
        say(f"  two workers / one                            {_ratio(files, alone):10.2f} x  (aim 1.7)")


def postgresql(events: int) -> None:
    """Print the rate of PostgreSQL to PostgreSQL."""
    with place("postgresql") as server:
        url = server.new()
        fill(url, events)
        say(f"PostgreSQL to PostgreSQL on the same two cores; {machine()}")
        row("log to tables", told(url, "rebuild"), AIMS["postgresql"])


def _beside(given: Path | None) -> Path | None:
    return None if given is None else given.parent


def _rows(made: dict[str, Any]) -> list[int]:
    return [projection["rows"] for projection in made["projections"]]


def _ratio(one: dict[str, Any], other: dict[str, Any]) -> float:
    ratio: float = one["events_per_second"] / other["events_per_second"]
    return ratio


def main(arguments: list[str]) -> None:
    """Measure what was asked for."""
    if arguments[:1] == ["postgresql"]:
        postgresql(int(arguments[1]) if len(arguments) > 1 else 1_000_000)
        return
    given = Path(arguments[1]).resolve() if len(arguments) > 1 else None
    sqlite(int(arguments[0]) if arguments else 1_000_000, given)


if __name__ == "__main__":
    main(sys.argv[1:])
