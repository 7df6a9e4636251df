"""A version is a promise: the same version of a fold or a journey makes the same rows of the same events."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from ledger.errors import VersionReused
from ledger.schemas.definitions import Definitions, compile_context
from ledger.store.checkpoints import every_checkpoint
from ledger.store.engine import Connection
from ledger.store.serving import fingerprints
from ledger.store.versions import journeys_built


class _Named(Struct, frozen=True):
    name: str
    version: int


def require_promises(connection: Connection, definitions: Definitions) -> None:
    """Check what a read model is to be built by against all that was ever built. Raises VersionReused."""
    require_journey(connection, definitions.journey)
    wanted = {}
    for name, made_by in fingerprints(compile_context(definitions)).items():
        _, version, source, _ = made_by.split()
        wanted[name, int(version)] = source
    for checkpoint in every_checkpoint(connection):
        built_by = checkpoint.fingerprint.split()[2]
        if wanted.get((checkpoint.projection, checkpoint.version), built_by) != built_by:
            raise VersionReused(
                f"the fold of {checkpoint.projection} is not the one that version {checkpoint.model} of the read model "
                f"was built by, and is still called version {checkpoint.version}. Run the program that built it, or a "
                "later one that calls this fold by another version: who changes a fold raises its version in the code"
            )


def require_journey(connection: Connection, journey: str) -> None:
    """Check a journey against those that a version was built by: all that are there, or were ever in force.

    Raises VersionReused.
    """
    named = msgspec.json.decode(journey, type=_Named)
    for model, body in journeys_built(connection):
        if body != journey and msgspec.json.decode(body, type=_Named) == named:
            raise VersionReused(
                f"journey {named.name!r} is not the one that version {model} of the read model was built by, and is "
                f"still called version {named.version}: raise `version` in its file"
            )
