"""The adapter to OpenAI-compatible endpoints: what it asks for, and a sound answer in each of its modes."""

from __future__ import annotations

import json
import time

import pytest
from pydantic import BaseModel, Field

from assistant.llm import line
from assistant.llm.base import Delta, Reply
from assistant.llm.openai import MODES, StructuredOutput, strict_schema
from tests.faults.server import FaultServer
from tests.llm.endpoint import KEY, REQUEST, TEXT, Note, Part, model_at, outcome

pytestmark = pytest.mark.usefixtures("loaded", "no_thread_left")


@pytest.mark.parametrize("mode", MODES)
def test_a_sound_answer_arrives_in_pieces_and_whole(mode: StructuredOutput) -> None:
    """In each mode the pieces come as they are written and add up to the reply, with what it cost."""
    with FaultServer(lambda body: TEXT, chunk_delay=0.02) as server:
        start = time.monotonic()
        pieces = model_at(server.url(), mode).stream(REQUEST, seconds=5)
        first = next(pieces)
        early = time.monotonic() - start
        *_, reply = pieces

    assert isinstance(first, Delta)
    assert isinstance(reply, Reply)
    assert reply.text == TEXT
    assert Note.model_validate_json(reply.text).parts[0].kind == "a"
    assert reply.model == "test-model"
    assert reply.spent.first_text <= early < reply.spent.seconds
    assert not reply.spent.estimated
    assert reply.spent.tokens_in > 0
    assert reply.spent.tokens_out == len(TEXT) // 4


@pytest.mark.parametrize("mode", MODES)
def test_the_call_binds_the_reply_to_its_type(server: FaultServer, mode: StructuredOutput) -> None:
    """Instructions and material travel apart, with the schema where the mode has its place for it."""
    outcome(model_at(server.url(), mode, reply_tokens=321))

    body = server.calls[0].body
    system, material = body["messages"]
    assert (system["role"], material) == ("system", {"role": "user", "content": REQUEST.material})
    assert system["content"].startswith(REQUEST.system)
    assert (body["model"], body["max_tokens"], body["stream"]) == ("test-model", 321, True)
    schema = strict_schema(Note)
    if mode == "json_schema":
        wanted = {"name": "Note", "strict": True, "schema": schema}
        assert body["response_format"] == {"type": "json_schema", "json_schema": wanted}
    elif mode == "tools":
        assert body["tools"][0]["function"]["parameters"] == schema
        assert body["tool_choice"]["function"]["name"] == body["tools"][0]["function"]["name"]
    else:
        assert body["response_format"] == {"type": "json_object"}
        assert json.dumps(schema, ensure_ascii=False) in system["content"]


def test_only_what_a_call_needs_leaves(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The headers name the key and the product, and nothing about the machine or the operator's account."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")

    outcome(model_at(server.url()))

    headers = server.calls[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["user-agent"] == "scoping"
    assert set(headers) <= line.SENT | {"user-agent"}


def test_letters_cut_in_two_are_put_together() -> None:
    """A service that splits a letter into UTF-16 halves still gives whole letters, and a lone half no error."""
    with FaultServer(lambda body: '{"problem": "' + "\ud83d\ude00" * 20 + '\ud83d"}') as server:
        result = outcome(model_at(server.url()))

    assert isinstance(result, Reply)
    assert result.text == '{"problem": "' + "😀" * 20 + '�"}'


def test_calls_side_by_side_do_not_disturb_each_other(server: FaultServer) -> None:
    """Eight calls at once, every other one abandoned half-way: the others end well."""
    model = model_at(server.url())
    streams = [model.stream(REQUEST, seconds=5) for _ in range(8)]
    for stream in streams:
        next(stream)

    for stream in streams[::2]:
        stream.close()
    last = [list(stream)[-1] for stream in streams[1::2]]

    assert all(isinstance(reply, Reply) and reply.text == TEXT for reply in last)


# --- the schema ------------------------------------------------------------------------------------------


def test_a_schema_is_closed_and_complete() -> None:
    """Objects take no other keys and want all of theirs; defaults, titles and ranges stay out."""

    class Leaf(BaseModel):
        title: str = "none"
        score: int = Field(ge=0, le=9)
        part: Part = Field(description="beside a reference")

    schema = strict_schema(Leaf)

    assert schema["required"] == ["title", "score", "part"]
    assert schema["additionalProperties"] is False
    assert schema["properties"] == {
        "title": {"type": "string"},
        "score": {"type": "integer"},
        "part": {"$ref": "#/$defs/Part"},
    }
    assert schema["$defs"]["Part"]["required"] == ["kind", "note"]
    assert schema["$defs"]["Part"]["properties"]["note"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


def test_a_reply_type_with_free_keys_is_a_mistake() -> None:
    """Strict endpoints cannot promise a mapping, so such a type is refused while it is being written."""

    class Loose(BaseModel):
        scores: dict[str, int]

    with pytest.raises(TypeError, match="free keys"):
        strict_schema(Loose)
