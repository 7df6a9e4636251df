"""Whether the read model can serve: built by the definitions in force, and up to which position."""

from __future__ import annotations

from ledger.errors import ProjectionStale
from ledger.journey.context import Context
from ledger.projections import PROJECTIONS
from ledger.projections.fingerprint import fingerprint
from ledger.store.checkpoints import read_checkpoints
from ledger.store.engine import Connection
from ledger.store.read_model import hold_tables


def fingerprints(context: Context) -> dict[str, str]:
    """Return, by projection, the text that changes when its rows might, whatever the events."""
    return {projection.name: fingerprint(projection, context) for projection in PROJECTIONS}


def require_serving(connection: Connection, context: Context) -> int:
    """Return the position the read model serves; ask it first in a transaction that reads the tables.

    Raises ProjectionStale where it cannot serve.
    """
    hold_tables(connection, PROJECTIONS)
    checkpoints = read_checkpoints(connection)
    missing = [projection.name for projection in PROJECTIONS if projection.name not in checkpoints]
    if missing:
        raise ProjectionStale(f"the projection {missing[0]} has not been built: run `customer-ledger rebuild`")
    for name, wanted in fingerprints(context).items():
        if checkpoints[name].fingerprint != wanted:
            raise ProjectionStale(
                f"the projection {name} was built by another fold, journey, channel registry or types file "
                "than the one in force: run `customer-ledger rebuild`"
            )
    return min(checkpoints[projection.name].position for projection in PROJECTIONS)
