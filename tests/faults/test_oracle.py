"""The oracle finds what is wrong: each breach, made on purpose, is told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger import Ledger
from tests.faults.oracle import Key, Place, expect_sound, places, violations
from tests.ledgers import sqlite_copy
from tests.store.events import order


@pytest.fixture
def kept(tmp_path: Path) -> tuple[str, dict[Key, Place]]:
    """Give a ledger of six events, and where they are."""
    url = sqlite_copy(tmp_path)
    with Ledger.open(url) as ledger:
        return url, places(ledger.append([order(f"o{number}", f"c{number % 2}") for number in range(6)]))


def test_a_sound_log_has_nothing_to_tell(kept: tuple[str, dict[Key, Place]]) -> None:
    url, acknowledged = kept
    assert expect_sound(url, acknowledged, sent=acknowledged) == 6


@pytest.mark.parametrize(
    ("breach", "words"),
    [
        ("DELETE FROM events WHERE position = 6", "lost"),
        ("DELETE FROM events WHERE position = 3", "position 4 stands where 3 should"),
        ("UPDATE streams SET version = 2 WHERE stream = 1", "head 2, last version 3"),
        ("UPDATE log_head SET position = 7", "the log's head says 7"),
        ("UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 2", "recorded_at goes back"),
    ],
)
def test_every_breach_is_told(kept: tuple[str, dict[Key, Place]], breach: str, words: str) -> None:
    url, acknowledged = kept
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(breach)
    assert any(words in found for found in violations(url, acknowledged))


def test_what_nobody_sent_is_told(kept: tuple[str, dict[Key, Place]]) -> None:
    url, acknowledged = kept
    sent = set(acknowledged) - {("shop", "o4")}
    assert violations(url, {}, sent) == ["('shop', 'o4') was never sent"]


def test_an_event_that_was_moved_is_told(kept: tuple[str, dict[Key, Place]]) -> None:
    url, acknowledged = kept
    acknowledged["shop", "o4"] = Place(1, 1)
    assert "was acknowledged at" in violations(url, acknowledged)[0]
