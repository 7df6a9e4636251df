"""A source and the folds over it, opened for one process: tasks go in, what becomes of their customers comes out."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.projections.driver import Folds
from ledger.runners.inline import Built, Range, fold_ranges
from ledger.runners.source import Opened, Source
from ledger.schemas.definitions import compile_context
from ledger.store.engine import Engine, reading
from ledger.store.links import all_units
from ledger.store.mapper import RowMapper


class Folding:
    """Folds tasks of a source, one after the other. Raises ArchiveError where its archive cannot be read."""

    def __init__(self, source: Source, engine: Engine) -> None:
        context = compile_context(source.definitions)
        self._folds = Folds(context)
        self._mapper = RowMapper(context.vocabulary)
        self._rows = source.rows
        self._opened = Opened(source, engine)
        with reading(engine) as connection:
            self._units = all_units(connection, source.until)

    def fold(self, task: list[Range]) -> Iterator[Built]:
        """Yield, for each range of the task, what becomes of the customers who live on in it."""
        with self._opened.reader() as reader:
            for built in fold_ranges(reader, self._folds, self._mapper, self._units, task):
                if not self._rows:
                    built.rows = {}
                yield built
