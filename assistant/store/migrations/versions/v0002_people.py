"""People and their keys, reviews, candidates for the evaluations, the audit; what is only ever added to."""

import sqlalchemy as sa
from alembic import op

revision = "0002_people"
down_revision = "0001"

APPEND_ONLY = (("audit", "UPDATE"), ("audit", "DELETE"), ("reviews", "UPDATE"))


def upgrade() -> None:
    """Make the tables, and the guards of those that are only added to."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("name", sa.String(120)),
        sa.Column("roles", sa.String(40), nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("issuer", sa.String(255)),
        sa.Column("subject", sa.String(255)),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("disabled_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("email", name="uq_accounts_email"),
        sa.UniqueConstraint("issuer", "subject", name="uq_accounts_issuer_subject"),
    )
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_table(
        "audit_head",
        sa.Column("one", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.CheckConstraint("one = 1", name="ck_audit_head_one"),
        sa.PrimaryKeyConstraint("one", name="pk_audit_head"),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("scopes", sa.String(120), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("ends_at", moment),
        sa.Column("revoked_at", moment),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_api_tokens_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
    )
    op.create_index("ix_api_tokens_account_id", "api_tokens", ["account_id"])
    op.create_table(
        "draft_keys",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("draft_id", sa.String(32), nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_draft_keys_drafts"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_draft_keys"),
    )
    op.create_index("ix_draft_keys_draft_id", "draft_keys", ["draft_id"])
    op.create_table(
        "holdings",
        sa.Column("draft_id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32)),
        sa.Column("link_ends_at", moment),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_holdings_accounts"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_holdings_drafts"),
        sa.PrimaryKeyConstraint("draft_id", name="pk_holdings"),
    )
    op.create_index("ix_holdings_account_id", "holdings", ["account_id"])
    op.create_table(
        "looks",
        sa.Column("draft_id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("turn_seq", sa.Integer, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_looks_accounts"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_looks_drafts"),
        sa.PrimaryKeyConstraint("draft_id", "account_id", name="pk_looks"),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("draft_id", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("turn_seq", sa.Integer),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("decided_by", sa.String(32)),
        sa.Column("target", sa.String(80)),
        sa.Column("was", sa.String(80)),
        sa.Column("now", sa.String(80)),
        sa.Column("text", sa.Text),
        sa.Column("engine", sa.String(80)),
        sa.Column("at", moment, nullable=False),
        sa.CheckConstraint(
            "kind = 'hand_over' OR (text IS NOT NULL AND length(trim(text)) > 0)", name="ck_reviews_reason"
        ),
        sa.CheckConstraint(
            "kind IN ('hand_over', 'contest') OR decided_by IS NOT NULL", name="ck_reviews_decided_by"
        ),
        sa.CheckConstraint(
            "kind IN ('hand_over', 'contest', 'agree', 'overrule', 'second', 'note_open', 'note_coaches', 'hand_back')",
            name="ck_reviews_kind",
        ),
        sa.CheckConstraint(
            "kind NOT IN ('agree', 'overrule', 'second') OR (target IS NOT NULL AND now IS NOT NULL)",
            name="ck_reviews_target",
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["accounts.id"], name="fk_reviews_accounts"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_reviews_drafts"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("draft_id", "place", name="uq_reviews_draft_id_place"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_sessions_accounts"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])
    op.create_table(
        "switches",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("place", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("value", sa.String(80), nullable=False),
        sa.Column("set_by", sa.String(32), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(["set_by"], ["accounts.id"], name="fk_switches_accounts"),
        sa.PrimaryKeyConstraint("name", "place", name="pk_switches"),
    )
    op.create_table(
        "candidates",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("draft_id", sa.String(32), nullable=False),
        sa.Column("review_id", sa.String(32), nullable=False),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("target", sa.String(80), nullable=False),
        sa.Column("was", sa.String(80)),
        sa.Column("now", sa.String(80), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("made_by", sa.String(32), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("second_by", sa.String(32)),
        sa.Column("second_value", sa.String(80)),
        sa.Column("second_reason", sa.Text),
        sa.Column("suite", sa.String(80)),
        sa.Column("settled_at", moment),
        sa.CheckConstraint("state <> 'released' OR suite IS NOT NULL", name="ck_candidates_suite"),
        sa.CheckConstraint("state = 'quarantine' OR second_by IS NOT NULL", name="ck_candidates_read_twice"),
        sa.CheckConstraint(
            "state IN ('quarantine', 'accepted', 'rejected', 'released')", name="ck_candidates_state"
        ),
        sa.CheckConstraint("second_by IS NULL OR second_by <> made_by", name="ck_candidates_second_by"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_candidates_drafts"),
        sa.ForeignKeyConstraint(["made_by"], ["accounts.id"], name="fk_candidates_made_by"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_candidates_reviews"),
        sa.ForeignKeyConstraint(["second_by"], ["accounts.id"], name="fk_candidates_second_by"),
        sa.PrimaryKeyConstraint("id", name="pk_candidates"),
        sa.UniqueConstraint("fingerprint", "target", name="uq_candidates_fingerprint_target"),
        sa.UniqueConstraint("review_id", name="uq_candidates_review_id"),
    )
    op.execute("INSERT INTO audit_head (one, seq, hash) VALUES (1, 0, '')")
    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:
        op.execute(
            "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$"
        )
    for table, change in APPEND_ONLY:
        name = f"{table}_no_{change.lower()}"
        act = "FOR EACH ROW EXECUTE FUNCTION append_only()"
        if sqlite:
            act = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {table} {act}")


def downgrade() -> None:
    """Drop the tables."""
    for name in (
        "candidates",
        "switches",
        "sessions",
        "reviews",
        "looks",
        "holdings",
        "draft_keys",
        "api_tokens",
        "counters",
        "audit_head",
        "audit",
        "accounts",
    ):
        op.drop_table(name)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION append_only")
