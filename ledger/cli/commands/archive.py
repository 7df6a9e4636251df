"""`archive`: the log as Parquet files, brought up to date."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ledger.cli.command import command
from ledger.cli.failures import resumable
from ledger.cli.progress import Watch
from ledger.cli.session import Session
from ledger.cli.words import counted


@command(
    "archive",
    examples=(
        "customer-ledger archive archive/",
        "customer-ledger archive archive/ --compact",
        "customer-ledger archive s3://bucket/ledger -f json",
    ),
)
@click.argument("place", metavar="DIR", help="A folder, or with the extra `remote` an address that fsspec knows.")
@click.option("--compact", is_flag=True, help="Make one file of all those of a bucket of customers.")
@click.option(
    "--width",
    type=click.IntRange(min=1),
    metavar="N",
    help="Customers in a bucket, for a new archive.  [default: 4096]",
)
def run(session: Session, place: str, compact: bool, width: int | None) -> None:
    """Write what was recorded since the last time to an archive of Parquet files.

    DIR is a folder, made where there is none, or with the extra `remote` any address that fsspec knows. `rebuild`
    reads an archive faster than the log, and so may DuckDB, Spark and others. Files are never changed, only added;
    interrupted at any moment the archive is as it was. It holds what the events hold: treat it accordingly.
    """
    import msgspec

    from ledger.archive.writing import write_archive

    with resumable("the archive is whole; the next run goes on"), Watch(session, "archiving") as watch:
        made = write_archive(session.store, place, width=width, compact=compact, progress=watch.at)
    session.out.one(msgspec.to_builtins(made), view)


def view(made: Any, _zone: Any) -> Iterable[Any]:
    """Show what a run wrote, and what the archive holds."""
    from ledger.cli.drawing import plain

    if made["new_events"]:
        new = counted(made["new_events"], "new event")
        yield plain(f"{new} in {made['seconds']:,.1f} s ({made['events_per_second']:,.0f} a second)")
    else:
        yield plain("no new events")
    if made["merged_segments"]:
        yield plain(f"{counted(made['merged_segments'], 'file')} merged")
    yield plain(
        f"{made['archive']}: {counted(made['events'], 'event')} up to position {made['position']:,}, "
        f"{counted(made['segments'], 'file')}, {made['bytes'] / 2**20:,.1f} MiB"
    )
