"""Brings the files of a mapping into the workspace, as tables whose rows know their file and line."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from ledger.errors import InvalidInput, Problem
from ledger.ingest.mapping import WHITESPACE, DataFile
from ledger.ingest.numbering import UNIT, numbering
from ledger.ingest.records import Piece, first_record, pieces
from ledger.ingest.sources import Source, open_text
from ledger.ingest.tally import FileTally, Reject
from ledger.ingest.workspace import Workspace, first_line, identifier, listed, literal

_FETCHED = 5_000

_REASONS = {
    "MISSING COLUMNS": "has fewer values than there are columns",
    "TOO MANY COLUMNS": "has more values than there are columns",
    "UNQUOTED VALUE": "its quotes do not add up",
}


def declare(space: Workspace, sources: list[Source]) -> list[Problem]:
    """Make the table of one file name, still empty where it is text; return what is wrong with its column types."""
    file, columns = sources[0].file, sources[0].columns
    unknown = [name for name in file.types if name not in columns]
    if unknown:
        have = ", ".join(columns)
        return [Problem(f"files.{file.name}.types.{name}", f"is no column: there are {have}") for name in unknown]
    raw = identifier(_raw(file))
    if file.format == "parquet":
        space.run(f"CREATE VIEW {raw} AS {' UNION ALL BY NAME '.join(map(_parquet, sources))}", f"files.{file.name}")
    else:
        texts = ", ".join(f"{identifier(name)} VARCHAR" for name in columns)
        space.run(f"CREATE TABLE {raw} (_file VARCHAR, _line BIGINT, {texts})", f"files.{file.name}")
    return _declare_typed(space, file, columns) if file.types else []


def stage(space: Workspace, sources: list[Source], tally: FileTally) -> Iterator[list[Reject]]:
    """Fill the table of one file name and yield its rejected rows, some at a time; count all in `tally`."""
    file = sources[0].file
    for source in sources:
        try:
            for rejects in _staged(space, source, tally):
                tally.rejected += len(rejects)
                yield rejects
        except (EOFError, OSError, zlib.error) as error:
            raise InvalidInput(f"files.{file.name}: {source.shown} cannot be read to its end: {error}") from error
    bad = 0
    if file.types:
        for rejects in _miscast(space, file):
            bad += len(rejects)
            yield rejects
    tally.rejected += bad
    tally.rows -= bad


def _raw(file: DataFile) -> str:
    return f"{file.name} as text" if file.types else file.name


def _parquet(source: Source) -> str:
    path = literal(str(source.path.resolve()))
    return (
        f"SELECT {literal(source.shown)} AS _file, file_row_number + 1 AS _line, * EXCLUDE (file_row_number) "
        f"FROM read_parquet({path}, file_row_number = true, hive_partitioning = false)"
    )


def _declare_typed(space: Workspace, file: DataFile, columns: tuple[str, ...]) -> list[Problem]:
    """Make the view that casts the columns and leaves out the rows where a cast fails."""
    problems = []
    for name, kind in file.types.items():
        try:
            space.connection.execute(f"SELECT TRY_CAST(NULL AS {kind})")
        except Exception as error:  # noqa: BLE001  # whatever DuckDB finds wrong with the author's type
            problems.append(Problem(f"files.{file.name}.types.{name}", f"{kind} is no type: {first_line(error)}"))
    if problems:
        return problems
    casts = ", ".join(
        f"TRY_CAST({identifier(name)} AS {file.types[name]}) AS {identifier(name)}"
        if name in file.types
        else identifier(name)
        for name in columns
    )
    space.run(
        f"CREATE VIEW {identifier(file.name)} AS SELECT _file, _line, {casts} "
        f"FROM {identifier(_raw(file))} WHERE NOT ({_any_miscast(file)})",
        f"files.{file.name}",
    )
    return []


def _any_miscast(file: DataFile) -> str:
    return " OR ".join(
        f"({identifier(name)} IS NOT NULL AND TRY_CAST({identifier(name)} AS {kind}) IS NULL)"
        for name, kind in file.types.items()
    )


def _miscast(space: Workspace, file: DataFile) -> Iterator[list[Reject]]:
    faults = [
        f"CASE WHEN {identifier(name)} IS NOT NULL AND TRY_CAST({identifier(name)} AS {kind}) IS NULL "
        f"THEN {literal(f'{name}: ')} || chr(39) || {identifier(name)}::VARCHAR || chr(39) || "
        f"{literal(f' is no {kind}')} END"
        for name, kind in file.types.items()
    ]
    found = space.run(
        f"SELECT _file, _line, concat_ws('; ', {', '.join(faults)}) "
        f"FROM {identifier(_raw(file))} WHERE {_any_miscast(file)}",
        f"files.{file.name}",
    )
    while rows := space.fetch(found, _FETCHED, f"files.{file.name}"):
        yield [Reject(*row) for row in rows]


def _staged(space: Workspace, source: Source, tally: FileTally) -> Iterator[list[Reject]]:
    if source.file.format == "parquet":
        rows = space.number(f"SELECT count(*) FROM ({_parquet(source)})", source.shown)
        tally.records += rows
        tally.rows += rows
        return
    quoting = source.quoting
    with open_text(source.file, source.path) as stream:
        line = 1
        if source.file.format == "csv" and source.file.header:
            _, read = first_record(stream, quoting)
            line += read
        for piece in pieces(stream, numbering(source.file), quoting, line):
            taken, unread = _insert(space, source, piece) if piece.numbers else (0, [])
            rejects = [Reject(source.shown, number, reason) for number, reason in piece.rejects + unread]
            tally.records += len(piece.numbers) + len(piece.rejects)
            tally.rows += taken
            yield rejects


def _insert(space: Workspace, source: Source, piece: Piece) -> tuple[int, list[tuple[int, str]]]:
    """Let DuckDB read one piece; return how many rows it took, and the lines it did not take with the reason."""
    doing = f"reading {source.shown}"
    path = space.keep(piece.text, doing)
    taken = space.number(_reading(source, str(path)), doing)
    missing: list[tuple[int, str]] = []
    if taken != len(piece.numbers):
        missing = list(_missing(space, source, piece.numbers))
    space.run("DROP TABLE _unread; DROP TABLE _unread_scans", doing)
    path.unlink()
    return taken, missing


def _reading(source: Source, path: str) -> str:
    file = source.file
    table, shown = identifier(_raw(file)), literal(source.shown)
    json = file.format == "ndjson"
    quote, escape = (file.quote, file.escape) if source.quoting else ("", "")
    delimiter = UNIT if json else "\t" if file.delimiter == WHITESPACE else file.delimiter
    names = ["_json"] if json else list(source.columns)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    values = [_member(name) for name in source.columns] if json else [identifier(name) for name in source.columns]
    wanted = ", ".join(identifier(name) for name in source.columns)
    return (
        f"INSERT INTO {table} (_file, _line, {wanted}) SELECT {shown}, _line, {', '.join(values)} "
        f"FROM read_csv({literal(path)}, auto_detect = false, header = false, strict_mode = true, "
        f"delim = {literal(delimiter)}, quote = {literal(quote)}, escape = {literal(escape)}, new_line = '\\n', "
        f"columns = {{'_line': 'BIGINT', {columns}}}, nullstr = {listed(file.null) if not json else listed([''])}, "
        f"max_line_size = 4194304, store_rejects = true, rejects_table = '_unread', rejects_scan = '_unread_scans')"
        + (" WHERE json_valid(_json)" if json else "")
    )


def _member(key: str) -> str:
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    return f"json_extract_string(_json, {literal(pointer)})"


def _missing(space: Workspace, source: Source, numbers: list[int]) -> Iterator[tuple[int, str]]:
    """Yield the lines of a piece that are not in the table, with DuckDB's reason where it gave one."""
    doing = f"reading {source.shown}"
    taken = space.run(
        f"SELECT _line FROM {identifier(_raw(source.file))} WHERE _file = {literal(source.shown)} "
        f"AND _line BETWEEN {numbers[0]} AND {numbers[-1]}",
        doing,
    ).fetchall()
    present = {line for (line,) in taken}
    said = space.run("SELECT line, error_type::VARCHAR, error_message FROM _unread", doing).fetchall()
    reasons = {line: _REASONS.get(kind, first_line(message)) for line, kind, message in said}
    for ordinal, number in enumerate(numbers, start=1):
        if number not in present:
            yield number, reasons.get(ordinal, "cannot be read")
