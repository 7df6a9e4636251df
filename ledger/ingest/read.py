"""Reads the files of a mapping and gives the events their rows become, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from ledger.errors import InvalidInput, Problem
from ledger.ingest.mapping import Mapping, Query
from ledger.ingest.selecting import Selection, Wire, compile_rule, explanations
from ledger.ingest.sources import Source, find
from ledger.ingest.staging import declare, refuse, stage
from ledger.ingest.tally import EventTally, FileTally, QueryTally, Reject, Tally
from ledger.ingest.workspace import Workspace, failure, identifier, workspace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BATCH = 5_000
"""Events in a batch."""

EXPLAINED = 100
"""Rows of one rule whose failure is tried again to learn DuckDB's own words."""


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
        batch = next(self._batches)
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
            for rejects in _answered(space, mapping.queries[asked.name], asked):
                yield Batch([], [], rejects)
        for selection, made in zip(selections, tally.events, strict=True):
            yield from _made(space, selection, made, size)
    if not tally.balanced:
        raise InvalidInput(f"{mapping.name}: the rows read and the events made do not add up: report this as a defect")


def _compiled(space: Workspace, mapping: Mapping, found: dict[str, list[Source]]) -> list[Selection]:
    """Bind every expression to the columns there are, before the files are read whole."""
    refuse(mapping.name, [problem for sources in found.values() for problem in declare(space, sources)])
    refuse(mapping.name, [problem for query in mapping.queries.values() for problem in _bound(space, query)])
    compiled = [compile_rule(space, mapping, rule) for rule in mapping.events]
    refuse(mapping.name, [problem for _, problems in compiled for problem in problems])
    return [selection for selection, _ in compiled if selection is not None]


def _bound(space: Workspace, query: Query) -> list[Problem]:
    name = identifier(query.name)
    try:
        space.run(f"CREATE VIEW {name} AS SELECT * FROM (\n{_select(query)}\n)", f"queries.{query.name}")
    except InvalidInput as error:
        return [Problem("", str(error))]
    columns = {column[0] for column in space.run(f"SELECT * FROM {name} LIMIT 0", query.name).description}
    if {"_file", "_line"} <= columns:
        return []
    cure = f"select {query.rows}.* or {query.rows}._file, {query.rows}._line"
    return [Problem(f"queries.{query.name}.sql", f"loses where its rows come from: {cure}")]


def _select(query: Query) -> str:
    return query.sql.strip().rstrip(";")


def _answered(space: Workspace, query: Query, tally: QueryTally) -> Iterator[list[Reject]]:
    """Run a query once, keep its rows, and yield the rows of its file that it gave no row for."""
    name, rows, doing = identifier(query.name), identifier(query.rows), f"queries.{query.name}"
    space.run(f"DROP VIEW {name}", doing)
    space.run(f"CREATE TABLE {name} AS SELECT * FROM (\n{_select(query)}\n)", doing)
    adrift = space.number(f"SELECT count(*) FROM {name} ANTI JOIN {rows} USING (_file, _line)", doing)
    if adrift:
        raise InvalidInput(f"{doing}: {adrift} rows come from no line of {query.rows}: join to it from {query.rows}")
    tally.records = space.number(f"SELECT count(*) FROM {rows}", doing)
    lost = space.run(f"SELECT _file, _line FROM {rows} ANTI JOIN {name} USING (_file, _line)", doing)
    while places := lost.fetchmany(BATCH):
        rejects = [Reject(file, line, f"query {query.name} gives no row for it") for file, line in places]
        tally.rejected += len(rejects)
        yield rejects
    tally.found = space.number(f"SELECT count(*) FROM (SELECT DISTINCT _file, _line FROM {name})", doing)


def _made(space: Workspace, selection: Selection, tally: EventTally, size: int) -> Iterator[Batch]:
    doing = selection.rule.label
    tally.rows = space.number(f"SELECT count(*) FROM {selection.origin}", doing)
    tally.left_out = space.number(selection.left_out, doing)
    tally.repeated = space.number(selection.repeated, doing)
    found = space.run(selection.sql, doing)
    while rows := _fetched(found, size, doing):
        events: list[Wire] = []
        places: list[Place] = []
        rejects: list[Reject] = []
        for row in rows:
            problems: list[str] = []
            if any(row[2 : 3 + len(selection.flagged)]):
                problems += _why(space, selection, row, tally.rejected + len(rejects))
            event = selection.event(row, problems)
            if problems:
                rejects.append(Reject(row[0], row[1], "; ".join(problems), selection.rule.type))
            else:
                events.append(event)
                places.append(Place(row[0], row[1]))
        tally.made += len(events)
        tally.rejected += len(rejects)
        yield Batch(events, places, rejects)


def _fetched(found: DuckDBPyConnection, size: int, doing: str) -> list[tuple[Any, ...]]:
    import duckdb

    try:
        return found.fetchmany(size)
    except duckdb.Error as error:
        raise failure(error, doing) from error


def _why(space: Workspace, selection: Selection, row: tuple[Any, ...], before: int) -> Iterator[str]:
    if before < EXPLAINED:
        return explanations(space, selection, row)
    return (f"{column.expression.field if column else 'when'}: cannot be computed" for column in selection.failed(row))
