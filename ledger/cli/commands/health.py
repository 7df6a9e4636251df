"""`health`: numbers to alarm on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ledger.cli.command import command
from ledger.cli.exits import Exit
from ledger.cli.session import Session
from ledger.cli.times import LENGTH

SECOND = 1_000_000


@command(
    "health",
    examples=(
        "customer-ledger health",
        "customer-ledger health -f json",
        "customer-ledger health --max-lag 5m --max-lag-events 10000 --max-parked 3",
    ),
)
@click.option(
    "--max-lag",
    type=LENGTH,
    default="60s",
    metavar="LENGTH",
    show_default=True,
    help="How long an event may wait to be projected.",
)
@click.option("--max-lag-events", type=click.IntRange(min=0), metavar="N", help="How many events may wait.")
@click.option(
    "--max-parked",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    show_default=True,
    help="How many customers may be set aside.",
)
@click.option("--max-silence", type=LENGTH, metavar="LENGTH", help="How long ago the last append may be.")
@click.option(
    "--sample",
    type=click.IntRange(min=0),
    default=20,
    metavar="N",
    show_default=True,
    help="Fold N customers, taken at random, and compare their rows.",
)
def run(
    session: Session,
    max_lag: int,
    max_lag_events: int | None,
    max_parked: int,
    max_silence: int | None,
    sample: int,
) -> int:
    """Say in numbers how the ledger is; the exit code is 0 only if nothing is wrong.

    Lag, parked customers, and whether every event up to the live position is accounted for: in its customer's rows,
    parked with them, or known not to be folded. Each customer's rows are counted against the log, and projections
    against each other, without a fold; `verify --all` folds everybody.
    """
    import msgspec

    from ledger.projecting.health import Thresholds, health

    limits = Thresholds(
        lag=max_lag / SECOND,
        lag_events=max_lag_events,
        parked=max_parked,
        silence=None if max_silence is None else max_silence / SECOND,
    )
    found = health(session.store, limits, sample=sample)
    session.out.one(msgspec.to_builtins(found), view)
    return Exit.DONE if found.ok else Exit.UNSOUND


def view(made: Any, _zone: Any) -> Iterable[Any]:
    """Show every number, and what is wrong."""
    from ledger.cli.drawing import pairs, plain

    yield pairs({name.replace("_", " "): its for name, its in made.items() if name not in ("ok", "problems")})
    yield plain("")
    if made["ok"]:
        yield plain("all is well")
    for problem in made["problems"]:
        yield plain(f"WRONG: {problem}")
