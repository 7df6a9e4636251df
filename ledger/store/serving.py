"""Whether the read model can serve: built by the definitions in force, and up to which position."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from ledger.errors import ProjectionStale
from ledger.journey.context import Context
from ledger.projections import PROJECTIONS
from ledger.projections.fingerprint import fingerprint
from ledger.store.activation import hold
from ledger.store.checkpoints import read_checkpoints
from ledger.store.engine import Connection
from ledger.store.versions import live_model, read_models


class Serving(NamedTuple):
    """The version of the read model that serves, and the position it has reached."""

    model: int
    position: int


def fingerprints(context: Context) -> dict[str, str]:
    """Return, by projection, the text that changes when its rows might, whatever the events."""
    return {projection.name: fingerprint(projection, context) for projection in PROJECTIONS}


def made_by(context: Context) -> str:
    """Return the digest of all that decides the rows of a version, beside the events."""
    return blake2b("\n".join(fingerprints(context).values()).encode(), digest_size=16).hexdigest()


def require_serving(connection: Connection, context: Context) -> Serving:
    """Return the live version and its position; ask it first in a transaction that reads the tables.

    Raises ProjectionStale where it cannot serve.
    """
    hold(connection)
    live = live_model(connection)
    if live is None:
        raise ProjectionStale(f"the projection {PROJECTIONS[0].name} has not been built: {cure(connection, context)}")
    return require_built(connection, context, live.version)


def require_built(connection: Connection, context: Context, model: int) -> Serving:
    """Return a whole version and its position. Raises ProjectionStale where the context is not what it was built by."""
    checkpoints = read_checkpoints(connection, model)
    for name, wanted in fingerprints(context).items():
        if name not in checkpoints or checkpoints[name].fingerprint != wanted:
            raise ProjectionStale(
                f"the projection {name} was built by another fold, journey, channel registry or types file "
                f"than the one in force: {cure(connection, context)}"
            )
    return Serving(model, min(checkpoint.position for checkpoint in checkpoints.values()))


def cure(connection: Connection, context: Context) -> str:
    """Return what to run so that what is in force is served: nothing is built again that stands ready already."""
    made = made_by(context)
    ready = [
        model.version
        for model in read_models(connection)
        if model.state in ("ready", "retired") and model.made_by == made
    ]
    if not ready:
        return "run `customer-ledger rebuild`"
    return f"version {ready[-1]} was built by it and is ready: run `customer-ledger projections activate {ready[-1]}`"
