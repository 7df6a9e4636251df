"""The versions of the read model: which there are, what each was folded from, and which one is live."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from sqlalchemy import Connection, text

from ledger.errors import ProjectionRaced, ReadModelNotFound
from ledger.schemas.definitions import Definitions
from ledger.store.definitions import body_of, content_hash, keep

State = Literal["building", "ready", "live", "retired", "abandoned", "dropped"]
"""Under construction; whole but not in place; in place; in place before, to roll back to; to be dropped; gone."""

MAIN = "main"
"""The name of the versions that take each other's place; any other names one made to look at."""

COLUMNS = "version, name, state, token, made_by, journey, channels, types, position, last_stream, started_at, built_at"


class ReadModel(Struct, frozen=True, kw_only=True):
    """One version: folded from the streams up to `last_stream` and the events up to `position`, then caught up.

    `made_by` is the digest of its projections' fingerprints, `journey`, `channels` and `types` the hashes of the
    definitions it is folded under; `token` names who builds it. Times are in µs UTC; `built_at` is None until it is
    whole.
    """

    version: int
    name: str
    state: State
    token: str
    made_by: str
    journey: str
    channels: str
    types: str
    position: int
    last_stream: int
    started_at: int
    built_at: int | None


def read_models(connection: Connection) -> list[ReadModel]:
    """Return every version that is of use, the oldest first."""
    found = connection.execute(
        text(f"SELECT {COLUMNS} FROM read_models WHERE state NOT IN ('abandoned', 'dropped') ORDER BY version")
    )
    return [ReadModel(**row) for row in found.mappings()]


def hold_versions(connection: Connection) -> None:
    """Let nobody else begin or exchange a version before the transaction ends; on SQLite a writer is alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE read_models IN SHARE ROW EXCLUSIVE MODE"))


def abandoned_models(connection: Connection) -> list[int]:
    """Return the versions whose tables are to be dropped."""
    return list(connection.execute(text("SELECT version FROM read_models WHERE state = 'abandoned'")).scalars())


def live_model(connection: Connection) -> ReadModel | None:
    """Return the version in place, None before the first."""
    found = connection.execute(text(f"SELECT {COLUMNS} FROM read_models WHERE state = 'live'")).mappings().first()
    return None if found is None else ReadModel(**found)


def named_model(connection: Connection, name: str) -> ReadModel:
    """Return the version that a number, or else a name (the newest of that name), names. Raises ReadModelNotFound."""
    models = read_models(connection)
    for model in reversed(models):
        if name in (str(model.version), model.name):
            return model
    known = ", ".join(f"{model.version} ({model.name}, {model.state})" for model in models) or "none"
    raise ReadModelNotFound(f"there is no version {name!r} of the read model: there are {known}")


def add_model(
    connection: Connection,
    definitions: Definitions,
    *,
    name: str,
    made_by: str,
    position: int,
    last_stream: int,
    token: str,
    now: int,
) -> ReadModel:
    """Begin a version, and return it; numbers are never used again."""
    hashes = {kind: content_hash(getattr(definitions, kind)) for kind in ("journey", "channels", "types")}
    keep(connection, "journey", definitions.journey)
    keep(connection, "channels", definitions.channels)
    keep(connection, "types", definitions.types)
    highest = connection.execute(text("SELECT coalesce(max(version), 0) FROM read_models")).scalar_one()
    model = ReadModel(
        version=int(highest) + 1,
        name=name,
        state="building",
        token=token,
        made_by=made_by,
        position=position,
        last_stream=last_stream,
        started_at=now,
        built_at=None,
        **hashes,
    )
    connection.execute(
        text(
            f"INSERT INTO read_models ({COLUMNS}) VALUES (:version, :name, :state, :token, :made_by, :journey, "
            ":channels, :types, :position, :last_stream, :started_at, :built_at)"
        ),
        {field: getattr(model, field) for field in ReadModel.__struct_fields__},
    )
    return model


def claim(connection: Connection, version: int, token: str) -> None:
    """Take over the building of a version; whoever built it stops at its next write."""
    connection.execute(
        text("UPDATE read_models SET token = :token WHERE version = :version"), {"token": token, "version": version}
    )


def require_claim(connection: Connection, version: int, token: str) -> None:
    """Check that the version is still ours to build, and let nobody take it before the transaction ends.

    Raises ProjectionRaced.
    """
    held = " FOR UPDATE" if connection.dialect.name == "postgresql" else ""
    found = connection.execute(
        text(f"SELECT token FROM read_models WHERE version = :version AND state = 'building'{held}"),
        {"version": version},
    ).scalar()
    if found != token:
        raise ProjectionRaced(
            "another rebuild goes on with this version of the read model: this one stops, the live tables are as before"
        )


def require_kept(connection: Connection, version: int) -> None:
    """Check that a version was not given up, and let nobody do so before the transaction ends; take checkpoints first.

    Raises ProjectionRaced.
    """
    held = " FOR SHARE" if connection.dialect.name == "postgresql" else ""
    state = connection.execute(
        text(f"SELECT state FROM read_models WHERE version = :version{held}"), {"version": version}
    ).scalar()
    if state in ("abandoned", "dropped"):
        raise ProjectionRaced(
            f"version {version} of the read model was given up meanwhile: nothing of this batch was applied"
        )


def set_state(connection: Connection, version: int, state: State) -> None:
    """Move a version on to another state."""
    connection.execute(
        text("UPDATE read_models SET state = :state WHERE version = :version"), {"state": state, "version": version}
    )


def finish_model(connection: Connection, version: int, now: int) -> None:
    """Say that a version is whole, and forget which ranges it was made of."""
    connection.execute(
        text("UPDATE read_models SET state = 'ready', built_at = :now WHERE version = :version"),
        {"now": now, "version": version},
    )
    connection.execute(text("DELETE FROM build_ranges WHERE model = :version"), {"version": version})


def definitions_of(connection: Connection, model: ReadModel) -> Definitions:
    """Return the definitions that a version is folded under."""
    return Definitions(*(body_of(connection, digest) for digest in (model.journey, model.channels, model.types)))


def journeys_built(connection: Connection) -> list[tuple[int, str]]:
    """Return the whole versions that are there, or whose journey was ever in force, with the body of their journey."""
    found = connection.execute(
        text(
            "SELECT m.version, d.body FROM read_models m JOIN definitions d ON d.hash = m.journey "
            "WHERE m.built_at IS NOT NULL AND (m.state NOT IN ('abandoned', 'dropped') "
            "OR m.journey IN (SELECT hash FROM enactments WHERE kind = 'journey')) ORDER BY m.version"
        )
    )
    return [(int(version), str(body)) for version, body in found]


class BuiltRange(Struct, frozen=True):
    """A range of customers that a version under construction holds: first and last stream, events and customers."""

    first: int
    last: int
    events: int
    customers: int


def built_ranges(connection: Connection, version: int) -> list[BuiltRange]:
    """Return the ranges that a version under construction holds, in order."""
    found = connection.execute(
        text("SELECT first, last, events, customers FROM build_ranges WHERE model = :version ORDER BY first"),
        {"version": version},
    )
    return [BuiltRange(*row) for row in found]


def add_ranges(connection: Connection, version: int, ranges: list[BuiltRange]) -> None:
    """Say that a version under construction holds these ranges from now on."""
    connection.execute(
        text(
            "INSERT INTO build_ranges (model, first, last, events, customers) "
            "VALUES (:model, :first, :last, :events, :customers)"
        ),
        [{"model": version, **{name: getattr(one, name) for name in BuiltRange.__struct_fields__}} for one in ranges],
    )
