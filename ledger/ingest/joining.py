"""Runs the queries of a mapping over its files, and tells which rows of a file a query lost."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.errors import InvalidInput, Problem
from ledger.ingest.mapping import Query
from ledger.ingest.tally import QueryTally, Reject
from ledger.ingest.workspace import Workspace, identifier

_FETCHED = 5_000


def declare_query(space: Workspace, query: Query) -> list[Problem]:
    """Make a query's view over tables that are still empty; return what is wrong with it."""
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


def answer(space: Workspace, query: Query, tally: QueryTally) -> Iterator[list[Reject]]:
    """Run a query once, keep its rows, and yield the rows of its file that it gave no row for."""
    name, rows, doing = identifier(query.name), identifier(query.rows), f"queries.{query.name}"
    space.run(f"DROP VIEW {name}", doing)
    space.run(f"CREATE TABLE {name} AS SELECT * FROM (\n{_select(query)}\n)", doing)
    adrift = space.number(f"SELECT count(*) FROM {name} ANTI JOIN {rows} USING (_file, _line)", doing)
    if adrift:
        raise InvalidInput(f"{doing}: {adrift} rows come from no line of {query.rows}: join to it from {query.rows}")
    tally.records = space.number(f"SELECT count(*) FROM {rows}", doing)
    lost = space.run(f"SELECT _file, _line FROM {rows} ANTI JOIN {name} USING (_file, _line)", doing)
    while places := space.fetch(lost, _FETCHED, doing):
        rejects = [Reject(file, line, f"query {query.name} gives no row for it") for file, line in places]
        tally.rejected += len(rejects)
        yield rejects
    tally.found = space.number(f"SELECT count(*) FROM (SELECT DISTINCT _file, _line FROM {name})", doing)
