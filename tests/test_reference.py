"""The generated reference pages say what the code says: `make docs` writes them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = sorted(path.parent.name for path in (ROOT / "ledger").glob("*/reference.py"))

NAMES = {"schemas": "events"}
"""The page of a room that is not called like it."""


@pytest.mark.parametrize("room", ROOMS)
def test_a_reference_page_is_up_to_date(room: str) -> None:
    written = (ROOT / "docs" / "reference" / f"{NAMES.get(room, room)}.md").read_text()
    assert written == import_module(f"ledger.{room}.reference").page(), "run `make docs`"
