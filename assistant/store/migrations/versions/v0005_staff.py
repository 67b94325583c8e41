"""What models were used for, work in the background, why a switch was set, and the released form of a case."""

import sqlalchemy as sa
from alembic import op

revision = "0005_staff"
down_revision = "0004_batches"


def upgrade() -> None:
    """Make two tables, and add two columns."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "model_calls",
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("engine", sa.String(8), nullable=False),
        sa.Column("model", sa.String(120), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("tokens_in", sa.BigInteger, nullable=False),
        sa.Column("tokens_out", sa.BigInteger, nullable=False),
        sa.Column("cost_usd", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("day", "engine", "model", "outcome", name="pk_model_calls"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("started_by", sa.String(32), nullable=False),
        sa.Column("began_at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("fix", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(["started_by"], ["accounts.id"], name="fk_jobs_accounts"),
        sa.CheckConstraint("state IN ('running', 'done', 'failed')", name="ck_jobs_state"),
    )
    op.create_index("ix_jobs_began_at", "jobs", ["began_at"])
    op.add_column("switches", sa.Column("why", sa.Text))
    op.add_column("candidates", sa.Column("released_case", sa.Text))


def downgrade() -> None:
    """Drop them."""
    for table, column in (("candidates", "released_case"), ("switches", "why")):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
    op.drop_table("jobs")
    op.drop_table("model_calls")
