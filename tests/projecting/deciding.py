"""A rebuild whose outcome is put in place also where it differs from the live one."""

from __future__ import annotations

from ledger import Ledger
from ledger.projecting.activate import activate
from ledger.projecting.rebuild import Rebuilt


def rebuild_and_decide(ledger: Ledger) -> Rebuilt:
    """Rebuild, expect a difference from the live version, and put the new one in place."""
    made = ledger.rebuild()
    assert made.difference is not None
    assert not made.difference.equal
    assert not made.live
    activate(ledger.store, made.version)
    return made
