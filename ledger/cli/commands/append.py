"""`append`: record the events of a file or a pipe, one JSON object a line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.command import command
from ledger.cli.exits import Exit
from ledger.cli.failures import resumable
from ledger.cli.lines import MAX_LINE, Line, batches
from ledger.cli.progress import Watch
from ledger.cli.rejects import RejectsFile
from ledger.cli.session import Session
from ledger.cli.words import counted, listed, one_line, say
from ledger.errors import InvalidArgument, InvalidEvent, LedgerError, Problem

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import IO

    from ledger.store.plan import Recorded

FIRST = 20
"""Events that a table shows; the other formats print every one."""


@command(
    "append",
    examples=(
        "customer-ledger append events.ndjson",
        "tail -f events.ndjson | customer-ledger append -",
        "customer-ledger append --make-ids --rejects rejects.ndjson events.ndjson",
    ),
)
@click.argument("file", metavar="FILE|-", help="One JSON object a line; - reads standard input.")
@click.option("--make-ids", is_flag=True, help="Give an event without an event_id one (UUIDv7); else it is rejected.")
@click.option("--rejects", metavar="FILE", help="Write rejected lines to FILE too: file, line, reason, as NDJSON.")
def run(session: Session, file: str, make_ids: bool, rejects: str | None) -> int:
    """Record events, one JSON object a line.

    Prints for each event where it is kept: {"event_id", "source", "position", "version", "recorded"}; recorded is
    false where it was there already, so appending a file again is safe. A line that cannot be recorded is told on
    stderr with its number and every problem; the others are recorded, and the exit code is 1.
    """
    how = "what was recorded stays; append the same input again to go on, nothing is recorded twice"
    with (
        resumable(how),
        _opened(file) as stream,
        RejectsFile(rejects) as refused,
        Watch(session, "recording") as watch,
    ):
        appending = _Appending(session, "(stdin)" if file == "-" else file, make_ids, refused, watch)
        if session.out.drawn:
            appending.all(stream)
        else:
            session.out.pages(appending.pages(stream), _view, columns=COLUMNS)
    if session.out.drawn:
        session.out.one({"first": appending.first, "more": appending.more}, _view)
    session.say(
        f"{counted(appending.recorded, 'event')} recorded, {appending.already:,} there already, "
        f"{refused.count:,} rejected"
    )
    return Exit.UNSOUND if refused.count else Exit.DONE


COLUMNS = ("event_id", "source", "position", "version", "recorded")


class _Appending:
    """One input on its way into the ledger, counted."""

    def __init__(self, session: Session, file: str, make_ids: bool, refused: RejectsFile, watch: Watch) -> None:
        self._session = session
        self._file = file
        self._make_ids = make_ids
        self._refused = refused
        self._watch = watch
        self.recorded = self.already = 0
        self.first: list[dict[str, Any]] = []

    @property
    def more(self) -> int:
        """How many events are kept beyond the first."""
        return self.recorded + self.already - len(self.first)

    def all(self, stream: IO[bytes]) -> None:
        """Append everything, and remember the first events alone."""
        for page in self.pages(stream):
            self.first += page[: FIRST - len(self.first)]

    def pages(self, stream: IO[bytes]) -> Iterator[list[dict[str, Any]]]:
        """Append batch by batch; yield the places of what is kept of each, in order."""
        from ledger.commands import append_each

        store = self._session.store
        for batch in batches(stream):
            texts = [line.text for line in batch if line.text is not None]
            outcomes = append_each(store, texts, make_id=self._make_ids)
            page = []
            for line in batch:
                outcome = _too_long() if line.text is None else next(outcomes)
                if isinstance(outcome, LedgerError):
                    self._reject(line, outcome)
                else:
                    page.append(self._keep(outcome))
            self._watch.at(self.recorded + self.already + self._refused.count)
            yield page

    def _keep(self, place: Recorded) -> dict[str, Any]:
        if place.recorded:
            self.recorded += 1
        else:
            self.already += 1
        return {name: getattr(place, name) for name in COLUMNS}

    def _reject(self, line: Line, error: LedgerError) -> None:
        problems = error.problems if isinstance(error, InvalidEvent) else (Problem("", str(error)),)
        say(listed(f"line {line.number}", problems))
        self._refused.add(self._file, line.number, "; ".join(str(problem) for problem in problems))


def _too_long() -> LedgerError:
    return InvalidEvent([Problem("", f"is longer than {MAX_LINE:,} bytes: send one event a line, compactly")])


def _opened(file: str) -> AbstractContextManager[IO[bytes]]:
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise InvalidArgument(
            f"cannot read {one_line(file)}: {error.strerror}; check the path and its permissions"
        ) from error


def _view(made: Any, _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, plain, table

    columns = (
        Shown("event_id", "event_id"),
        Shown("source", "source"),
        Shown("position", "position", "right"),
        Shown("version", "version", "right"),
        Shown("recorded", "recorded"),
    )
    if made["first"]:
        yield table(columns, made["first"])
    if made["more"]:
        yield plain(f"… and {made['more']:,} more")
