"""`verify`: check that all is well."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ledger.cli.command import command
from ledger.cli.exits import Exit
from ledger.cli.progress import Watch
from ledger.cli.session import Session
from ledger.cli.words import counted


@command(
    "verify",
    examples=(
        "customer-ledger verify",
        "customer-ledger verify --all -f json",
        "customer-ledger verify --archive archive/",
    ),
)
@click.option("--all", "whole", is_flag=True, help="Fold every customer again, not a sample of 200.")
@click.option("--archive", metavar="DIR", help="Read the archive too, all of it, and hold it against the log.")
def run(session: Session, whole: bool, archive: str | None) -> int:
    """Check that the ledger is sound; the exit code is 0 only if it is.

    Positions without a gap, streams contiguous, heads right, and the projections equal to a fold of the log. With
    --archive its files are the ones that were written, its positions have no gap, and its rows are the log's.
    """
    import msgspec

    from ledger.queries.verify import verify

    with Watch(session, "reading the archive") as watch:
        found = verify(session.store, whole=whole, archive=archive, progress=watch.at)
    made = msgspec.to_builtins(found)
    session.out.one(made, view, flat=made["checks"])
    return Exit.DONE if found.ok else Exit.UNSOUND


def view(made: Any, _zone: Any) -> Iterable[Any]:
    """Show every check, and whether all is well."""
    from ledger.cli.drawing import Shown, plain, table

    columns = (Shown("", "ok", fold=False), Shown("check", "name"), Shown("found", "detail"))
    yield table(columns, [{**check, "ok": "ok" if check["ok"] else "WRONG"} for check in made["checks"]])
    how = "all is well" if made["ok"] else "something is wrong"
    keys = made["customer_keys"]
    known_by = f" under {counted(keys, 'customer key')}" if keys != made["customers"] else ""
    yield plain(f"{how}: {counted(made['events'], 'event')}, {counted(made['customers'], 'customer')}{known_by}")
