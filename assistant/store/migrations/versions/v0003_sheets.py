"""Sheets for colleagues, what they answered, and what the applicant decided beside the conversation."""

import sqlalchemy as sa
from alembic import op

revision = "0003_sheets"
down_revision = "0002_people"


def upgrade() -> None:
    """Make the three tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "sheets",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("draft_id", sa.String(32), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.Column("role", sa.String(64), nullable=False),
        sa.Column("elements", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sheets"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_sheets_drafts"),
        sa.UniqueConstraint("token_hash", name="uq_sheets_token_hash"),
    )
    op.create_index("ix_sheets_draft_id", "sheets", ["draft_id"])
    op.create_table(
        "sheet_answers",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("sheet_id", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("element", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("answered_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sheet_answers"),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheets.id"], name="fk_sheet_answers_sheets"),
        sa.UniqueConstraint("sheet_id", "place", name="uq_sheet_answers_sheet_id_place"),
    )
    op.create_table(
        "marks",
        sa.Column("draft_id", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("mark", sa.Text, nullable=False),
        sa.Column("marked_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "place", name="pk_marks"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_marks_drafts"),
    )


def downgrade() -> None:
    """Drop the three tables."""
    for name in ("marks", "sheet_answers", "sheets"):
        op.drop_table(name)
