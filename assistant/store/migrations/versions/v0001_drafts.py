"""Drafts, what was received for them, and what was answered."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the three tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("lang", sa.String(2)),
        sa.Column("lang_since", sa.Integer, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("touched_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
        sa.UniqueConstraint("token_hash", name="uq_drafts_token_hash"),
    )
    op.create_index("ix_drafts_touched_at", "drafts", ["touched_at"])
    op.create_table(
        "messages",
        sa.Column("draft_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("document", sa.Text),
        sa.Column("element", sa.String(64)),
        sa.Column("received_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "seq", name="pk_messages"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_messages_drafts"),
    )
    op.create_table(
        "turns",
        sa.Column("draft_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("turn", sa.Text, nullable=False),
        sa.Column("conversation", sa.Text, nullable=False),
        sa.Column("answered_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "seq", name="pk_turns"),
        sa.UniqueConstraint("draft_id", "place", name="uq_turns_draft_id_place"),
        sa.ForeignKeyConstraint(
            ["draft_id", "seq"], ["messages.draft_id", "messages.seq"], name="fk_turns_messages"
        ),
    )


def downgrade() -> None:
    """Drop the three tables."""
    for name in ("turns", "messages", "drafts"):
        op.drop_table(name)
