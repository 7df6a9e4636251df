"""How far the projections are: version, position, and the lag in events and seconds."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ledger.projections import PROJECTIONS
from ledger.store.checkpoints import Checkpoint, read_checkpoints
from ledger.store.engine import Connection, reading
from ledger.store.log import last_position, recorded_at
from ledger.store.parking import count_parked
from ledger.store.read_model import count_rows
from ledger.store.serving import cure, fingerprints
from ledger.store.store import Store
from ledger.store.versions import live_model


class ProjectionStatus(Struct, frozen=True, kw_only=True):
    """One projection: `lag_events` behind the log, and for how many seconds the oldest of them has waited."""

    name: str
    version: int
    position: int
    lag_events: int
    lag_seconds: float
    rows: int
    parked: int
    built_at: int | None
    current: bool


def status(store: Store) -> list[ProjectionStatus]:
    """Return where every projection stands, built or not."""
    with reading(store.engine) as connection:
        return status_in(store, connection)


def cure_of(store: Store) -> str:
    """Return what to run where the projections are not those of what is in force."""
    with reading(store.engine) as connection:
        return cure(connection, store.context)


def status_in(store: Store, connection: Connection) -> list[ProjectionStatus]:
    """Return where every projection stands, as one snapshot has it."""
    wanted = fingerprints(store.context)
    live = live_model(connection)
    checkpoints = read_checkpoints(connection, live.version) if live else {}
    head = last_position(connection)
    parked = count_parked(connection) if live else 0
    return [
        _status(store, connection, projection, checkpoints.get(projection.name), wanted[projection.name], head, parked)
        for projection in PROJECTIONS
    ]


def _status(
    store: Store,
    connection: Connection,
    projection: Any,
    checkpoint: Checkpoint | None,
    wanted: str,
    head: int,
    parked: int,
) -> ProjectionStatus:
    position = checkpoint.position if checkpoint else 0
    waiting_since = recorded_at(connection, position + 1)
    rows = count_rows(connection, projection) if checkpoint else 0
    return ProjectionStatus(
        name=projection.name,
        version=projection.version,
        position=position,
        lag_events=head - position,
        lag_seconds=0.0 if waiting_since is None else max(0.0, (store.clock() - waiting_since) / 1e6),
        rows=rows,
        parked=parked,
        built_at=checkpoint.built_at if checkpoint else None,
        current=checkpoint is not None and checkpoint.fingerprint == wanted,
    )
