"""`bench`: how fast the disk or server at hand keeps events, measured in a ledger that is gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ledger.cli.command import command
from ledger.cli.failures import resumable
from ledger.cli.progress import Watch
from ledger.cli.session import Session
from ledger.errors import Conflict, Refused

if TYPE_CHECKING:
    from ledger.bootstrap import Ledger
    from ledger.sample.load import Pace

BATCH = 5_000
"""Events of one call in bulk."""

BARE = 0.2
"""How long bare syncs are measured, half before and half after, as a share of what is measured between."""

CUSTOMERS = 1_000_000
"""More people than anybody has the patience to measure; they are made as they are needed."""


@command("bench", examples=("customer-ledger bench append", "customer-ledger bench append --threads 64 --seconds 30"))
@click.argument("what", type=click.Choice(["append"]), metavar="append", help="What is measured.", expose_value=False)
@click.option(
    "--threads", type=click.IntRange(1, 256), default=16, show_default=True, metavar="N", help="Callers at once."
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 3600),
    default=5.0,
    show_default=True,
    metavar="N",
    help="How long each of the three measurements takes.",
)
def run(session: Session, threads: int, seconds: float) -> None:
    """Measure how fast your disk or server keeps events.

    Simulated events go into a new ledger that is removed afterwards: in the folder of the SQLite file that --url
    names, or in a database of its own on that PostgreSQL server (the account needs CREATEDB). The ledger at --url
    is not touched and need not exist.

    Three rows: one event a call from one thread, the same from --threads threads, and thousands a call. ratio is
    events_per_second against syncs_per_second, the raw limit: how often a second 4 KiB were made durable there, one
    after the other and nothing else, just before and after. p50_ms and p99_ms are what a caller waits.
    """
    from ledger.bootstrap import Ledger
    from ledger.store.beside import beside

    with resumable("nothing of it stays"):
        rows = []
        with beside(session.url) as own, Ledger.open(own.url) as ledger, Watch(session, "measuring") as watch:
            measured = _measurements(ledger, threads)
            session.say(f"measuring for about {len(measured) * seconds * (1 + BARE):,.0f} s")
            for number, one in enumerate(measured):
                watch.at(number, len(measured))
                rows.append(_row(one, own.sync, seconds))
        session.out.rows(rows, _view)


class _Measurement(NamedTuple):
    name: str
    threads: int
    size: int
    keep: Callable[[Any], int]
    things: Iterator[Any]


def _measurements(ledger: Ledger, threads: int) -> list[_Measurement]:
    """Return what is measured; all take their events from one simulation, so that none comes twice."""
    from ledger.commands import batches
    from ledger.sample import simulate_lines

    lines = simulate_lines(CUSTOMERS, 7)

    def single(line: bytes) -> int:
        try:
            return sum(place.recorded for place in ledger.append(line))
        except (Conflict, Refused):  # simulated people err, and threads overtake each other
            return 0

    def bulk(batch: list[bytes]) -> int:
        return sum(getattr(outcome, "recorded", False) for outcome in ledger.append_many(batch))

    singles = [_Measurement("one event a call", count, 1, single, lines) for count in sorted({1, threads})]
    return [*singles, _Measurement("bulk", 1, BATCH, bulk, batches(lines, BATCH))]


def _row(one: _Measurement, sync: Callable[[], object], seconds: float) -> dict[str, Any]:
    from ledger.sample.load import STOCK, paced

    def synced(_nothing: None) -> int:
        sync()
        return 1

    def bare() -> Pace:
        return paced(synced, repeat(None), threads=1, seconds=seconds * BARE / 2, stock=100)

    before = bare()
    pace = paced(one.keep, one.things, threads=one.threads, seconds=seconds, stock=max(1, STOCK // one.size))
    after = bare()
    return {"measured": one.name, "threads": one.threads, "events_per_call": one.size} | _figures(
        pace, before.kept + after.kept, before.seconds + after.seconds
    )


def _figures(pace: Pace, syncs: int, seconds: float) -> dict[str, Any]:
    return {
        "calls": len(pace.waits),
        "events": pace.kept,
        "seconds": round(pace.seconds, 6),
        "events_per_second": round(pace.rate, 1),
        "p50_ms": round(pace.wait(0.5), 3),
        "p99_ms": round(pace.wait(0.99), 3),
        "longest_ms": round(pace.wait(1), 3),
        "syncs": syncs,
        "syncs_per_second": round(syncs / seconds, 1),
        "ratio": round(pace.rate * seconds / syncs, 3),
    }


def _view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, plain, table

    columns = (
        Shown("measured", "measured"),
        Shown("threads", "threads", "right"),
        Shown("calls", "calls", "right"),
        Shown("events/s", "events_per_second", "right"),
        Shown("p50 ms", "p50_ms", "right"),
        Shown("p99 ms", "p99_ms", "right"),
        Shown("syncs/s", "syncs_per_second", "right"),
        Shown("ratio", "ratio", "right"),
    )
    yield table(columns, rows)
    yield plain(
        f"bulk: {BATCH:,} events a call. A sync makes 4 KiB durable and does nothing else; ratio: events a sync."
    )
