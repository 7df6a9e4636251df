"""`from ledger import …` offers what it says, and only when asked."""

from __future__ import annotations

import pytest

import ledger


@pytest.mark.parametrize("name", ledger.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(ledger, name) is not None
    assert name in dir(ledger)


def test_a_name_it_does_not_have_is_refused_as_python_does() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ledger.nothing
