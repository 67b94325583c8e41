"""Promises of the threat model about a language model that fails, seen from the conversation: R4, R5, S11, P3."""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from assistant.briefs.forms import write_form
from assistant.domain import LANGS, Conversation, Lang
from assistant.llm.openai import OpenAIModel
from assistant.llm.scripted import ScriptedLLM
from tests.faults.server import FAULTS, POSITIONS, FaultServer, Position
from tests.llm.stubs import DECISION, PROBLEM, assistant_with, judge_with, product, reply

EVERY_LANGUAGE = bool(os.environ.get("FAULTS_IN_EVERY_LANGUAGE"))
"""Set by make nightly; otherwise each fault at each position meets one of the languages, all three in turn."""
SECONDS = 2.5
"""The deadline of a turn; the local engine's own work comes on top."""
OWN_WORK = 5.0
TEST: dict[Lang, str] = {
    "en": "We would try it for six weeks in two blocks.",
    "es": "Lo probaríamos seis semanas en dos edificios.",
    "pt": "Testaríamos por seis semanas em dois prédios.",
}
MATRIX = [
    (fault, position, lang)
    for i, fault in enumerate(FAULTS)
    for j, position in enumerate(POSITIONS)
    for k, lang in enumerate(LANGS)
    if EVERY_LANGUAGE or (i + j) % len(LANGS) == k
]


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    """A model that hears the problem in whatever it is told."""
    said = reply("", elements=[("resident_problem", "stated", words) for words in PROBLEM.values()])
    with FaultServer(lambda body: said, slow=1.0, drip=0.05) as running:
        yield running


@pytest.mark.parametrize(("fault", "position", "lang"), MATRIX)
def test_r4_a_conversation_outlives_every_fault(
    server: FaultServer, fault: str, position: Position, lang: Lang
) -> None:
    """R4: each turn ends in time with a reply in the applicant's language, and all that was said is kept."""
    server.forget()
    model = OpenAIModel(server.url(fault, position), "test-model", estimate=len, first_text=0.5)
    talk = assistant_with(replace(judge_with(model), seconds=SECONDS))
    said = (PROBLEM[lang], DECISION[lang], TEST[lang])
    state = Conversation(lang=lang)

    for text in said:
        began = time.monotonic()
        turn = talk.respond(state, text)
        state = turn.conversation

        assert time.monotonic() - began < SECONDS + OWN_WORK
        assert turn.reply.strip()
        assert turn.judgement.lang == lang
    assert tuple(m.text for m in state.messages) == said
    assert all(e.quote in state.text for e in state.record.values() if e.quote)


@pytest.mark.parametrize("lang", LANGS if EVERY_LANGUAGE else ("pt",))
def test_r5_with_the_model_unplugged_form_and_export_still_work(lang: Lang) -> None:
    """R5: with nothing at the address every field of the record can be filled in, and the brief carries all of them."""
    model = OpenAIModel("http://127.0.0.1:9/v1", "test-model", estimate=len)
    talk = assistant_with(judge_with(model))
    programme, words = product().programme, product().words
    ids = (*programme.element_ids, *programme.fact_ids)
    told = {id: f"{PROBLEM[lang]} ({place})" for place, id in enumerate(ids)}
    state = talk.respond(Conversation(lang=lang), PROBLEM[lang]).conversation

    for id in ids:
        turn = talk.edit(state, id, told[id])
        state = turn.conversation

    brief = talk.write_brief(state, turn.judgement, today=talk.today())
    written = write_form(brief, "md", programme, words).decode("utf-8")
    assert {id: e.value for id, e in state.record.items()} == told
    assert [id for id in programme.element_ids if f"({ids.index(id)})" not in written.replace("\\", "")] == []
    assert write_form(brief, "docx", programme, words).startswith(b"PK")


def canaries(n: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Messages with personal identifiers in them, and the identifiers."""
    dice = random.Random(5)  # noqa: S311  # test data
    for i in range(n):
        mail = f"resident{i}.{dice.randrange(10**6)}@mail.example"
        phone = f"+54 11 {dice.randrange(4000, 5999)} {dice.randrange(1000, 9999)}"
        yield f"{PROBLEM['en']} Ask {mail} or {phone}.", (mail, phone)


def test_p3_no_canary_reaches_a_prompt_or_a_log(caplog: pytest.LogCaptureFixture) -> None:
    """P3: of a thousand turns with personal identifiers none shows one to the model or to the log."""
    caplog.set_level(logging.DEBUG)
    llm = ScriptedLLM(lambda _: reply("Thank you.", elements=[("resident_problem", "stated", PROBLEM["en"])]))
    judge = judge_with(llm)

    for text, secrets in canaries(1_000):
        llm.requests.clear()
        judge.read(assistant_with(judge).hearing.hear(Conversation(lang="en"), text, None).conversation)
        sent = "".join(r.system + r.material for r in llm.requests)
        assert not [s for s in secrets if s in sent]
        assert not [s for s in secrets if s in caplog.text]
        caplog.clear()
