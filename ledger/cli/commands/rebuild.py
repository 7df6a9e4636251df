"""`rebuild`: every customer folded anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ledger.cli.command import command
from ledger.cli.failures import resumable
from ledger.cli.progress import Watch
from ledger.cli.session import Session
from ledger.cli.words import counted


@command("rebuild", examples=("customer-ledger rebuild", "customer-ledger rebuild --workers 4 -f json"))
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Processes that fold.  [default: one for each core]"
)
def run(session: Session, workers: int | None) -> None:
    """Make every projection anew from the whole log.

    Readers keep the tables they have until the new ones are whole; then these are put in place at once. Needed
    after `init` put another journey, channel registry or types in force; after appends, `catch-up` is enough.
    """
    import msgspec

    from ledger.projecting.rebuild import rebuild
    from ledger.runners.run import Run

    how = "the projections are as they were before; run `customer-ledger rebuild` again"
    with resumable(how), Watch(session, "rebuilding") as watch:
        made = rebuild(session.store, run=Run(workers=workers), progress=watch.at)
    session.out.one(msgspec.to_builtins(made), view, flat=msgspec.to_builtins(made.projections))
    if made.parked:
        session.say(
            f"{counted(made.parked, 'customer')} set aside, because an event of theirs cannot be read: see `verify`"
        )


def view(made: Any, _zone: Any) -> Iterable[Any]:
    """Show what a rebuild did."""
    from ledger.cli.drawing import Shown, plain, table

    yield plain(
        f"{counted(made['events'], 'event')} of {counted(made['customers'], 'customer')} folded in "
        f"{made['seconds']:,.1f} s ({made['events_per_second']:,.0f} a second, {made['peak_memory_mib']:,.0f} MiB)"
    )
    columns = (Shown("projection", "name"), Shown("version", "version", "right"), Shown("rows", "rows", "right"))
    yield table(columns, made["projections"])
