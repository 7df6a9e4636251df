"""`import`: the rows of files become events, as a mapping file says."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.command import command
from ledger.cli.exits import Exit
from ledger.cli.failures import resumable
from ledger.cli.progress import Watch
from ledger.cli.rejects import RejectsFile
from ledger.cli.session import Session
from ledger.cli.words import counted, say
from ledger.errors import InvalidEvent, LedgerError

if TYPE_CHECKING:
    from ledger.ingest.read import Batch, Reading

TOLD = 5
"""Rejected rows that are told on stderr too; all of them are in the file."""


@command(
    "import",
    examples=(
        "customer-ledger import examples/olist/mapping.toml --data ~/olist",
        "customer-ledger import mapping.toml --data . --rejects rejects.ndjson -f json",
    ),
)
@click.argument("mapping", metavar="MAPPING", help="The TOML file that says how rows become events.")
@click.option("--data", required=True, metavar="FOLDER", help="Where the files are that the mapping names.")
@click.option("--rejects", metavar="FILE", help="Where rejected rows go.  [default: MAPPING's name + .rejects.ndjson]")
def run(session: Session, mapping: str, data: str, rejects: str | None) -> int:
    """Record the rows of CSV, JSON lines and Parquet files as events.

    Importing the same files again writes nothing. A row that cannot be used goes to the rejects file with its file,
    line and reason, the others are recorded, and the exit code is 1. A row is never left out silently: what is read
    and what becomes of it is counted and must add up.
    """
    from ledger.ingest.fitting import check_types
    from ledger.ingest.mapping import load_mapping
    from ledger.ingest.read import read

    said = load_mapping(Path(mapping))
    check_types(said, session.store.context.vocabulary)

    usual = re.sub(r"[^\w.-]+", "-", said.name) + ".rejects.ndjson"
    how = "what was recorded stays; run the same command again and it goes on, nothing is recorded twice"
    with (
        resumable(how),
        RejectsFile(rejects, usual) as refused,
        Watch(session, "importing") as watch,
        read(said, Path(data).expanduser(), watch=lambda done: watch.at(done.made, done.expected or None)) as reading,
    ):
        importing = _Importing(session, refused)
        for batch in reading:
            importing.take(batch)
        made = importing.report(said.name, reading)
    session.out.one(made, _view, flat=made["events"])
    if refused.count:
        say(f"{counted(refused.count, 'row')} rejected: see {refused.path}")
    return Exit.UNSOUND if refused.count else Exit.DONE


class _Importing:
    """One import on its way, counted."""

    def __init__(self, session: Session, refused: RejectsFile) -> None:
        self._store = session.store
        self._refused = refused
        self._started = time.perf_counter()
        self.recorded = self.already = 0

    def take(self, batch: Batch) -> None:
        """Record one batch; keep what was refused of it."""
        from ledger.commands import append_each

        for reject in batch.rejects:
            self._refuse(reject.file, reject.line, reject.reason, reject.event)
        outcomes = append_each(self._store, batch.events, make_id=False)
        for event, place, outcome in zip(batch.events, batch.places, outcomes, strict=True):
            if isinstance(outcome, LedgerError):
                self._refuse(*place, _reason(outcome), str(event.get("type")))
            elif outcome.recorded:
                self.recorded += 1
            else:
                self.already += 1

    def _refuse(self, file: str, line: int, reason: str, event: str | None) -> None:
        if self._refused.count < TOLD:
            say(f"{file}, line {line}: {reason}")
        elif self._refused.count == TOLD:
            say("…")
        self._refused.add(file, line, reason, event=event)

    def report(self, name: str, reading: Reading) -> dict[str, Any]:
        """Return what the import did, with the count of every row."""
        import msgspec

        seconds = time.perf_counter() - self._started
        tally = reading.tally
        return {
            "mapping": name,
            "rows": tally.records,
            "made": tally.made,
            "recorded": self.recorded,
            "already_recorded": self.already,
            "rejected": self._refused.count,
            "rejects": str(self._refused.path) if self._refused.count else None,
            "seconds": round(seconds, 3),
            "events_per_second": round(tally.made / seconds, 1),
            "files": msgspec.to_builtins(tally.files),
            "queries": msgspec.to_builtins(tally.queries),
            "events": msgspec.to_builtins(tally.events),
        }


def _reason(error: LedgerError) -> str:
    return "; ".join(map(str, error.problems)) if isinstance(error, InvalidEvent) else str(error)


def _view(made: Any, _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, plain, table

    files = (
        Shown("file", "name"),
        Shown("rows found", "records", "right"),
        Shown("taken", "rows", "right"),
        Shown("rejected", "rejected", "right"),
    )
    yield table(files, made["files"])
    events = (
        Shown("event", "label"),
        Shown("rows", "rows", "right"),
        Shown("made", "made", "right"),
        Shown("left out", "left_out", "right"),
        Shown("same id", "repeated", "right"),
        Shown("rejected", "rejected", "right"),
    )
    yield table(events, made["events"])
    yield plain(
        f"{counted(made['recorded'], 'event')} recorded, {made['already_recorded']:,} there already, "
        f"{made['rejected']:,} rejected, in {made['seconds']:,.1f} s"
    )
