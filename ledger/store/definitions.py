"""The journey, channel registry and company types in force, kept in the ledger by the hash of their content."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

from sqlalchemy import Connection, text

DefinitionKind = Literal["journey", "channels", "types"]

KINDS: tuple[DefinitionKind, ...] = ("journey", "channels", "types")


def enact(connection: Connection, kind: DefinitionKind, body: str, now: int) -> bool:
    """Put a definition in force from `now` on; return False where it is in force already."""
    digest = content_hash(body)
    if in_force(connection, kind) == body:
        return False
    keep(connection, kind, body)
    connection.execute(
        text("INSERT INTO enactments (kind, hash, enacted_at) VALUES (:kind, :hash, :now)"),
        {"kind": kind, "hash": digest, "now": now},
    )
    return True


def keep(connection: Connection, kind: DefinitionKind, body: str) -> None:
    """Keep a definition by its hash, whether or not it is ever in force."""
    connection.execute(
        text("INSERT INTO definitions (hash, kind, body) VALUES (:hash, :kind, :body) ON CONFLICT (hash) DO NOTHING"),
        {"hash": content_hash(body), "kind": kind, "body": body},
    )


def body_of(connection: Connection, digest: str) -> str:
    """Return the body of a kept definition."""
    return str(
        connection.execute(text("SELECT body FROM definitions WHERE hash = :hash"), {"hash": digest}).scalar_one()
    )


def in_force(connection: Connection, kind: DefinitionKind) -> str | None:
    """Return the body of the definition in force, None where none was ever enacted."""
    found: str | None = connection.execute(
        text(
            "SELECT d.body FROM enactments e JOIN definitions d ON d.hash = e.hash "
            "WHERE e.kind = :kind ORDER BY e.number DESC LIMIT 1"
        ),
        {"kind": kind},
    ).scalar()
    return found


def content_hash(body: str) -> str:
    """Return the sha256 of a definition's canonical body, in hexadecimal."""
    return sha256(body.encode()).hexdigest()
