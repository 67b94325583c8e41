"""What lists of drafts show of a judgement, beside the whole of it."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006_glance"
down_revision = "0005_staff"

SIZES = {"judged_lang": 2, "verdict": 16, "type": 80, "pathway": 24}
turns = sa.table(
    "turns",
    *(sa.column(name) for name in ("draft_id", "seq", "turn", "reasons", *SIZES)),
)


def upgrade() -> None:
    """Add five columns, and fill them from the judgements that are there."""
    for name, size in SIZES.items():
        op.add_column("turns", sa.Column(name, sa.String(size)))
    op.add_column("turns", sa.Column("reasons", sa.Text))
    connection = op.get_bind()
    keys = connection.execute(sa.select(turns.c.draft_id, turns.c.seq)).all()
    for draft_id, seq in keys:  # one at a time: judgements are long
        mine = (turns.c.draft_id == draft_id) & (turns.c.seq == seq)
        written = connection.execute(sa.select(turns.c.turn).where(mine)).scalar_one()
        if glance := _glance(written):
            connection.execute(sa.update(turns).where(mine).values(**glance))


def _glance(written: str) -> dict[str, str | None]:
    """The columns of one judgement; none for one that cannot be read, which its draft says when it is opened."""
    try:
        judgement = json.loads(written)["judgement"]
        return {
            "judged_lang": judgement["lang"],
            "verdict": judgement["fit"]["verdict"],
            "type": judgement["type"]["primary"],
            "pathway": judgement["readiness"]["pathway"],
            "reasons": ",".join(flag["reason"] for flag in judgement["fit"]["flags"]),
        }
    except (ValueError, KeyError, TypeError):
        return {}


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("turns") as batch:
        for name in (*SIZES, "reasons"):
            batch.drop_column(name)
