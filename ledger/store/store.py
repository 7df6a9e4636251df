"""A ledger's database, opened: the engine, and what its definitions were compiled into."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Engine

from ledger.journey.context import Context
from ledger.schemas.definitions import Definitions
from ledger.schemas.prepare import Preparer
from ledger.store.clock import Clock
from ledger.store.group import GroupCommit
from ledger.store.mapper import RowMapper
from ledger.store.news import News


class Store(Struct, frozen=True, kw_only=True):
    """What the use cases work with; `opening.py` makes it. Safe to share between threads."""

    url: str
    engine: Engine
    definitions: Definitions
    context: Context
    mapper: RowMapper
    preparer: Preparer
    appender: GroupCommit
    news: News
    clock: Clock

    def close(self) -> None:
        """Refuse further appends, finish those that were accepted, wake who waits, and close every connection."""
        self.appender.close()
        self.news.close()
        self.engine.dispose()
