"""A ledger to ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger import Ledger
from tests.queries.telling import opened


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """Give a new ledger, on SQLite and again on PostgreSQL."""
    yield from opened(ledger_url)


@pytest.fixture
def small_ledger(sqlite_url: str) -> Iterator[Ledger]:
    """Give a new ledger on SQLite alone, where the database makes no difference."""
    yield from opened(sqlite_url)
