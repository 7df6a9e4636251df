"""How far each projection has come, moved by compare-and-set so that no two projectors apply an event twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct
from sqlalchemy import Connection, text

from ledger.errors import ProjectionRaced


class Checkpoint(Struct, frozen=True, kw_only=True):
    """Where a projection of a version of the read model stands; times in µs UTC."""

    model: int
    projection: str
    version: int
    fingerprint: str
    position: int
    built_at: int
    caught_up_at: int


COLUMNS = "model, projection, version, fingerprint, position, built_at, caught_up_at"


def read_checkpoints(connection: Connection, model: int) -> dict[str, Checkpoint]:
    """Return the checkpoints of a version by projection; none before it is whole."""
    found = connection.execute(text(f"SELECT {COLUMNS} FROM checkpoints WHERE model = :model"), {"model": model})
    return {row["projection"]: Checkpoint(**row) for row in found.mappings()}


def hold_position(connection: Connection, model: int) -> int:
    """Return the position of a whole version, which nobody moves before the transaction ends."""
    held = " FOR UPDATE" if connection.dialect.name == "postgresql" else ""
    found = connection.execute(
        text(f"SELECT position FROM checkpoints WHERE model = :model ORDER BY projection{held}"), {"model": model}
    )
    return min(map(int, found.scalars()), default=0)


def every_checkpoint(connection: Connection) -> list[Checkpoint]:
    """Return the checkpoints of every version that was ever whole, the oldest first."""
    found = connection.execute(text(f"SELECT {COLUMNS} FROM checkpoints ORDER BY model, projection"))
    return [Checkpoint(**row) for row in found.mappings()]


def advance(connection: Connection, model: int, fingerprints: Mapping[str, str], old: int, new: int, now: int) -> None:
    """Move the checkpoints of a version's projections (name → fingerprint) from `old` to `new`.

    Raises ProjectionRaced where one of them stood elsewhere, or was built by another definition.
    """
    for projection, fingerprint in fingerprints.items():
        moved = connection.execute(
            text(
                "UPDATE checkpoints SET position = :new, caught_up_at = :now WHERE model = :model "
                "AND projection = :projection AND position = :old AND fingerprint = :fingerprint RETURNING position"
            ),
            {
                "model": model,
                "projection": projection,
                "fingerprint": fingerprint,
                "old": old,
                "new": new,
                "now": now,
            },
        ).first()
        if moved is None:
            raise ProjectionRaced(
                f"another projector moved {projection} on from position {old} first: nothing of this batch was applied"
            )


def write_checkpoints(connection: Connection, checkpoints: Iterable[Checkpoint]) -> None:
    """Set the checkpoints of a version that has become whole."""
    connection.execute(
        text(
            f"INSERT INTO checkpoints ({COLUMNS}) "
            "VALUES (:model, :projection, :version, :fingerprint, :position, :built_at, :caught_up_at)"
        ),
        [{name: getattr(one, name) for name in Checkpoint.__struct_fields__} for one in checkpoints],
    )
