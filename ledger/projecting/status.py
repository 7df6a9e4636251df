"""How far the projections are: version, position, and the lag in events and seconds."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, func, select, text

from ledger.errors import ProjectionStale
from ledger.projections import PROJECTIONS
from ledger.projections.driver import Folds
from ledger.store.checkpoints import Checkpoint, read_checkpoints
from ledger.store.engine import reading
from ledger.store.log import last_position
from ledger.store.read_model import table_of
from ledger.store.store import Store


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


def fingerprints(store: Store) -> dict[str, str]:
    """Return the fingerprint of every projection under the definitions in force."""
    folds = Folds(store.context)
    return {projection.name: ":".join(map(str, folds.fingerprint(projection))) for projection in PROJECTIONS}


def require_current(store: Store, connection: Connection) -> int:
    """Return the position the read model serves. Raises ProjectionStale where it cannot serve."""
    checkpoints = read_checkpoints(connection)
    for projection in PROJECTIONS:
        checkpoint = checkpoints.get(projection.name)
        if checkpoint is None:
            raise ProjectionStale(f"the projection {projection.name} has not been built: run `customer-ledger rebuild`")
    wanted = fingerprints(store)
    for projection in PROJECTIONS:
        if checkpoints[projection.name].fingerprint != wanted[projection.name]:
            raise ProjectionStale(
                f"the projection {projection.name} was built by another fold, journey, channel registry or types file "
                "than the one in force: run `customer-ledger rebuild`"
            )
    return min(checkpoints[projection.name].position for projection in PROJECTIONS)


def status(store: Store) -> list[ProjectionStatus]:
    """Return where every projection stands, built or not."""
    wanted = fingerprints(store)
    with reading(store.engine) as connection:
        checkpoints = read_checkpoints(connection)
        head = last_position(connection)
        parked = int(connection.execute(text("SELECT count(*) FROM parked")).scalar_one())
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
    waiting_since = connection.execute(
        text("SELECT recorded_at FROM events WHERE position = :next"), {"next": position + 1}
    ).scalar()
    table = table_of(projection)
    rows = connection.execute(select(func.count()).select_from(table)).scalar_one() if checkpoint else 0
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
