"""A recording answers as the model did, says when it cannot, and holds no secret."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, create_model

from assistant.errors import LLMError
from assistant.llm.base import LLM, Delta, Reply, Request
from assistant.llm.parsing import fenced
from assistant.llm.replay import RecordingLLM, ReplayLLM
from assistant.llm.scripted import ScriptedLLM

KEY = "sk-live-4f9d2c71b6e84a02"


class Yes(BaseModel):
    """A small reply."""

    answer: str


def request(
    message: str = "Families wait months for a repair.",
    *,
    prompt: str = "turn@1:0123abcd",
    system: str = "Read the message.",
    reply: type[BaseModel] = Yes,
) -> Request:
    """A call about a message, fenced anew each time."""
    return Request(prompt=prompt, system=system, material=fenced({"message": message}), reply=reply)


def heard(llm: LLM, asked: Request) -> tuple[str, Reply]:
    """The pieces of a reply put together, and the reply."""
    *deltas, reply = llm.stream(asked, seconds=1)
    assert isinstance(reply, Reply)
    return "".join(d.text for d in deltas if isinstance(d, Delta)), reply


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a recording goes; its folder does not exist yet."""
    return tmp_path / "recordings" / "typology.jsonl"


def echo() -> ScriptedLLM:
    """A model whose replies differ with each call."""
    calls = iter(range(1_000_000))
    return ScriptedLLM(lambda _: f'{{"answer": "décision {next(calls)}\\n“sí”"}}', model="small-1")


def test_a_replay_is_the_reply_that_was_recorded(path: Path) -> None:
    """Pieces, text, model, tokens and times come back as they were, under a new random fence."""
    recorded = heard(RecordingLLM(echo(), path), request())

    replayed = heard(ReplayLLM(path), request())

    assert replayed == recorded
    assert replayed[0] == replayed[1].text
    assert ReplayLLM(path).model == "small-1"


def test_a_stream_is_passed_on_while_it_is_recorded(path: Path) -> None:
    """Recording holds nothing back: each piece arrives as soon as the model has written it."""
    stream = RecordingLLM(echo(), path).stream(request(), seconds=1)

    first = next(stream)

    assert isinstance(first, Delta)
    assert not path.exists()


@pytest.mark.parametrize(
    "other",
    [
        request(prompt="turn@2:0123abcd"),
        request(system="Read the message twice."),
        request("Families wait years for a repair."),
        request(reply=create_model("Yes", answer=(int, ...))),
    ],
    ids=["prompt", "system", "material", "schema"],
)
def test_every_part_of_a_request_counts(path: Path, other: Request) -> None:
    """A request that differs in prompt, message or reply type is not answered by another's recording."""
    heard(RecordingLLM(echo(), path), request())

    with pytest.raises(LLMError):
        heard(ReplayLLM(path), other)


@pytest.mark.parametrize(
    "choice",
    [{"model": "large-1"}, {"temperature": 0.7}, {"repeat": 1}],
    ids=["model", "temperature", "repeat"],
)
def test_model_temperature_and_repeat_count(path: Path, choice: dict[str, object]) -> None:
    """Another model, temperature or repeat has recordings of its own."""
    heard(RecordingLLM(echo(), path, temperature=0.0), request())
    own = {"model": "small-1", "temperature": 0.0}

    assert heard(ReplayLLM(path, **own), request())  # type: ignore[arg-type]
    with pytest.raises(LLMError):
        heard(ReplayLLM(path, **{**own, **choice}), request())  # type: ignore[arg-type]


def test_repeats_keep_their_own_replies(path: Path) -> None:
    """Five runs of one request are five recordings, each found by its number."""
    llm = echo()
    recorded = [heard(RecordingLLM(llm, path, repeat=n), request())[1].text for n in range(5)]

    replayed = [heard(ReplayLLM(path, repeat=n), request())[1].text for n in range(5)]

    assert replayed == recorded
    assert len(set(recorded)) == 5


