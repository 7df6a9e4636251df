"""Putting a version of the read model in place, and the one before back: each in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from ledger.errors import InvalidArgument, LedgerBusy, ProjectionRaced, ProjectionStale
from ledger.projecting.following import follow, follower, reached
from ledger.projecting.widening import widen_other
from ledger.store.activation import SHORTEST, show
from ledger.store.checkpoints import hold_position
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

PAUSE = 0.1
"""Seconds between two tries, in which readers that came meanwhile begin."""

LONGEST = 0.5
"""Seconds that readers are waited for at the end of much patience; nobody who comes meanwhile waits longer."""

LEVEL_TRIES = 20
"""How often it is tried to be as far as a live version that takes in events all the time."""


class Activated(Struct, frozen=True, kw_only=True):
    """Which version was put in place, in the place of which, and which definitions that put in force."""

    version: int
    name: str
    before: int | None
    enacted: list[str]


def activate(store: Store, version: int) -> Activated:
    """Put a whole version in place, as soon as nobody is in the middle of reading the live one.

    It is brought up to date first, so that nobody reads older figures than before. The definitions it was folded
    under are in force from then on. The version before is kept to roll back to; older ones go. Raises
    ReadModelNotFound, LedgerBusy, ProjectionStale for one that this code cannot read, InvalidArgument for one that is
    not whole, or live already.
    """
    _require_ready(store, version)
    widen_other(store, version)
    return _exchanged(store, version, lambda made: None)


def succeed(store: Store, version: int, before: int | None) -> Activated:
    """Put a whole version in place of the one it was compared with (None: of none), under the definitions in force.

    Raises ProjectionRaced where another one, or another definition, was put in place meanwhile; LedgerBusy.
    """

    def still(made: Activated) -> None:
        if made.enacted or made.before != before:
            raise ProjectionRaced(
                "another version of the read model, or another definition, was put in place meanwhile: "
                "run `customer-ledger rebuild` again"
            )

    return _exchanged(store, version, still)


class _BehindError(Exception):
    """The live version took in events that the one to be put in place has not."""


def _exchanged(store: Store, version: int, check: Callable[[Activated], None]) -> Activated:
    own = follower(store, version)
    if own is None:
        raise ProjectionStale(
            f"version {version} of the read model was made by other folds than this program's, which could not read "
            "it: put it in place with the program that made it"
        )
    give_up, wait, tries = time.monotonic() + PATIENCE, SHORTEST, 0
    while True:
        follow(own, version)
        tries += 1
        try:
            with writing(store.engine) as connection:
                made = _put_in_place(connection, version, store.clock(), wait, level=tries <= LEVEL_TRIES)
                check(made)
        except _BehindError:
            continue
        except LedgerBusy:
            if time.monotonic() >= give_up:
                raise
            time.sleep(PAUSE)
            wait = min(LONGEST, wait * 1.6)
        else:
            sweep(store.engine)
            return made


def _require_ready(store: Store, version: int) -> None:
    with reading(store.engine) as connection:
        model = named_model(connection, str(version))
    if model.state == "live":
        raise InvalidArgument(f"version {version} of the read model is live already")
    if model.state == "building":
        raise InvalidArgument(
            f"version {version} of the read model is not whole yet: `customer-ledger rebuild` goes on with it"
        )


def roll_back(store: Store) -> Activated:
    """Put the version before the live one back in place. Raises InvalidArgument where none is kept."""
    with reading(store.engine) as connection:
        live = live_model(connection)
        before = [model.version for model in read_models(connection) if model.state == "retired"]
    if live is None or not before:
        raise InvalidArgument(
            "there is no version of the read model to roll back to: none was live before, or it was dropped"
        )
    return activate(store, before[-1])


def drop(store: Store, version: int) -> None:
    """Give up a version that is not live. Raises ReadModelNotFound, InvalidArgument."""
    with writing(store.engine) as connection:
        model = named_model(connection, str(version))
        if model.state == "live":
            raise InvalidArgument(f"version {version} of the read model is live: activate another one first")
        set_state(connection, model.version, "abandoned")
    sweep(store.engine)


def supersede(store: Store, version: int) -> None:
    """Give up the older versions of the same name that were never put in place."""
    with writing(store.engine) as connection:
        model = named_model(connection, str(version))
        for other in read_models(connection):
            if (other.name, other.state) == (model.name, "ready") and other.version < version:
                set_state(connection, other.version, "abandoned")
    sweep(store.engine)


def sweep(engine: Engine) -> None:
    """Drop the tables of versions given up, but for those that somebody still reads: a later sweep drops them."""
    with reading(engine) as connection:
        abandoned = abandoned_models(connection)
    for version in abandoned:
        with suppress(LedgerBusy), writing(engine) as connection:
            drop_tables(connection, version)
            set_state(connection, version, "dropped")


def _put_in_place(connection: Connection, version: int, now: int, wait: float, *, level: bool) -> Activated:
    hold_versions(connection)
    live = live_model(connection)
    model = named_model(connection, str(version))
    if live is not None and version == live.version:
        raise InvalidArgument(f"version {version} of the read model is live already")
    if level and live is not None and hold_position(connection, live.version) > reached(connection, model):
        raise _BehindError
    for other in read_models(connection):
        if other.state == "retired" and other.version != version:
            set_state(connection, other.version, "abandoned")
    if live is not None:
        set_state(connection, live.version, "retired")
    set_state(connection, version, "live")
    definitions = definitions_of(connection, model)
    enacted = [kind for kind in KINDS if enact(connection, kind, getattr(definitions, kind), now)]
    show(connection, version, wait)
    return Activated(
        version=version, name=model.name, before=live.version if live else None, enacted=[str(kind) for kind in enacted]
    )
