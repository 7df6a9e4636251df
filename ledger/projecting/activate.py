"""Putting a version of the read model in place, and the one before back: each in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from ledger.errors import InvalidArgument, LedgerBusy, ProjectionRaced
from ledger.store.activation import show
from ledger.store.definitions import KINDS, enact
from ledger.store.engine import Connection, Engine, reading, writing
from ledger.store.read_model import drop_tables
from ledger.store.store import Store
from ledger.store.versions import (
    abandoned_models,
    definitions_of,
    hold_versions,
    live_model,
    named_model,
    read_models,
    set_state,
)

PATIENCE = 600.0
"""Seconds that a whole version waits for readers in the middle of the live one."""

PAUSE = 0.2
"""Seconds between two tries, in which readers that came meanwhile begin."""


class Activated(Struct, frozen=True, kw_only=True):
    """Which version was put in place, in the place of which, and which definitions that put in force."""

    version: int
    name: str
    before: int | None
    enacted: list[str]


def activate(store: Store, version: int) -> Activated:
    """Put a whole version in place, as soon as nobody is in the middle of reading the live one.

    The definitions it was folded under are in force from then on. The version before is kept to roll back to; older
    ones go. Raises ReadModelNotFound, InvalidArgument for one that is not whole or live already, LedgerBusy.
    """
    return _activate(store, lambda connection: _put_in_place(connection, version, store.clock()))


def succeed(store: Store, version: int, before: int | None) -> Activated:
    """Put a whole version in place of the one it was compared with (None: of none), under the definitions in force.

    Raises ProjectionRaced where another one, or another definition, was put in place meanwhile; LedgerBusy.
    """

    def put(connection: Connection) -> Activated:
        hold_versions(connection)
        live = live_model(connection)
        made = _put_in_place(connection, version, store.clock())
        if made.enacted or before != (live.version if live else None):
            raise ProjectionRaced(
                "another version of the read model, or another definition, was put in place meanwhile: "
                "run `customer-ledger rebuild` again"
            )
        return made

    return _activate(store, put)


def _activate(store: Store, put: Callable[[Connection], Activated]) -> Activated:
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            with writing(store.engine) as connection:
                made = put(connection)
        except LedgerBusy:
            if time.monotonic() >= give_up:
                raise
            time.sleep(PAUSE)
        else:
            sweep(store.engine)
            return made


def roll_back(store: Store) -> Activated:
    """Put the version before the live one back in place. Raises InvalidArgument where none is kept."""
    with reading(store.engine) as connection:
        live = live_model(connection)
        before = [model.version for model in read_models(connection) if model.state == "retired"]
    if live is None or not before:
        raise InvalidArgument("there is no version of the read model to roll back to: none was live before")
    return activate(store, before[-1])


def drop(store: Store, version: int) -> None:
    """Give up a version that is not live. Raises ReadModelNotFound, InvalidArgument."""
    with writing(store.engine) as connection:
        model = named_model(connection, str(version))
        if model.state == "live":
            raise InvalidArgument(f"version {version} of the read model is live: activate another one first")
        set_state(connection, model.version, "abandoned")
    sweep(store.engine)


def sweep(engine: Engine) -> None:
    """Drop the tables of versions given up, but for those that somebody still reads: a later sweep drops them."""
    with reading(engine) as connection:
        abandoned = abandoned_models(connection)
    for version in abandoned:
        with suppress(LedgerBusy), writing(engine) as connection:
            drop_tables(connection, version)
            set_state(connection, version, "dropped")


def _put_in_place(connection: Connection, version: int, now: int) -> Activated:
    hold_versions(connection)
    live = live_model(connection)
    model = named_model(connection, str(version))
    if version == (live.version if live else None):
        raise InvalidArgument(f"version {version} of the read model is live already")
    if model.state == "building":
        raise InvalidArgument(
            f"version {version} of the read model is not whole yet: `customer-ledger rebuild` goes on"
        )
    for other in read_models(connection):
        if other.state == "retired" and other.version != version:
            set_state(connection, other.version, "abandoned")
    if live is not None:
        set_state(connection, live.version, "retired")
    set_state(connection, version, "live")
    definitions = definitions_of(connection, model)
    enacted = [kind for kind in KINDS if enact(connection, kind, getattr(definitions, kind), now)]
    show(connection, version)
    return Activated(
        version=version, name=model.name, before=live.version if live else None, enacted=[str(kind) for kind in enacted]
    )
