"""A types file that only adds types needs no rebuild: whoever has an event of such a type is parked."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import structs

from ledger.schemas.definitions import Definitions, compile_context
from ledger.store.checkpoints import read_checkpoints
from ledger.store.definitions import in_force
from ledger.store.engine import Connection, writing
from ledger.store.serving import fingerprints, made_by
from ledger.store.store import Store
from ledger.store.versions import ReadModel, definitions_of, live_model, named_model
from ledger.store.widening import widen


def widen_live(store: Store) -> bool:
    """Let the live version go on under the types in force, where they are its own and more; say whether it was needed.

    Everything else it was built by must be in force still. Then the rows of all who are not parked are what a
    rebuild would make of them, and the parked are to be folded again.
    """
    with writing(store.engine) as connection:
        live = live_model(connection)
        return live is not None and _widened(connection, live, store.definitions)


def widen_other(store: Store, version: int) -> bool:
    """Let a version beside the live one go on under the types in force, as `widen_live` does, and its own journey."""
    with writing(store.engine) as connection:
        model = named_model(connection, str(version))
        own = definitions_of(connection, model)
        return _widened(connection, model, structs.replace(own, types=in_force(connection, "types") or own.types))


def _widened(connection: Connection, model: ReadModel, definitions: Definitions) -> bool:
    before = definitions_of(connection, model)
    if not _adds_types_only(before, definitions):
        return False
    was, context = fingerprints(compile_context(before)), compile_context(definitions)
    wanted = fingerprints(context)
    if was == wanted or _built_by(connection, model.version) != was:
        return False
    changes = {name: (was[name], wanted[name]) for name in wanted}
    widen(connection, model.version, definitions.types, made_by(context), changes)
    return True


def _adds_types_only(before: Definitions, after: Definitions) -> bool:
    same = (before.journey, before.channels) == (after.journey, after.channels)
    if not same or after.zone is not None:
        return False
    had, has = _types(before), _types(after)
    return all(has.get(name) == declared for name, declared in had.items())


def _types(definitions: Definitions) -> dict[str, Any]:
    return {declared["name"]: declared for declared in msgspec.json.decode(definitions.types)["types"]}


def _built_by(connection: Connection, model: int) -> dict[str, str]:
    return {name: checkpoint.fingerprint for name, checkpoint in read_checkpoints(connection, model).items()}