def test_a_run_goes_on_where_it_stopped(path: Path) -> None:
    """What is recorded is not asked again, so that an interrupted run pays for the rest alone."""
    inner = echo()
    first = heard(RecordingLLM(inner, path), request("one"))

    going_on = RecordingLLM(inner, path)

    assert heard(going_on, request("one")) == first
    assert heard(going_on, request("two"))[1].text != first[1].text
    assert len(inner.requests) == 2


@pytest.mark.parametrize("hex_word", ["0123456789abcdef", "20250814"], ids=["like a marker", "a date"])
def test_only_the_fence_is_taken_out_of_the_material(path: Path, hex_word: str) -> None:
    """A number inside the message is part of the request, even where it looks like a marker."""
    heard(RecordingLLM(echo(), path), request(f"Permit {hex_word} waits"))

    assert heard(ReplayLLM(path), request(f"Permit {hex_word} waits"))
    with pytest.raises(LLMError):
        heard(ReplayLLM(path), request("Permit 99999999 waits"))


def test_material_without_a_fence_is_kept_as_it_is(path: Path) -> None:
    """Two texts that differ in a number on their first line are two requests."""
    plain = request().model_copy(update={"material": "Permit 20250814\nwaits"})
    heard(RecordingLLM(echo(), path), plain)

    with pytest.raises(LLMError):
        heard(ReplayLLM(path), plain.model_copy(update={"material": "Permit 20250815\nwaits"}))


def test_a_repair_after_an_unusable_reply_is_found(path: Path) -> None:
    """A second try says what was wrong below the fence, and replays as its own call."""

    def repair() -> Request:
        first = request()
        return first.model_copy(update={"material": first.material + "\nYour last reply could not be used."})

    llm = RecordingLLM(echo(), path)
    recorded = [heard(llm, request())[1].text, heard(llm, repair())[1].text]

    replay = ReplayLLM(path)

    assert [heard(replay, request())[1].text, heard(replay, repair())[1].text] == recorded
    assert recorded[0] != recorded[1]


def test_a_miss_names_the_command_that_records(path: Path) -> None:
    """Without a recording there is an error with its remedy and a trace in `misses`, never an answer."""
    heard(RecordingLLM(echo(), path), request())
    replay = ReplayLLM(path, record="scoping eval run typology --record")

    with pytest.raises(LLMError) as failure:
        heard(replay, request(prompt="turn@2:89abcdef"))

    assert failure.value.fix == "run: scoping eval run typology --record"
    assert "turn@2:89abcdef" in str(failure.value)
    assert "turn@1:0123abcd" in str(failure.value)
    assert [m.prompt for m in replay.misses] == ["turn@2:89abcdef"]


def test_a_file_that_is_not_there_is_a_miss(path: Path) -> None:
    """A recording that nobody made is told with the same remedy, at once or at the first call."""
    with pytest.raises(LLMError, match="no model was chosen") as at_once:
        ReplayLLM(path)
    with pytest.raises(LLMError) as at_the_call:
        heard(ReplayLLM(path, model="small-1"), request())

    assert "--record" in at_once.value.fix
    assert "--record" in at_the_call.value.fix


def test_two_models_in_one_file_need_a_choice(path: Path) -> None:
    """A file with two models never answers with the wrong one."""
    heard(RecordingLLM(ScriptedLLM(["a"], model="small-1"), path), request())
    heard(RecordingLLM(ScriptedLLM(["b"], model="large-1"), path), request())

    with pytest.raises(LLMError, match="large-1, small-1"):
        ReplayLLM(path)

    assert heard(ReplayLLM(path, model="large-1"), request())[1].text == "b"


