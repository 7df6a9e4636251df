"""Which versions of the read model there are."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from ledger.events.event import utc
from ledger.projecting.following import reached
from ledger.store.definitions import body_of
from ledger.store.engine import reading
from ledger.store.store import Store
from ledger.store.versions import read_models


class VersionStatus(Struct, frozen=True, kw_only=True):
    """One version: where it stands, the name and version of its journey, and when it became whole, if it is."""

    version: int
    name: str
    state: str
    journey: str
    position: int
    started_at: str
    built_at: str | None


class _Named(Struct, frozen=True):
    name: str
    version: int


def versions(store: Store) -> list[VersionStatus]:
    """Return every version that is of use, the oldest first."""
    with reading(store.engine) as connection:
        return [
            VersionStatus(
                version=model.version,
                name=model.name,
                state=model.state,
                journey=journey_named(body_of(connection, model.journey)),
                position=reached(connection, model),
                started_at=utc(model.started_at).isoformat(),
                built_at=None if model.built_at is None else utc(model.built_at).isoformat(),
            )
            for model in read_models(connection)
        ]


def journey_named(body: str) -> str:
    """Return the name and the version of a journey, as one text."""
    named = msgspec.json.decode(body, type=_Named)
    return f"{named.name} {named.version}"
