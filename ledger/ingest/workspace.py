"""A DuckDB of its own for one import, in a temporary folder, that reaches nothing but what it is given."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger.errors import InvalidInput, LedgerError, StorageFull

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "384MB"
"""What DuckDB may hold in memory; more spills into the temporary folder."""


class Workspace:
    """An open DuckDB, and the folder that is deleted with it."""

    def __init__(self, connection: DuckDBPyConnection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder

    def run(self, sql: str, doing: str) -> DuckDBPyConnection:
        """Execute one statement; InvalidInput says while `doing` what it failed, StorageFull that there is no room."""
        import duckdb

        try:
            return self.connection.execute(sql)
        except duckdb.Error as error:
            raise failure(error, doing) from error

    def keep(self, text: bytes, doing: str) -> Path:
        """Write what DuckDB is to read next into a file of the folder; StorageFull says that there is no room."""
        path = self.folder / "piece"
        try:
            path.write_bytes(text)
        except OSError as error:
            raise _full(doing) from error
        return path

    def fetch(self, found: DuckDBPyConnection, most: int, doing: str) -> list[tuple[Any, ...]]:
        """Return the next rows of a statement, none at its end; errors as `run` raises them."""
        import duckdb

        try:
            return found.fetchmany(most)
        except duckdb.Error as error:
            raise failure(error, doing) from error

    def number(self, sql: str, doing: str) -> int:
        """Return the one number that a statement gives."""
        row = self.run(sql, doing).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def workspace(readable: list[Path]) -> Iterator[Workspace]:
    """Open a DuckDB that may read the `readable` files and its own folder, load no extension and change no setting."""
    import duckdb

    try:
        temporary = tempfile.TemporaryDirectory(prefix="ledger-import-")
    except OSError as error:
        raise InvalidInput(f"no temporary folder can be made ({error}): name a writable one in TMPDIR") from error
    with temporary as name:
        folder = Path(name)
        try:
            connection = duckdb.connect(str(folder / "import.duckdb"))
        except duckdb.Error as error:
            raise failure(error, "opening a workspace") from error
        with connection:
            space = Workspace(connection, folder)
            for setting, value in _settings(folder, readable).items():
                space.run(f"SET {setting} = {value}", "opening a workspace")
            yield space


def _settings(folder: Path, readable: list[Path]) -> dict[str, str]:
    """Return the settings in the order they must be made: what may be read, then that nothing else may."""
    return {
        "memory_limit": literal(MEMORY),
        # One thread gives sums of fractions and lists the same order every time, so that a second import finds every
        # event as it was; and a Ctrl-C is heard at once, which DuckDB's client does not while other threads work.
        "threads": "1",
        "temp_directory": literal(str(folder / "spill")),
        "TimeZone": literal("UTC"),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "python_enable_replacements": "false",
        "enable_progress_bar": "false",
        # It takes an expression that stands in two TRYs out of both, and the error with it.
        "disabled_optimizers": literal("common_subexpressions"),
        "allowed_directories": f"[{literal(str(folder))}]",
        "allowed_paths": "[" + ", ".join(literal(str(path)) for path in readable) + "]",
        "enable_external_access": "false",
        "lock_configuration": "true",
    }


def failure(error: Exception, doing: str) -> LedgerError:
    """Return the ledger's error for one of DuckDB's."""
    first = first_line(error)
    if _OUT_OF_ROOM.search(first):
        return _full(doing)
    if first.startswith("Conversion Error"):
        first += "; give the column its type under the file's types, so that only such rows are rejected"
    return InvalidInput(f"{doing}: {first}")


_OUT_OF_ROOM = re.compile("No space left|max_temp_directory_size|Could not write|File too large")


def _full(doing: str) -> StorageFull:
    return StorageFull(f"the temporary folder is full ({doing}): make room, or name another folder in TMPDIR")


def first_line(error: Exception) -> str:
    """Return what DuckDB says is wrong, without its excerpt of the statement."""
    return str(error).split("\n", 1)[0].strip()


def literal(text: str) -> str:
    """Return a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def listed(values: Any) -> str:
    """Return texts as an SQL list."""
    return "[" + ", ".join(literal(value) for value in values) + "]"
