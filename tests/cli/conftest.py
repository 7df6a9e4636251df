"""A shell for every test, and one with a ledger that tells a story."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import STORY, Shell, ndjson


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Give a shell in an empty folder; its LEDGER_URL names a file that does not exist yet."""
    return Shell(tmp_path, "sqlite:///ledger.db", monkeypatch)


@pytest.fixture
def told(shell: Shell) -> Shell:
    """Give a shell whose ledger holds STORY, with its projections built."""
    shell("init", "-q")
    shell("append", "-", stdin=ndjson(STORY))
    shell("rebuild", "-q")
    return shell
