"""The tables of the log; the read model's tables are made from the projections in `read_model.py`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

Serial = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on both databases; on SQLite only the word INTEGER makes a row id."""

sources = Table(
    "sources",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

streams = Table(
    "streams",
    metadata,
    Column("stream", Serial, primary_key=True),
    Column("id", LargeBinary, nullable=False, unique=True),
    # The only place where the producer's own key stands in the clear; erasure deletes it here.
    Column("customer_id", Text, unique=True),
    Column("version", BigInteger, nullable=False, server_default="0"),
    Column("standing", LargeBinary),
    Column("chain", LargeBinary),
)

events = Table(
    "events",
    metadata,
    Column("position", Serial, primary_key=True, autoincrement=False),
    # No foreign keys: the append holds the stream's row, and checking it again for every event costs a quarter of a
    # bulk append on PostgreSQL. `verify` looks for events without a stream.
    Column("stream", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("source", Integer),
    Column("event_key", LargeBinary),
    Column("type", Text, nullable=False),
    Column("type_version", SmallInteger, nullable=False),
    Column("occurred_at", BigInteger),
    Column("received_at", BigInteger),
    Column("recorded_at", BigInteger, nullable=False),
    Column("header", LargeBinary, nullable=False),
    Column("sealed", LargeBinary),
    Column("digest", LargeBinary),
    Column("leaf", LargeBinary),
    UniqueConstraint("stream", "version", name="events_stream_version"),
    # An event stored through the eventsourcing library alone has no key of ours.
    Index(
        "events_key",
        "source",
        "event_key",
        unique=True,
        sqlite_where=text("event_key IS NOT NULL"),
        postgresql_where=text("event_key IS NOT NULL"),
    ),
)

log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="log_head_is_one_row"),
)

merges = Table(
    "merges",
    metadata,
    Column("position", BigInteger, ForeignKey("events.position"), primary_key=True, autoincrement=False),
    Column("source", Integer, ForeignKey("sources.id"), nullable=False),
    Column("event_key", LargeBinary, nullable=False),
    Column("from_stream", BigInteger, ForeignKey("streams.stream"), nullable=False, index=True),
    Column("into_stream", BigInteger, ForeignKey("streams.stream"), nullable=False, index=True),
    Column("recorded_at", BigInteger, nullable=False),
    Index("merges_key", "source", "event_key", unique=True),
)

unmerges = Table(
    "unmerges",
    metadata,
    Column("position", BigInteger, ForeignKey("events.position"), primary_key=True, autoincrement=False),
    # The merge it undoes, which may not be recorded yet.
    Column("source", Integer, ForeignKey("sources.id"), nullable=False),
    Column("event_key", LargeBinary, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Index("unmerges_key", "source", "event_key"),
)

identifiers = Table(
    "identifiers",
    metadata,
    Column("position", BigInteger, ForeignKey("events.position"), primary_key=True, autoincrement=False),
    Column("stream", BigInteger, ForeignKey("streams.stream"), nullable=False, index=True),
    Column("namespace", Text, nullable=False),
    Column("value", Text, nullable=False, index=True),
)

definitions = Table(
    "definitions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
)

enactments = Table(
    "enactments",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("hash", Text, ForeignKey("definitions.hash"), nullable=False),
    Column("enacted_at", BigInteger, nullable=False),
)

tracking = Table(
    "tracking",
    metadata,
    Column("application_name", Text, primary_key=True),
    Column("notification_id", BigInteger, nullable=False),
)

read_models = Table(
    "read_models",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("journey", Text, ForeignKey("definitions.hash"), nullable=False),
    Column("channels", Text, ForeignKey("definitions.hash"), nullable=False),
    Column("types", Text, ForeignKey("definitions.hash"), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("last_stream", BigInteger, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("built_at", BigInteger),
    Index(
        "read_models_live",
        "state",
        unique=True,
        sqlite_where=text("state = 'live'"),
        postgresql_where=text("state = 'live'"),
    ),
)

build_ranges = Table(
    "build_ranges",
    metadata,
    Column("model", Integer, ForeignKey("read_models.version"), primary_key=True),
    Column("first", BigInteger, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("customers", BigInteger, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("model", Integer, ForeignKey("read_models.version"), primary_key=True),
    Column("projection", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("built_at", BigInteger, nullable=False),
    Column("caught_up_at", BigInteger, nullable=False),
)
