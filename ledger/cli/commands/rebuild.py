"""`rebuild`: every customer folded anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ledger.cli.command import command
from ledger.cli.exits import Exit
from ledger.cli.failures import resumable
from ledger.cli.progress import Watch
from ledger.cli.session import Session
from ledger.cli.words import counted

if TYPE_CHECKING:
    from ledger.runners.run import Run
    from ledger.schemas.definitions import Definitions


@command(
    "rebuild",
    examples=(
        "customer-ledger rebuild",
        "customer-ledger rebuild --dry-run",
        "customer-ledger rebuild --archive archive/ --workers 4",
        "customer-ledger rebuild --journey other.toml --as what-if",
        "customer-ledger rebuild --archive archive/ --to tables/ --runner spark",
    ),
)
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Processes that fold.  [default: one for each core]"
)
@click.option(
    "--memory", type=click.IntRange(min=1), metavar="MIB", help="What all processes may take together.  [default: 512]"
)
@click.option("--archive", metavar="DIR", help="Read the archive in this folder or at this address, and then the log.")
@click.option("--journey", metavar="FILE", help="Fold by the journey of this TOML file, not by the one in force.")
@click.option("--as", "name", metavar="NAME", help="Make a version of that name and leave the live one in place.")
@click.option("--to", metavar="DIR", help="Write Parquet files into an empty folder, and no table.")
@click.option("--dry-run", is_flag=True, help="Read and fold every event, write nothing, list what would fail.")
@click.option(
    "--runner",
    type=click.Choice(["local", "spark"]),
    default="local",
    show_default=True,
    help="Who folds: processes of this machine, or a Spark cluster (extra `spark`), which needs --archive.",
)
@click.option("--master", metavar="URL", default="local[*]", show_default=True, help="The Spark cluster's master.")
def run(
    session: Session,
    workers: int | None,
    memory: int | None,
    archive: str | None,
    journey: str | None,
    name: str | None,
    to: str | None,
    dry_run: bool,
    runner: str,
    master: str,
) -> int:
    """Make a new version of every projection from the whole log.

    The live version serves until the new one is whole and compared with it: one that is equal takes its place at
    once, one that differs waits for `projections activate`. Broken off at any moment, by Ctrl-C or worse, it goes on
    where it stopped when it is started again. After appends, `catch-up` is enough.

    With --as it is another version to look at beside the live one, by another --journey maybe: see
    `projections compare`.
    """
    from ledger.runners.run import MEMORY, Run

    _agree_on_runner(runner)
    _agree(journey=journey, name=name, to=to, dry_run=dry_run, runner=runner, archive=archive)
    how = Run(
        workers=workers,
        memory=memory if memory is not None else MEMORY,
        archive=archive,
        master=master if runner == "spark" else None,
    )
    definitions = None
    if journey is not None:
        from ledger.cli.definitions import under

        definitions = under(session.store, journey)
    if dry_run:
        return _rehearse(session, definitions, how)
    if to is not None:
        return _to_files(session, to, definitions, how)
    return _to_tables(session, name, definitions, how)


def _agree_on_runner(runner: str) -> None:
    said = click.get_current_context().get_parameter_source("master")
    if runner != "spark" and said == ParameterSource.COMMANDLINE:
        raise click.UsageError("--master is for --runner spark")


def _agree(
    *, journey: str | None, name: str | None, to: str | None, dry_run: bool, runner: str, archive: str | None
) -> None:
    if journey is not None and name is None and to is None and not dry_run:
        raise click.UsageError("--journey needs --as NAME: a version beside the live one, or --to or --dry-run")
    if sum((name is not None, to is not None, dry_run)) > 1:
        raise click.UsageError("--as, --to and --dry-run say each where it goes: give one of them")
    if runner == "spark" and archive is None:
        raise click.UsageError("--runner spark reads an archive: make one with `archive DIR` and give --archive DIR")
    if runner == "spark" and dry_run:
        raise click.UsageError("--dry-run is for --runner local")


def _to_tables(session: Session, name: str | None, definitions: Definitions | None, how: Run) -> int:
    import msgspec

    from ledger.projecting.choosing import require_name
    from ledger.projecting.rebuild import build, rebuild

    if name is not None:
        require_name(name)
    words = "the live version is as it was; run the same again, and it goes on where it stopped"
    with resumable(words), Watch(session, "rebuilding") as watch:
        if name is None:
            made = rebuild(session.store, run=how, progress=watch.at)
        else:
            made = build(session.store, name, definitions=definitions, run=how, progress=watch.at)
    session.out.one(msgspec.to_builtins(made), view, flat=msgspec.to_builtins(made.projections))
    if made.parked:
        session.say(
            f"{counted(made.parked, 'customer')} set aside, because an event of theirs cannot be read: "
            "see `quarantine list`"
        )
    if made.live:
        session.say(f"version {made.version} of the read model is live")
        return Exit.DONE
    session.say(f"version {made.version} ({made.name}) of the read model stands beside the live one")
    session.say(f"look with `projections compare {made.version}`, decide with `projections activate {made.version}`")
    return Exit.DONE if name is not None else Exit.DIFFERENT


def view(made: Any, zone: Any) -> Iterable[Any]:
    """Show what a rebuild did, and how the version it made differs from the live one."""
    from ledger.cli.comparing import comparison_view
    from ledger.cli.drawing import Shown, plain, table

    folded = counted(made["events"] - made["resumed"], "event")
    before = f", after {made['resumed']:,} before it was broken off," if made["resumed"] else ""
    yield plain(
        f"{folded}{before} of {counted(made['customers'], 'customer')} folded in {made['seconds']:,.1f} s "
        f"({made['events_per_second']:,.0f} a second, {made['peak_memory_mib']:,.0f} MiB)"
    )
    columns = (Shown("projection", "name"), Shown("version", "version", "right"), Shown("rows", "rows", "right"))
    yield table(columns, made["projections"])
    if made["difference"] and not made["difference"]["equal"]:
        yield plain("")
        yield from comparison_view(made["difference"], zone)


def _to_files(session: Session, to: str, definitions: Definitions | None, how: Run) -> int:
    import msgspec

    from ledger.projecting.files import write_files

    words = "the files that are there are whole, but not all: empty the folder before the next run"
    with resumable(words), Watch(session, "folding") as watch:
        made = write_files(session.store, to, definitions=definitions, run=how, progress=watch.at)
    rows = [{"name": name, "rows": rows} for name, rows in made.rows.items()]
    session.out.one(msgspec.to_builtins(made), _view_files, flat=rows)
    if made.parked:
        session.say(f"{counted(made.parked, 'customer')} set aside, because an event cannot be read: see `parked`")
    return Exit.DONE


def _view_files(made: Any, _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, plain, table

    yield plain(
        f"{counted(made['events'], 'event')} of {counted(made['customers'], 'customer')} folded into {made['to']} in "
        f"{made['seconds']:,.1f} s ({made['events_per_second']:,.0f} a second, {made['peak_memory_mib']:,.0f} MiB)"
    )
    columns = (Shown("folder", "name"), Shown("rows", "rows", "right"))
    yield table(columns, [{"name": name, "rows": rows} for name, rows in made["rows"].items()])


def _rehearse(session: Session, definitions: Definitions | None, how: Run) -> int:
    import msgspec

    from ledger.projecting.rehearse import rehearse

    with resumable("nothing was touched"), Watch(session, "rehearsing") as watch:
        made = msgspec.to_builtins(rehearse(session.store, definitions=definitions, run=how, progress=watch.at))
    session.out.one(made, _view_rehearsed, flat=made["failures"])
    return Exit.UNSOUND if made["parked"] else Exit.DONE


def _view_rehearsed(made: Any, _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, plain, table

    yield plain(
        f"{counted(made['events'], 'event')} of {counted(made['customers'], 'customer')} read and folded in "
        f"{made['seconds']:,.1f} s; nothing was written"
    )
    if made["failures"]:
        yield plain(f"a rebuild would set {counted(made['parked'], 'customer')} aside:")
        columns = (
            Shown("customer", "customer_id"),
            Shown("position", "position", "right"),
            Shown("type", "type"),
            Shown("reason", "reason"),
        )
        yield table(columns, made["failures"])
