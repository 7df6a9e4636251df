"""Which version of the read model is meant: by its number, by its name, or by what stands to reason."""

from __future__ import annotations

import re

from ledger.errors import InvalidArgument
from ledger.store.engine import reading
from ledger.store.store import Store
from ledger.store.versions import MAIN, live_model, named_model, read_models

NAME = re.compile("[A-Za-z][A-Za-z0-9_.-]{0,62}")


def numbered(store: Store, version: int | str) -> int:
    """Return the number of the version that a number or a name names. Raises ReadModelNotFound."""
    with reading(store.engine) as connection:
        return named_model(connection, str(version)).version


def chosen(store: Store, before: int | str | None, after: int | str | None) -> tuple[int, int]:
    """Return the numbers of two versions to compare: by default the live one and the newest that is ready.

    One that is named alone is compared with the live one. Raises ReadModelNotFound, InvalidArgument where there are no
    two.
    """
    with reading(store.engine) as connection:
        live = live_model(connection)
        ready = [model for model in read_models(connection) if model.state == "ready"]
    if before is not None and after is not None:
        return _two(numbered(store, before), numbered(store, after))
    if live is None:
        raise InvalidArgument("no version of the read model is live yet: run `customer-ledger rebuild`")
    if before is not None:
        return _two(live.version, numbered(store, before))
    if after is None and not ready:
        raise InvalidArgument(
            "there is no version beside the live one to compare it with: make one with `customer-ledger rebuild`, or "
            "name it (`customer-ledger projections versions` lists them)"
        )
    return _two(live.version, ready[-1].version if after is None else numbered(store, after))


def _two(before: int, after: int) -> tuple[int, int]:
    if before == after:
        raise InvalidArgument(
            f"that is version {before} twice, and it is always equal to itself: name another one "
            "(`customer-ledger projections versions` lists them)"
        )
    return before, after


def require_name(name: str) -> None:
    """Check the name for a version to look at: none that could be a number. Raises InvalidArgument."""
    if not NAME.fullmatch(name):
        raise InvalidArgument(
            f"{name!r} cannot name a version of the read model: begin with a letter, go on with letters, digits, "
            "'.', '_' or '-', 63 in all"
        )
    if name == MAIN:
        raise InvalidArgument(f"{name!r} is what a rebuild calls the version that goes live: take another name")
