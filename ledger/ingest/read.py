"""Reads the files of a mapping and gives the events their rows become, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import NamedTuple, Self

from ledger.errors import InvalidDefinition, InvalidInput, Problem
from ledger.ingest.compiling import compile_rule
from ledger.ingest.joining import answer, declare_query
from ledger.ingest.mapping import Mapping
from ledger.ingest.selecting import Selection, Wire
from ledger.ingest.sources import Source, find
from ledger.ingest.staging import declare, stage
from ledger.ingest.tally import EventTally, FileTally, QueryTally, Reject, Tally
from ledger.ingest.workspace import Workspace, workspace

BATCH = 5_000
"""Events in a batch."""


class Place(NamedTuple):
    """Where an event came from: the file's name within the data folder and its line, counted from 1."""

    file: str
    line: int


class Batch(NamedTuple):
    """Some wire events, each with its place at the same index, and the rows refused meanwhile."""

    events: list[Wire]
    places: list[Place]
    rejects: list[Reject]


Watch = Callable[[Tally], None]
"""Is told after each step how far the import is."""


class Reading(Iterator[Batch]):
    """An import under way: iterate for its batches; `tally` counts what was read so far.

    Close it, or use it in a `with`, when it is left before its end: its temporary folder goes with it.
    """

    def __init__(self, mapping: Mapping, folder: Path, batch: int, watch: Watch | None) -> None:
        self.tally = Tally(
            files=[FileTally(name=name) for name in mapping.files],
            queries=[QueryTally(name=name) for name in mapping.queries],
            events=[EventTally(label=rule.label, type=rule.type) for rule in mapping.events],
        )
        self._batches = _batches(mapping, find(mapping, folder), self.tally, batch)
        self._watch = watch

    def __next__(self) -> Batch:
        try:
            batch = next(self._batches)
        except RuntimeError as error:
            if str(error) == "Query interrupted":  # so says DuckDB's client of a Ctrl-C within a statement
                raise KeyboardInterrupt from error
            raise
        if self._watch is not None:
            self._watch(self.tally)
        return batch

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop reading and delete the temporary folder."""
        self._batches.close()


def read(mapping: Mapping, data_folder: Path, *, batch: int = BATCH, watch: Watch | None = None) -> Reading:
    """Return the events that the files in `data_folder` become under `mapping`, in batches of at most `batch`.

    The same files give the same events, so that a second import finds every one recorded. InvalidInput names all
    missing files at once, before anything is read; InvalidDefinition, at the first batch, all expressions that do
    not fit the files' columns. A row that cannot be used is a reject in its batch, never an error.
    """
    return Reading(mapping, data_folder, batch, watch)


def _batches(mapping: Mapping, found: dict[str, list[Source]], tally: Tally, size: int) -> Generator[Batch, None, None]:
    readable = [
        source.path.resolve() for sources in found.values() for source in sources if source.file.format == "parquet"
    ]
    with workspace(readable) as space:
        selections = _compiled(space, mapping, found)
        for counted in tally.files:
            for rejects in stage(space, found[counted.name], counted):
                yield Batch([], [], rejects)
        for asked in tally.queries:
            for rejects in answer(space, mapping.queries[asked.name], asked):
                yield Batch([], [], rejects)
        for selection, rule in zip(selections, tally.events, strict=True):
            _count(space, selection, rule)
        for selection, made in zip(selections, tally.events, strict=True):
            yield from _made(space, selection, made, size)
    if not tally.balanced:
        raise InvalidInput(f"{mapping.name}: the rows read and the events made do not add up: report this as a defect")


def _compiled(space: Workspace, mapping: Mapping, found: dict[str, list[Source]]) -> list[Selection]:
    """Bind every expression to the columns there are, before the files are read whole."""
    _refuse(mapping.name, [problem for sources in found.values() for problem in declare(space, sources)])
    _refuse(mapping.name, [problem for query in mapping.queries.values() for problem in declare_query(space, query)])
    compiled = [compile_rule(space, mapping, rule) for rule in mapping.events]
    _refuse(mapping.name, [problem for _, problems in compiled for problem in problems])
    return [selection for selection, _ in compiled if selection is not None]


def _refuse(name: str, problems: list[Problem]) -> None:
    if problems:
        raise InvalidDefinition(name, problems)


def _count(space: Workspace, selection: Selection, tally: EventTally) -> None:
    """Count what a rule will be offered, so that what it makes can be held against it."""
    doing = selection.rule.label
    tally.rows = space.number(f"SELECT count(*) FROM {selection.origin}", doing)
    tally.left_out = space.number(selection.left_out, doing)
    tally.repeated = space.number(selection.repeated, doing)


def _made(space: Workspace, selection: Selection, tally: EventTally, size: int) -> Iterator[Batch]:
    doing = selection.rule.label
    found = space.run(selection.sql, doing)
    while rows := space.fetch(found, size, doing):
        batch = Batch([], [], [])
        for row in rows:
            event, problems = selection.event(space, row)
            if problems:
                batch.rejects.append(Reject(row[0], row[1], "; ".join(problems), selection.rule.type))
            else:
                batch.events.append(event)
                batch.places.append(Place(row[0], row[1]))
        tally.made += len(batch.events)
        tally.rejected += len(batch.rejects)
        yield batch
