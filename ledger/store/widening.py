"""The live version goes on under a types file that says more: what was folded before stays as it is."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

from ledger.errors import ProjectionRaced
from ledger.store.definitions import content_hash, keep


def widen(
    connection: Connection, model: int, types: str, made_by: str, fingerprints: Mapping[str, tuple[str, str]]
) -> None:
    """Say that a version is folded under another types file from now on, its checkpoints staying where they are.

    `fingerprints` are those of each projection before and after. Raises ProjectionRaced where one is another already.
    """
    keep(connection, "types", types)
    for projection, (before, after) in fingerprints.items():
        moved = connection.execute(
            text(
                "UPDATE checkpoints SET fingerprint = :after WHERE model = :model AND projection = :projection "
                "AND fingerprint = :before RETURNING position"
            ),
            {"model": model, "projection": projection, "before": before, "after": after},
        ).first()
        if moved is None:
            raise ProjectionRaced(f"{projection} was put under other definitions meanwhile: nothing was done, go on")
    connection.execute(
        text("UPDATE read_models SET types = :types, made_by = :made_by WHERE version = :model"),
        {"types": content_hash(types), "made_by": made_by, "model": model},
    )
