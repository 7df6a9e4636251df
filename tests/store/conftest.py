"""Ledgers for the tests of the log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger import Ledger


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """Give an empty ledger, on SQLite and again on PostgreSQL."""
    with Ledger.open(ledger_url) as opened:
        yield opened
