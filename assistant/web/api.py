"""The HTTP API: what the pages can do, for machines that hold a token."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request, Security
from fastapi import Path as PathParameter
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import Field

from assistant import __version__
from assistant.domain import Answer, Frozen, Judgement, Lang, Turn
from assistant.errors import AccessError, InputError
from assistant.safety import clean_text
from assistant.store.accounts import Account, ApiScope, ApiToken
from assistant.store.drafts import Draft
from assistant.store.reviews import Review, Waiting
from assistant.web import metrics
from assistant.web.problems import MEDIA_TYPE, Problem, tell_problems
from assistant.wiring import Product

KINDS = {
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "text/csv": ".csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
"""The content types of a batch, and the files they are."""
WRONG_TOKENS = 60
"""Requests without a valid token that one network address may make in a minute."""
BEARER = HTTPBearer(auto_error=False, description="A token made with: scoping users token add")
UNPACKED = 60 * 1024 * 1024
"""Bytes of a workbook when it is unpacked."""
DraftId = Annotated[str, PathParameter(pattern="^[0-9a-f]{32}$")]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Proposal(Frozen):
    """A text to judge."""

    text: str
    lang: Lang | None = None
    """The language of the reply where the text itself does not tell it."""


class Question(Frozen):
    """A question to the sources."""

    question: str
    lang: Lang | None = None


class NewDraft(Frozen):
    """A draft to begin."""

    lang: Lang | None = None


class Said(Frozen):
    """A message of the applicant."""

    text: str
    after: Count | None = None
    """The number of messages the sender knows of; a message sent twice is refused then."""


class Objection(Frozen):
    """Why a flag is contested."""

    reason: str
    """The id of the flag's reason."""
    text: str


class Decision(Frozen):
    """What a coach decides on one target."""

    target: str
    """`fit`, `type`, `flag:<reason id>` or `element:<element id>`."""
    value: str
    reason: str
    seen: Count
    """The `place` of the last review that the coach has read."""
    turn_seq: Count
    """The number of the message whose answer the coach has read."""


class SecondReading(Frozen):
    """What a second coach says without knowing what the first one said."""

    target: str
    value: str
    reason: str
    turn_seq: Count


class Note(Frozen):
    """A coach's note."""

    text: str
    open: bool = False
    """Whether the applicant may read it."""


class HandBack(Frozen):
    """A coach's questions to the applicant."""

    questions: str
    seen: Count


@dataclass(frozen=True)
class Caller:
    """Whose token a request carries."""

    account: Account
    token: ApiToken


def create_api(product: Product) -> FastAPI:
    """The application to mount at /api/v1."""
    api = FastAPI(
        title="Scoping assistant",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        responses={"4XX": {"model": Problem, "content": {MEDIA_TYPE: {}}, "description": "What is wrong"}},
    )
    tell_problems(api, product)
    _add_judging(api, product)
    _add_drafts(api, product)
    _add_reviews(api, product)
    return api


def allowed(product: Product, scope: ApiScope) -> Callable[..., Caller]:
    """A dependency that lets in whoever holds a live token of this scope, within its number of requests."""

    def check(
        request: Request, sent: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]
    ) -> Caller:
        accounts = product.store.accounts
        found = accounts.bearer(sent.credentials) if sent is not None else None
        if found is None:
            address = request.client.host if request.client else ""
            _within(product, f"tokens from {address}", WRONG_TOKENS)
            raise AccessError("no valid token", fix="send Authorization: Bearer …", key="api_token")
        account, token = found
        _within(product, f"token {token.id}", product.settings.api_requests)
        if scope not in token.scopes:
            raise AccessError(
                f"the token lacks {scope}", fix="use another token", key="api_scope", scope=scope
            )
        return Caller(account, token)

    return check


def _within(product: Product, name: str, limit: int) -> None:
    if wait := product.store.accounts.limits.take({name: limit}, seconds=60):
        raise AccessError("too many requests", fix=f"wait {wait} seconds", key="api_rate", seconds=wait)


# --- judging and looking up ----------------------------------------------------------------------------------


