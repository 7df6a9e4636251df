"""A types file that only adds types needs no rebuild: whoever has an event of such a type is parked."""

from __future__ import annotations

from typing import Any

import msgspec

from ledger.schemas.definitions import Definitions, compile_context
from ledger.store.checkpoints import read_checkpoints
from ledger.store.engine import Connection, writing
from ledger.store.serving import fingerprints, made_by
from ledger.store.store import Store
from ledger.store.versions import definitions_of, live_model
from ledger.store.widening import widen


def widen_live(store: Store) -> bool:
    """Let the live version go on under the types in force, where they are its own and more; say whether it was needed.

    Everything else it was built by must be in force still. Then the rows of all who are not parked are what a
    rebuild would make of them, and the parked are to be folded again.
    """
    with writing(store.engine) as connection:
        live = live_model(connection)
        if live is None:
            return False
        before = definitions_of(connection, live)
        if not _adds_types_only(before, store.definitions):
            return False
        was, wanted = fingerprints(compile_context(before)), fingerprints(store.context)
        if was == wanted or _built_by(connection, live.version) != was:
            return False
        changes = {name: (was[name], wanted[name]) for name in wanted}
        widen(connection, live.version, store.definitions.types, made_by(store.context), changes)
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
