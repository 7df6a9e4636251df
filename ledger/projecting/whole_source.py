"""What a run over a whole ledger reads: the log to its end, or an archive of it to the archive's."""

from __future__ import annotations

from ledger.runners.run import Run
from ledger.runners.source import Source
from ledger.store.engine import reading
from ledger.store.log import Until, last_position
from ledger.store.store import Store


def archived_position(store: Store, run: Run) -> int | None:
    """Return how far the archive that is folded from goes, None for the log. Raises ArchiveError."""
    if run.archive is None:
        return None
    from ledger.archive.archive import open_archive
    from ledger.archive.kinship import require_kin

    archive = open_archive(run.archive)
    with reading(store.engine) as connection:
        require_kin(connection, archive.manifest, archive.place.address)
    return archive.position


def whole_source(store: Store, run: Run, *, rows: bool = True, to: str | None = None) -> Source:
    """Return the source of every event there is now, under the store's definitions. Raises ArchiveError."""
    position = archived_position(store, run)
    if position is None:
        with reading(store.engine) as connection:
            position = last_position(connection)
    until = Until(position=position)
    return Source(url=store.url, definitions=store.definitions, until=until, archive=run.archive, rows=rows, to=to)
