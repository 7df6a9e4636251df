"""The log: events that nothing may change, the streams they belong to, and what is derived beside them.

In prose: `events` holds one row per event, by position; `streams` one per customer, with the head that an append
reads instead of the history; `log_head` the last position given. `sources` numbers the producers. `merges` and
`unmerges` are the links between customers that the log tells of, `identifiers` the outer names of a customer.
`definitions` keeps every journey, type and channel file by the hash of its content, `enactments` since when each
was in force. `checkpoints`, `fold_states` and `parked` belong to the projector, `tracking` to eventsourcing's
process recorders. Events refer to their stream and source without a foreign key: the append holds the stream's row,
and checking it again for every event costs a quarter of a bulk append on PostgreSQL. Triggers refuse to change,
delete or replace an event, and to delete a stream or a source, on both databases; who may drop them may change
anything, which is for the proofs of a later version to show.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEYED = sa.text("event_key IS NOT NULL")

REFUSAL = "the log is append-only: record a new event, or retract this one"
SQLITE_GUARDS = (
    f"CREATE TRIGGER streams_refuse_delete BEFORE DELETE ON streams BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    f"CREATE TRIGGER sources_refuse_delete BEFORE DELETE ON sources BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    f"CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    f"CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    # INSERT OR REPLACE deletes what is in its way, and without recursive_triggers no trigger hears of it. Ours is
    # on, another program's is not. (4 % of a bulk append, measured in pairs.)
    (
        "CREATE TRIGGER events_refuse_replacement BEFORE INSERT ON events "
        "WHEN NEW.position <= (SELECT position FROM log_head) "
        "OR EXISTS (SELECT 1 FROM events WHERE stream = NEW.stream AND version = NEW.version) "
        "OR EXISTS (SELECT 1 FROM events "
        "WHERE source = NEW.source AND event_key = NEW.event_key AND event_key IS NOT NULL) "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    ),
)

POSTGRES_GUARDS = (
    (
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$"
    ),
    (
        "CREATE TRIGGER events_refuse_change BEFORE UPDATE OR DELETE ON events "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    ),
    *(
        f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in ("events", "streams", "sources")
    ),
    *(
        f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for table in ("streams", "sources")
    ),
)


def upgrade() -> None:
    _create_log()
    _create_links()
    _create_definitions()
    _create_projecting()
    op.execute("INSERT INTO log_head (id, position, recorded_at) VALUES (1, 0, 0)")
    guards = SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else POSTGRES_GUARDS
    for guard in guards:
        op.execute(guard)


def _create_log() -> None:
    op.create_table(
        "sources",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "streams",
        sa.Column("stream", SERIAL, primary_key=True),
        sa.Column("id", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("customer_id", sa.Text, unique=True),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("standing", sa.LargeBinary),
        sa.Column("chain", sa.LargeBinary),
    )
    op.create_table(
        "events",
        sa.Column("position", SERIAL, primary_key=True, autoincrement=False),
        sa.Column("stream", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Integer),
        sa.Column("event_key", sa.LargeBinary),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("type_version", sa.SmallInteger, nullable=False),
        sa.Column("occurred_at", sa.BigInteger),
        sa.Column("received_at", sa.BigInteger),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("header", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("digest", sa.LargeBinary),
        sa.Column("leaf", sa.LargeBinary),
        sa.UniqueConstraint("stream", "version", name="events_stream_version"),
    )
    op.create_index(
        "events_key", "events", ["source", "event_key"], unique=True, sqlite_where=KEYED, postgresql_where=KEYED
    )
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.CheckConstraint("id = 1", name="log_head_is_one_row"),
    )


def _position() -> sa.Column[int]:
    return sa.Column("position", sa.BigInteger, sa.ForeignKey("events.position"), primary_key=True, autoincrement=False)


def _create_links() -> None:
    op.create_table(
        "merges",
        _position(),
        sa.Column("source", sa.Integer, sa.ForeignKey("sources.id"), nullable=False),
        sa.Column("event_key", sa.LargeBinary, nullable=False),
        sa.Column("from_stream", sa.BigInteger, sa.ForeignKey("streams.stream"), nullable=False, index=True),
        sa.Column("into_stream", sa.BigInteger, sa.ForeignKey("streams.stream"), nullable=False, index=True),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
    )
    op.create_index("merges_key", "merges", ["source", "event_key"], unique=True)
    op.create_table(
        "unmerges",
        _position(),
        sa.Column("source", sa.Integer, sa.ForeignKey("sources.id"), nullable=False),
        sa.Column("event_key", sa.LargeBinary, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
    )
    op.create_index("unmerges_key", "unmerges", ["source", "event_key"])
    op.create_table(
        "identifiers",
        _position(),
        sa.Column("stream", sa.BigInteger, sa.ForeignKey("streams.stream"), nullable=False, index=True),
        sa.Column("namespace", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False, index=True),
    )


def _create_definitions() -> None:
    op.create_table(
        "definitions",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "enactments",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, sa.ForeignKey("definitions.hash"), nullable=False),
        sa.Column("enacted_at", sa.BigInteger, nullable=False),
    )


def _create_projecting() -> None:
    op.create_table(
        "tracking",
        sa.Column("application_name", sa.Text, primary_key=True),
        sa.Column("notification_id", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "checkpoints",
        sa.Column("projection", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("built_at", sa.BigInteger, nullable=False),
        sa.Column("caught_up_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "fold_states",
        sa.Column("customer", SERIAL, primary_key=True, autoincrement=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "parked",
        sa.Column("customer", SERIAL, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )


def downgrade() -> None:
    raise RuntimeError("a ledger's first migration is not undone: export the ledger and make a new one")