def _add_judging(api: FastAPI, product: Product) -> None:
    check, ask, search = (allowed(product, scope) for scope in ("check", "ask", "search"))

    @api.post("/check", dependencies=[Depends(check)], tags=["check"])
    def judge(proposal: Proposal) -> Judgement:
        """A first-pass judgement of one proposal."""
        return product.assistant.judge_text(proposal.text, proposal.lang)

    batch_body = {"content": {kind: {"schema": {"type": "string"}} for kind in KINDS}, "required": True}

    @api.post(
        "/batch",
        tags=["check"],
        dependencies=[Depends(check)],
        openapi_extra={"requestBody": batch_body},
        response_class=StreamingResponse,
        responses={200: {"content": {"application/x-ndjson": {}}, "description": "One result a line"}},
    )
    def batch(request: Request, body: Annotated[bytes, Depends(_body)]) -> Response:
        """Judgements of a whole table, one JSON line each as it is made; a bad row is a line with `error` and `fix`."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in KINDS:
            raise InputError("unknown kind of table", fix="send .jsonl, .csv or .xlsx", key="batch_kind")
        lines = _judged_rows(product, body, KINDS[kind])
        return StreamingResponse(lines, media_type="application/x-ndjson")

    @api.post("/ask", dependencies=[Depends(ask)], tags=["ask"])
    def answer(asked: Question) -> Answer:
        """An answer from the sources with its citations, or that they do not say."""
        _not_empty(asked.question)
        return product.ask(asked.question, asked.lang or product.language_of(asked.question))

    @api.get("/search", dependencies=[Depends(search)], tags=["search"])
    def find(
        q: Annotated[str, Query(min_length=1, max_length=2_000)],
        k: Annotated[int, Query(ge=1, le=50)] = 5,
        lang: Lang | None = None,
    ) -> list[dict[str, Any]]:
        """Passages and past cases near to a query, nearest first."""
        return found(product, q, k, lang)


def found(product: Product, query: str, k: int, lang: Lang | None) -> list[dict[str, Any]]:
    """What `scoping search --json` prints; raises InputError for a query without words."""
    _not_empty(query)
    from assistant.terminal import search_results

    spoken = lang or product.language_of(query)
    hits = [*product.retriever.passages(query, spoken, k), *product.retriever.cases(query, spoken, k)]
    return search_results(sorted(hits, key=lambda h: -h.score)[:k])


def _not_empty(text: str) -> None:
    if not text.strip():
        raise InputError("nothing was asked", fix="write a few words", key="empty")


async def _body(request: Request) -> bytes:
    return await request.body()


def _judged_rows(product: Product, body: bytes, suffix: str) -> Iterator[bytes]:
    """The results of a table that was sent; raises InputError at once for a table that is none or too long."""
    from assistant.batch import judge_row, read_rows

    if suffix == ".xlsx":
        check_unpacked(body)
    with tempfile.TemporaryDirectory(prefix="scoping-batch-") as folder:
        file = Path(folder) / f"batch{suffix}"
        file.write_bytes(body)
        rows = list(read_rows(file))
    limit = product.settings.batch_rows
    if len(rows) > limit:
        raise InputError("too many rows", fix=f"send {limit} at most", key="batch_rows", limit=limit)
    if not rows:
        raise InputError("the table has no rows", fix="send a header and rows", key="empty")
    results = (judge_row(product.assistant, row) for row in rows)
    return ((json.dumps(r, ensure_ascii=False) + "\n").encode("utf-8", "replace") for r in results)


def check_unpacked(body: bytes) -> None:
    """Refuse a workbook that is none, or that would fill the memory when it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise InputError("this is no .xlsx", fix="save it again as .xlsx", key="batch_kind") from None
    if size > UNPACKED:
        raise InputError("too large unpacked", fix="send it in parts", key="api_size", limit=UNPACKED)


# --- drafts --------------------------------------------------------------------------------------------------


def _unanswered(draft: Draft, said: Said) -> int | None:
    """The number of the last message, when it is this one and was never answered: the process that had it is gone."""
    last = draft.exchanges[-1] if draft.exchanges else None
    if last is None or last.turn or last.document or last.element or last.text != clean_text(said.text):
        return None
    return last.seq if said.after in (None, last.seq - 1) else None


