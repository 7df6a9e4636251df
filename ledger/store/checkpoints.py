"""How far each projection has come, moved by compare-and-set so that no two projectors apply an event twice."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from sqlalchemy import Connection, text

from ledger.errors import ProjectionRaced


class Checkpoint(Struct, frozen=True, kw_only=True):
    """Where a projection stands: built by the definition of `fingerprint`, up to `position`; times in µs UTC."""

    projection: str
    version: int
    fingerprint: str
    position: int
    built_at: int
    caught_up_at: int


BUILD = "(building)"
"""The row that names the rebuild under way; its fingerprint is the rebuild's token."""


def read_checkpoints(connection: Connection) -> dict[str, Checkpoint]:
    """Return the checkpoint of every projection that was ever built."""
    found = connection.execute(
        text(
            "SELECT projection, version, fingerprint, position, built_at, caught_up_at "
            "FROM checkpoints WHERE projection <> :build"
        ),
        {"build": BUILD},
    )
    return {row["projection"]: Checkpoint(**row) for row in found.mappings()}


def advance(connection: Connection, fingerprints: Mapping[str, str], old: int, new: int, now: int) -> None:
    """Move the checkpoints of projections (name → fingerprint) from `old` to `new`.

    Raises ProjectionRaced where one of them stood elsewhere, or was built anew by another definition.
    """
    for projection, fingerprint in fingerprints.items():
        moved = connection.execute(
            text(
                "UPDATE checkpoints SET position = :new, caught_up_at = :now "
                "WHERE projection = :projection AND position = :old AND fingerprint = :fingerprint RETURNING position"
            ),
            {"projection": projection, "fingerprint": fingerprint, "old": old, "new": new, "now": now},
        ).first()
        if moved is None:
            raise ProjectionRaced(
                f"another projector moved {projection} on from position {old} first: nothing of this batch was applied"
            )


def write_checkpoint(connection: Connection, checkpoint: Checkpoint) -> None:
    """Set a projection's checkpoint, whatever it was; held until the end of the transaction."""
    connection.execute(
        text(
            "INSERT INTO checkpoints (projection, version, fingerprint, position, built_at, caught_up_at) "
            "VALUES (:projection, :version, :fingerprint, :position, :built_at, :caught_up_at) "
            "ON CONFLICT (projection) DO UPDATE SET version = excluded.version, fingerprint = excluded.fingerprint, "
            "position = excluded.position, built_at = excluded.built_at, caught_up_at = excluded.caught_up_at"
        ),
        {name: getattr(checkpoint, name) for name in Checkpoint.__struct_fields__},
    )


def begin_build(connection: Connection, token: str, position: int, now: int) -> None:
    """Say that a rebuild is under way; one that was under way before stops at its next write."""
    write_checkpoint(
        connection,
        Checkpoint(projection=BUILD, version=0, fingerprint=token, position=position, built_at=now, caught_up_at=now),
    )


def require_build(connection: Connection, token: str) -> None:
    """Check that the rebuild is still the one under way, and let no other begin before the transaction ends.

    Raises ProjectionRaced.
    """
    held = " FOR UPDATE" if connection.dialect.name == "postgresql" else ""
    found = connection.execute(
        text("SELECT fingerprint FROM checkpoints WHERE projection = :build" + held), {"build": BUILD}
    ).scalar()
    if found != token:
        raise ProjectionRaced(
            "another rebuild was started after this one: this one stops, the live tables are as before"
        )


def end_build(connection: Connection) -> None:
    """Say that no rebuild is under way."""
    connection.execute(text("DELETE FROM checkpoints WHERE projection = :build"), {"build": BUILD})
