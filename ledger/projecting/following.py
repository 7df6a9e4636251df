"""Bringing a version of the read model up to date, under the definitions it is folded under."""

from __future__ import annotations

from msgspec import structs

from ledger.errors import InvalidDefinition, ProjectionRaced, ProjectionStale
from ledger.projecting.catch_up import BATCH, catch_up, catch_up_batch
from ledger.projecting.leading import stand_by
from ledger.schemas.definitions import Definitions, compile_context
from ledger.store.checkpoints import read_checkpoints
from ledger.store.engine import Connection, reading
from ledger.store.log import last_position
from ledger.store.mapper import RowMapper
from ledger.store.serving import require_built
from ledger.store.store import Store
from ledger.store.versions import ReadModel, definitions_of, named_model


def under(store: Store, definitions: Definitions) -> Store:
    """Return the store as if other definitions were in force."""
    context = compile_context(definitions)
    return structs.replace(store, definitions=definitions, context=context, mapper=RowMapper(context.vocabulary))


def follow(store: Store, model: int | None) -> None:
    """Take in what was recorded meanwhile; another projector that does the same is waited for.

    Raises ProjectionStale, ReadModelNotFound.
    """
    while True:
        try:
            catch_up(store, model)
        except ProjectionRaced:
            stand_by(store, head(store), model)
            continue
        return


def head(store: Store) -> int:
    """Return the position of the last event."""
    with reading(store.engine) as connection:
        return last_position(connection)


def follower(store: Store, version: int) -> Store | None:
    """Return the store under the definitions of a whole version; None where this code folds otherwise than it was."""
    with reading(store.engine) as connection:
        model = named_model(connection, str(version))
        try:
            own = under(store, definitions_of(connection, model))
            require_built(connection, own.context, version)
        except (ProjectionStale, InvalidDefinition):
            return None
    return own


def reached(connection: Connection, model: ReadModel) -> int:
    """Return the position of a version; where it was folded to, while it is not whole."""
    checkpoints = read_checkpoints(connection, model.version)
    return min((checkpoint.position for checkpoint in checkpoints.values()), default=model.position)


def follow_to(store: Store, version: int, position: int) -> None:
    """Take in what was recorded up to a position, and no more."""
    while True:
        with reading(store.engine) as connection:
            at = reached(connection, named_model(connection, str(version)))
        if at >= position:
            return
        try:
            catch_up_batch(store, min(BATCH, position - at), version)
        except ProjectionRaced:
            stand_by(store, position, version)
