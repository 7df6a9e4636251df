"""Versions of the read model beside each other; what was projected before is made again by the next rebuild.

In prose: `read_models` has a row for every version of the read model that was ever begun: its name, its state, who
builds it, the folds and definitions it is made by, and the part of the log it is folded from. `build_ranges` says which
customers (ranges of stream numbers) a version under construction holds already, so that an interrupted rebuild goes on.
`checkpoints` has a row for each projection of each version. The tables of version 3 are `journey_position__v3` and so
on, `fold_states__v3` and `parked__v3`; the plain names are views of the live version. The tables of the shape before
are dropped: they are derived.
"""

import sqlalchemy as sa
from alembic import op

from ledger.projections import PROJECTIONS

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _drop_the_shape_before()
    op.create_table(
        "read_models",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("journey", sa.Text, sa.ForeignKey("definitions.hash"), nullable=False),
        sa.Column("channels", sa.Text, sa.ForeignKey("definitions.hash"), nullable=False),
        sa.Column("types", sa.Text, sa.ForeignKey("definitions.hash"), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("last_stream", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("built_at", sa.BigInteger),
    )
    op.create_index(
        "read_models_live",
        "read_models",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'live'"),
        postgresql_where=sa.text("state = 'live'"),
    )
    op.create_table(
        "build_ranges",
        sa.Column("model", sa.Integer, sa.ForeignKey("read_models.version"), primary_key=True),
        sa.Column("first", sa.BigInteger, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("customers", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "checkpoints",
        sa.Column("model", sa.Integer, sa.ForeignKey("read_models.version"), primary_key=True),
        sa.Column("projection", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("built_at", sa.BigInteger, nullable=False),
        sa.Column("caught_up_at", sa.BigInteger, nullable=False),
    )


def _drop_the_shape_before() -> None:
    names = sa.inspect(op.get_bind()).get_table_names()
    projected = {projection.name for projection in PROJECTIONS} | {"checkpoints", "fold_states", "parked"}
    for name in names:
        if name in projected or "__building_" in name:
            op.drop_table(name)


def downgrade() -> None:
    raise RuntimeError("the shape before is made by the code before: export the ledger and make a new one")
