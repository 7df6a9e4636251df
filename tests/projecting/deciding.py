"""Rebuilds whose outcome must equal the live version, or is put in place although it differs."""

from __future__ import annotations

from ledger import Ledger
from ledger.projecting.activate import activate
from ledger.projecting.rebuild import Rebuilt
from tests.properties.ledgers import tables


def rebuild_and_decide(ledger: Ledger) -> Rebuilt:
    """Rebuild, expect a difference from the live version, and put the new one in place."""
    made = ledger.rebuild()
    assert made.difference is not None
    assert not made.difference.equal
    assert not made.live
    activate(ledger.store, made.version)
    return made


def expect_the_tables_of_a_rebuild(ledger: Ledger) -> None:
    """Expect that a rebuild equals the live version, and that its tables are those that were there."""
    made = tables(ledger)
    assert ledger.rebuild().live, "the rebuild came out otherwise"
    assert tables(ledger) == made
