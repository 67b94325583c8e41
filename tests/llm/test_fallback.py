"""When the model fails, the local judge reads the turn, and the applicant is told why."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import assistant
from assistant.domain import LANGS, Conversation, Lang
from assistant.errors import LLMError
from assistant.llm.scripted import ScriptedLLM
from tests.llm.stubs import (
    DECISION,
    EN,
    PROBLEM,
    StubJudge,
    assistant_with,
    heard,
    judge_with,
    play,
    product,
    read,
    reply,
)

WORK_CAUSES = sorted(
    {
        key
        for path in (Path(assistant.__file__).parent / "llm").glob("*.py")
        for key in re.findall(r'"(llm_[a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    | {"llm_invalid"}
)


def test_a_reply_that_cannot_be_read_is_asked_for_once_more() -> None:
    """The second request says what was wrong, has the same instructions, and its reply is used."""
    llm = ScriptedLLM(['{"reply": "I think', reply(elements=[("decision", "stated", DECISION["en"])])])

    reading = judge_with(llm).read(heard(EN))

    first, second = llm.requests
    assert [h.id for h in reading.heard] == ["decision"]
    assert reading.engine is None
    assert reading.notices == ()
    assert "no JSON object" in second.material
    assert "no JSON object" not in first.material
    assert first.system == second.system
    assert len(second.material) < len(first.material) + 1_000


@pytest.mark.parametrize("lang", LANGS)
def test_two_replies_that_cannot_be_read_leave_it_to_the_local_judge(lang: Lang) -> None:
    """After the second there is no third: the local reading stands, with its engine and a notice."""
    llm = ScriptedLLM(["no", '{"reply": "still no"}'])
    turn = assistant_with(judge_with(llm)).respond(Conversation(), PROBLEM[lang])

    assert len(llm.requests) == 2
    assert turn.judgement.engine == StubJudge.engine
    assert turn.notices
    assert turn.notices[0] in turn.reply
    assert turn.usage.tokens_in > 0


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("key", WORK_CAUSES)
def test_every_failure_of_a_model_leaves_it_to_the_local_judge(key: str, lang: Lang) -> None:
    """Whatever the model's door raises, the turn ends with the local reading and says why."""
    failure = LLMError("it failed", fix="wait", key=key)

    turn = play([PROBLEM[lang]], failure)[0]

    assert turn.judgement.engine.name == "local"
    why = product().words.say(lang, f"error.{key}.message")
    assert any(why in notice for notice in turn.notices)
    assert turn.asked


def test_a_failure_after_a_bad_reply_still_counts_what_was_spent() -> None:
    """Tokens of the first try are in the reading although the second failed."""
    reading = read(heard(EN), "no", LLMError("it failed", fix="wait", key="llm_unavailable"))

    assert reading.usage.tokens_in > 0
    assert reading.notices == ("llm_unavailable",)


def test_the_next_turn_asks_the_model_again() -> None:
    """One failure does not end the model's part in the conversation."""
    turns = play(
        [PROBLEM["en"], DECISION["en"]], LLMError("it failed", fix="wait", key="llm_too_slow"), reply()
    )

    assert [t.judgement.engine.name for t in turns] == ["local", "llm"]
    assert turns[1].notices != turns[0].notices


def test_a_mistake_of_ours_is_no_failure_of_the_model() -> None:
    """Only an LLMError gives way to the local judge; a programming mistake keeps its traceback."""
    with pytest.raises(ZeroDivisionError):
        read(heard(EN), ZeroDivisionError("ours"))


@pytest.mark.parametrize("element", [["decision"], {"a": 1}, 3, None])
def test_a_field_of_another_type_is_an_invalid_reply_and_nothing_worse(element: object) -> None:
    """An id that is no text is caught while the reply is still being written."""
    bad = json.loads(reply(elements=[("decision", "stated", DECISION["en"])], types=[("x", "y" * 200)]))
    bad["elements"][0]["element"] = element

    reading = read(heard(EN), json.dumps(bad), json.dumps(bad))

    assert reading.notices == ("llm_invalid",)