def _add_drafts(api: FastAPI, product: Product) -> None:
    mine = Depends(allowed(product, "drafts"))

    @api.post("/drafts", status_code=201, tags=["drafts"])
    def create(new: NewDraft, caller: Caller = mine) -> dict[str, str]:
        """Begin a draft that belongs to the token's account; `link` opens it in a browser and is told this once."""
        token, draft = product.drafts.create(new.lang)
        product.drafts.own(draft.id, caller.account.id)
        return {"id": draft.id, "link": f"/d/{token}"}

    @api.get("/drafts", tags=["drafts"])
    def own(caller: Caller = mine) -> list[str]:
        """The ids of the account's drafts, the one changed last first."""
        return product.drafts.owned(caller.account.id)

    @api.get("/drafts/{draft_id}", tags=["drafts"])
    def draft(draft_id: DraftId, caller: Caller = mine) -> Response:
        """Everything in a draft of one's own."""
        own_draft(product, draft_id, caller.account)
        return JSONResponse(product.drafts.export(draft_id))

    @api.post("/drafts/{draft_id}/messages", tags=["drafts"])
    def say(draft_id: DraftId, said: Said, caller: Caller = mine) -> Turn:
        """One turn of the conversation: the message is kept before it is answered."""
        kept = own_draft(product, draft_id, caller.account)
        _not_empty(said.text)
        seq = _unanswered(kept, said) or product.drafts.receive(draft_id, said.text, after=said.after)
        with metrics.turn("api"):
            turn = product.assistant.respond(kept.conversation, said.text)
            product.drafts.complete(draft_id, seq, turn)
        return turn

    @api.post("/drafts/{draft_id}/hand-over", status_code=201, tags=["drafts"])
    def hand_over(draft_id: DraftId, caller: Caller = mine) -> Review:
        """Let coaches see a draft."""
        own_draft(product, draft_id, caller.account)
        return product.store.reviews.hand_over(draft_id)

    @api.post("/drafts/{draft_id}/objections", status_code=201, tags=["drafts"])
    def contest(draft_id: DraftId, objection: Objection, caller: Caller = mine) -> Review:
        """Contest a flag."""
        own_draft(product, draft_id, caller.account)
        return product.store.reviews.contest(draft_id, objection.reason, objection.text)

    @api.get("/drafts/{draft_id}/reviews", tags=["drafts"])
    def said_of(draft_id: DraftId, caller: Caller = mine) -> list[Review]:
        """What coaches have said in the open."""
        own_draft(product, draft_id, caller.account)
        return list(product.store.reviews.of(draft_id, "applicant"))

    @api.delete("/drafts/{draft_id}", status_code=204, tags=["drafts"])
    def erase(draft_id: DraftId, caller: Caller = mine) -> Response:
        """Erase a draft and all said about it."""
        own_draft(product, draft_id, caller.account)
        product.drafts.erase(draft_id, actor=caller.account.id)
        return Response(status_code=204)


def own_draft(product: Product, draft_id: str, account: Account) -> Draft:
    """A draft of one's own; anybody else's is as if it were not there."""
    draft = product.drafts.get(draft_id) if draft_id in product.drafts.owned(account.id) else None
    if draft is None:
        raise InputError("there is no such draft", fix="see GET /drafts", key="no_draft")
    return draft


# --- reviews -------------------------------------------------------------------------------------------------


def _add_reviews(api: FastAPI, product: Product) -> None:
    coach = Depends(allowed(product, "reviews"))
    reviews = product.store.reviews

    @api.get("/reviews", tags=["reviews"])
    def inbox(caller: Caller = coach) -> list[Waiting]:
        """The drafts handed over, the one that needs attention most first."""
        return reviews.inbox(caller.account)

    @api.get("/reviews/{draft_id}", tags=["reviews"])
    def one(draft_id: DraftId, caller: Caller = coach) -> Response:
        """A draft that was handed over, and all said about it."""
        _coach(caller)
        if not reviews.handed_over(draft_id):
            raise InputError("there is no such draft", fix="see GET /reviews", key="no_draft")
        said = [review.to_data() for review in reviews.of(draft_id, "coach")]
        return JSONResponse({**product.drafts.export(draft_id), "reviews": said})

    @api.post("/reviews/{draft_id}/decisions", status_code=201, tags=["reviews"])
    def decide(draft_id: DraftId, made: Decision, caller: Caller = coach) -> Review:
        """Agree with the first-pass judgement or overrule it; 409 when somebody decided in the meantime."""
        return reviews.decide(
            draft_id,
            caller.account,
            made.target,
            made.value,
            made.reason,
            seen=made.seen,
            turn_seq=made.turn_seq,
        )

    @api.post("/reviews/{draft_id}/second-readings", status_code=201, tags=["reviews"])
    def second(draft_id: DraftId, made: SecondReading, caller: Caller = coach) -> Review:
        """A second reading by another coach."""
        return reviews.second(
            draft_id, caller.account, made.target, made.value, made.reason, turn_seq=made.turn_seq
        )

    @api.post("/reviews/{draft_id}/notes", status_code=201, tags=["reviews"])
    def note(draft_id: DraftId, made: Note, caller: Caller = coach) -> Review:
        """A note, among coaches or in the open."""
        return reviews.note(draft_id, caller.account, made.text, open=made.open)

    @api.post("/reviews/{draft_id}/hand-backs", status_code=201, tags=["reviews"])
    def hand_back(draft_id: DraftId, made: HandBack, caller: Caller = coach) -> Review:
        """Give the draft back to the applicant with questions."""
        return reviews.hand_back(draft_id, caller.account, made.questions, seen=made.seen)


def _coach(caller: Caller) -> None:
    if not caller.account.may("coach"):
        raise AccessError("coaches only", fix="use a coach's token", key="forbidden")