@pytest.mark.parametrize("cut", [1, 40, 200], ids=lambda n: f"{n} bytes short")
def test_a_half_written_line_costs_that_line_alone(path: Path, cut: int) -> None:
    """After a kill in the middle of a line the others still replay, and recording goes on behind it."""
    llm = RecordingLLM(echo(), path)
    kept = heard(llm, request("one"))
    heard(llm, request("two"))
    whole = path.read_bytes().rstrip(b"\n")
    path.write_bytes(whole[:-cut])

    again = heard(RecordingLLM(echo(), path), request("two"))

    replay = ReplayLLM(path)
    assert heard(replay, request("one")) == kept
    assert heard(replay, request("two")) == again


@pytest.mark.parametrize("line", ["", "not JSON", "[]", "{}", '{"text": 1}', "null", "\x00"])
def test_lines_that_cannot_be_read_are_skipped(path: Path, line: str) -> None:
    """A broken line before or after the others takes none of them along."""
    kept = heard(RecordingLLM(echo(), path), request())
    path.write_text(f"{line}\n{path.read_text(encoding='utf-8')}{line}\n", encoding="utf-8")

    assert heard(ReplayLLM(path), request()) == kept


def test_a_call_that_fails_or_is_abandoned_is_not_recorded(path: Path) -> None:
    """Only whole replies are kept, and closing a stream closes the model's own."""
    inner = _Watched()
    llm = RecordingLLM(inner, path)
    stream = llm.stream(request(), seconds=1)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    failing = RecordingLLM(ScriptedLLM([LLMError("down", fix="wait")]), path)
    with pytest.raises(LLMError):
        heard(failing, request())

    assert inner.closed
    assert not path.exists()


def test_no_key_reaches_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a key in the environment nor one inside the model, nor one that the service repeats, is stored."""
    monkeypatch.setenv("ASSISTANT_LLM_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    inner = ScriptedLLM([f'{{"answer": "your key is {KEY}"}}'], model="small-1")
    inner.api_key = KEY  # type: ignore[attr-defined]
    inner.headers = {"Authorization": f"Bearer {KEY}"}  # type: ignore[attr-defined]

    heard(RecordingLLM(inner, path, secrets=[SecretStr(KEY)]), request())

    assert KEY.encode() not in path.read_bytes()
    assert b"Authorization" not in path.read_bytes()
    assert "[secret]" in heard(ReplayLLM(path), request())[1].text


def test_a_placeholder_for_a_key_spoils_nothing(path: Path) -> None:
    """The short word that a local service takes for a key may stand in a text."""
    kept = heard(RecordingLLM(echo(), path, secrets=[SecretStr("none"), SecretStr("")]), request())

    assert heard(ReplayLLM(path), request()) == kept


def test_a_person_can_read_the_file(path: Path) -> None:
    """Each line is JSON with accents as they are; the system text stands once, however many calls there are."""
    llm = RecordingLLM(echo(), path)
    for n in range(3):
        heard(llm, request(f"número {n}", system="Lea el mensaje con atención."))

    text = path.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]

    assert text.count("Lea el mensaje con atención.") == 1
    assert lines[0]["system"] == lines[1]["system"]
    assert "número 0" in lines[1]["material"]
    assert "décision" in lines[1]["reply"]["text"]
    assert lines[1]["prompt"] == "turn@1:0123abcd"


def test_five_hundred_replays_take_less_than_a_second(path: Path) -> None:
    """A whole suite replays in no time, reading the file included."""
    llm = RecordingLLM(ScriptedLLM(lambda r: '{"answer": "' + "word " * 300 + '"}'), path)
    asked = [request(f"case {n} " + "text " * 300, system="rule " * 1_000) for n in range(500)]
    for one in asked:
        heard(llm, one)

    began = time.perf_counter()
    replay = ReplayLLM(path)
    for one in asked:
        heard(replay, one)

    assert time.perf_counter() - began < 1


class _Watched:
    """A model that knows whether its stream was closed."""

    model = "small-1"

    def __init__(self) -> None:
        self.closed = False

    def stream(self, request: Request, *, seconds: float) -> Iterator[Delta | Reply]:
        """Never comes to an end."""
        try:
            while True:
                yield Delta(text="more ")
        finally:
            self.closed = True
