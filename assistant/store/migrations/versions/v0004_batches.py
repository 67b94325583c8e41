"""Tables of proposals that coaches send, and what came of each row."""

import sqlalchemy as sa
from alembic import op

revision = "0004_batches"
down_revision = "0003_sheets"


def upgrade() -> None:
    """Make the two tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "batches",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(32)),
        sa.Column("beat_at", moment),
        sa.Column("ended_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_batches_accounts"),
    )
    op.create_index("ix_batches_account_id", "batches", ["account_id"])
    op.create_table(
        "batch_rows",
        sa.Column("batch_id", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("row_id", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("document", sa.String(200)),
        sa.Column("lang", sa.String(2)),
        sa.Column("ended_at", moment),
        sa.Column("verdict", sa.String(16)),
        sa.Column("confidence", sa.Float),
        sa.Column("type", sa.String(80)),
        sa.Column("reasons", sa.Text),
        sa.Column("missing", sa.Integer),
        sa.Column("error", sa.Text),
        sa.Column("fix", sa.Text),
        sa.Column("error_key", sa.String(40)),
        sa.Column("error_details", sa.Text),
        sa.Column("result", sa.Text),
        sa.PrimaryKeyConstraint("batch_id", "place", name="pk_batch_rows"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_rows_batches"),
    )


def downgrade() -> None:
    """Drop the two tables."""
    for name in ("batch_rows", "batches"):
        op.drop_table(name)
