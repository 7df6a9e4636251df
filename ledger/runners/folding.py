"""A source and the folds over it, opened for one process: tasks go in, what becomes of their customers comes out."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.projections import PROJECTIONS
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
        self._folds = Folds(context, source.projections or PROJECTIONS)
        self._mapper = RowMapper(context.vocabulary)
        self._source = source
        self._opened = Opened(source, engine)
        with reading(engine) as connection:
            self._units = all_units(connection, source.until)

    def fold(self, task: list[Range]) -> Iterator[Built]:
        """Yield, for each range of the task, what becomes of the customers who live on in it."""
        with self._opened.reader() as reader:
            made = fold_ranges(reader, self._folds, self._mapper, self._units, task)
            yield from self._written(task, made) if self._source.to is not None else map(self._kept, made)

    def _kept(self, built: Built) -> Built:
        if not self._source.rows:
            built.rows = {}
        return built

    def _written(self, task: list[Range], made: Iterator[Built]) -> list[Built]:
        from ledger.archive.place import place_of
        from ledger.runners.part_files import PartFiles

        done = []
        position = self._source.until.position or 0
        with PartFiles(place_of(self._source.to or ""), task[0][0], position) as files:
            for built in made:
                files.add(built)
                done.append(built)
        return done
