"""The tables beside those of the drafts: people, their keys, reviews, candidates, the audit."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from assistant.store.tables import Moment, metadata

# --- people ----------------------------------------------------------------------------------------------

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("email", String(254)),  # None once the person was erased; what they decided keeps the bare id
    Column("name", String(120)),
    Column("roles", String(40), nullable=False),
    Column("password_hash", Text),  # None: signs in at the city's own provider
    Column("issuer", String(255)),
    Column("subject", String(255)),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    UniqueConstraint("email"),
    UniqueConstraint("issuer", "subject"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
)
Index("ix_sessions_account_id", sessions.c.account_id)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("token_hash", String(64), nullable=False),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("label", String(80), nullable=False),
    Column("scopes", String(120), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ends_at", Moment),
    Column("revoked_at", Moment),
    UniqueConstraint("token_hash"),
)
Index("ix_api_tokens_account_id", api_tokens.c.account_id)

# How often something was tried: one row for each account, address or token, shared by every process.
counters = Table(
    "counters",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("count", Integer, nullable=False),
)

# Who a draft belongs to beside the holder of its link, and until when its link opens it.
holdings = Table(
    "holdings",
    metadata,
    Column("draft_id", String(32), ForeignKey("drafts.id"), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id")),
    Column("link_ends_at", Moment),
)
Index("ix_holdings_account_id", holdings.c.account_id)

# Further keys to a draft, such as one for each browser in which its owner signed in.
draft_keys = Table(
    "draft_keys",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("draft_id", String(32), ForeignKey("drafts.id"), nullable=False),
    Column("ends_at", Moment, nullable=False),
)
Index("ix_draft_keys_draft_id", draft_keys.c.draft_id)

# --- what coaches say ------------------------------------------------------------------------------------

# `place` counts what was said about a draft: of two coaches who build on the same state, one gets the place.
reviews = Table(
    "reviews",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("draft_id", String(32), ForeignKey("drafts.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("turn_seq", Integer),  # the message whose answer was looked at
    Column("kind", String(16), nullable=False),
    Column("decided_by", String(32), ForeignKey("accounts.id")),  # None: the applicant
    Column("target", String(80)),
    Column("was", String(80)),
    Column("now", String(80)),
    Column("text", Text),
    Column("engine", String(80)),
    Column("at", Moment, nullable=False),
    UniqueConstraint("draft_id", "place"),
    CheckConstraint(
        "kind IN ('hand_over', 'contest', 'agree', 'overrule', 'second', 'note_open', 'note_coaches',"
        " 'hand_back')",
        name="ck_reviews_kind",
    ),
    # A decision is a person's, and has a reason.
    CheckConstraint(
        "kind IN ('hand_over', 'contest') OR decided_by IS NOT NULL", name="ck_reviews_decided_by"
    ),
    CheckConstraint(
        "kind = 'hand_over' OR (text IS NOT NULL AND length(trim(text)) > 0)", name="ck_reviews_reason"
    ),
    CheckConstraint(
        "kind NOT IN ('agree', 'overrule', 'second') OR (target IS NOT NULL AND now IS NOT NULL)",
        name="ck_reviews_target",
    ),
)

# What a coach saw last of a draft.
looks = Table(
    "looks",
    metadata,
    Column("draft_id", String(32), ForeignKey("drafts.id"), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), primary_key=True),
    Column("turn_seq", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)

candidates = Table(
    "candidates",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("draft_id", String(32), ForeignKey("drafts.id"), nullable=False),
    Column("review_id", String(32), ForeignKey("reviews.id"), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("text", Text, nullable=False),  # masked
    Column("reason", Text, nullable=False),  # masked
    Column("target", String(80), nullable=False),
    Column("was", String(80)),
    Column("now", String(80), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("made_by", String(32), ForeignKey("accounts.id", name="fk_candidates_made_by"), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("second_by", String(32), ForeignKey("accounts.id", name="fk_candidates_second_by")),
    Column("second_value", String(80)),
    Column("second_reason", Text),
    Column("suite", String(80)),
    Column("settled_at", Moment),
    Column("released_case", Text),  # the line for its suite, as JSON
    UniqueConstraint("review_id"),
    UniqueConstraint("fingerprint", "target"),
    CheckConstraint(
        "state IN ('quarantine', 'accepted', 'rejected', 'released')", name="ck_candidates_state"
    ),
    # Nobody reads their own case a second time, and nothing is used before it was read twice.
    CheckConstraint("second_by IS NULL OR second_by <> made_by", name="ck_candidates_second_by"),
    CheckConstraint("state = 'quarantine' OR second_by IS NOT NULL", name="ck_candidates_read_twice"),
    CheckConstraint("state <> 'released' OR suite IS NOT NULL", name="ck_candidates_suite"),
)

# Tables of proposals that a coach sent; `worker` and `beat_at` say which process judges them, and that it still does.
batches = Table(
    "batches",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("total", Integer, nullable=False),
    Column("worker", String(32)),
    Column("beat_at", Moment),
    Column("ended_at", Moment),
)
Index("ix_batches_account_id", batches.c.account_id)

batch_rows = Table(
    "batch_rows",
    metadata,
    Column("batch_id", String(32), ForeignKey("batches.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("row_id", String(200), nullable=False),
    Column("text", Text, nullable=False),  # emptied once it is judged
    Column("document", String(200)),  # the name of a file whose bytes `text` holds in base 64
    Column("lang", String(2)),
    Column("ended_at", Moment),
    Column("verdict", String(16)),
    Column("confidence", Float),
    Column("type", String(80)),
    Column("reasons", Text),  # ids with commas between them
    Column("missing", Integer),
    Column("error", Text),
    Column("fix", Text),
    Column("error_key", String(40)),
    Column("error_details", Text),
    Column("result", Text),
)

# --- what happened ---------------------------------------------------------------------------------------

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),  # as it was hashed
    Column("actor", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("details", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

# One row, the last link of the chain; whoever adds a link holds it.
audit_head = Table(
    "audit_head",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    CheckConstraint("one = 1", name="ck_audit_head_one"),
)

# What staff switched while the product runs; the newest row of a name counts.
switches = Table(
    "switches",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("value", String(80), nullable=False),
    Column("set_by", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("why", Text),
)

# How often engines were used, what they took and how often they failed: sums by day, never a word of what was said.
model_calls = Table(
    "model_calls",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("engine", String(8), primary_key=True),
    Column("model", String(120), primary_key=True),
    Column("outcome", String(40), primary_key=True),  # `ok`, or the key of an error
    Column("calls", BigInteger, nullable=False),
    Column("tokens_in", BigInteger, nullable=False),
    Column("tokens_out", BigInteger, nullable=False),
    Column("cost_usd", Float, nullable=False),
)

# Work that goes on after its page was answered; any process can show how far it is.
jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("step", String(16), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("started_by", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("subject", String(80), nullable=False),
    Column("key", String(40), nullable=False),
    Column("message", Text, nullable=False),
    Column("fix", Text, nullable=False),
    CheckConstraint("state IN ('running', 'done', 'failed')", name="ck_jobs_state"),
)
Index("ix_jobs_began_at", jobs.c.began_at)


def of_a_draft() -> list[Table]:
    """The tables whose rows are deleted with their draft, those that others point to last."""
    return [t for t in reversed(metadata.sorted_tables) if "draft_id" in t.c]
