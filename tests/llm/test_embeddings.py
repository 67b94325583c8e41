"""Vectors of an OpenAI-compatible service, behind the same door as the local encoder's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr

from assistant.errors import CorpusError
from assistant.llm import embeddings
from assistant.llm.embeddings import OpenAIEncoder
from assistant.retrieval.building import build_index
from assistant.retrieval.hybrid import open_retriever
from assistant.retrieval.manifest import status
from assistant.settings import Settings
from assistant.wiring import build
from tests.faults.server import FaultServer
from tests.retrieval.conftest import StemEncoder, write_corpus

KEY = "sk-canary-key-0452"


def encoder(server: FaultServer, fault: str = "ok") -> OpenAIEncoder:
    """An encoder of the server, behind one fault."""
    return OpenAIEncoder(server.url(fault), "embedder", api_key=SecretStr(KEY))


def test_vectors_are_of_length_one_and_in_order() -> None:
    """One unit vector for each text, the same for the same text, whatever stands beside it."""
    with FaultServer(str) as server:
        three = encoder(server).encode(["one", "two", "one"])
        two = encoder(server).encode(["two"])

    assert three.dtype == np.float32
    assert np.linalg.norm(three, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert np.array_equal(three[0], three[2])
    assert three[1] == pytest.approx(two[0], abs=1e-6)
    assert not np.allclose(three[0], three[1])


def test_the_key_goes_along_and_personal_identifiers_stay() -> None:
    """What leaves is the masked text, to the embeddings route, with the key."""
    with FaultServer(str) as server:
        encoder(server).encode(["Write to ana.silva@example.org about the mould"])

        (call,) = server.calls
        assert call.route == "embeddings"
        assert call.headers["authorization"] == f"Bearer {KEY}"
        assert "ana.silva" not in json.dumps(call.body)
        assert "mould" in json.dumps(call.body)


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        ("wrong_key", "llm_wrong_key"),
        ("server_error", "llm_unavailable"),
        ("hang", "llm_too_slow"),
        ("reset", "llm_unreachable"),
        ("html", "llm_proxy_page"),
        ("not_an_api", "llm_not_an_api"),
    ],
)
def test_a_service_that_fails_is_an_error_with_a_remedy(
    fault: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fault ends within its time in the error that searches expect, without key or text in it."""
    embeddings.embeddings_type()  # LangChain takes its time to load, and no test waits for it
    monkeypatch.setattr(embeddings, "QUERY_SECONDS", 2.0)
    with FaultServer(str) as server, pytest.raises(CorpusError) as told:
        encoder(server, fault).encode(["canary text"])

    assert told.value.key == key
    assert told.value.fix
    assert KEY not in str(told.value)
    assert "canary" not in str(told.value)


def test_a_passing_fault_is_tried_again() -> None:
    """A service that fails once gives its vectors at the second try."""
    with FaultServer(str) as server:
        assert OpenAIEncoder(server.url("unavailable", "first"), "embedder").encode(["one"]).shape == (1, 16)


def test_an_index_of_the_services_vectors_finds_and_refuses_others(tmp_path: Path) -> None:
    """The index is built and asked through the service; with another encoder it is refused with its remedy."""
    write_corpus(tmp_path / "home" / "corpus")
    shutil.copytree(Settings().corpus / "model", tmp_path / "home" / "corpus" / "model")
    with FaultServer(str) as server:
        plain = Settings(  # type: ignore[call-arg]
            home=tmp_path / "home", data_dir=tmp_path / "data", embeddings="openai", _env_file=None
        )
        service = {"embeddings_model": "embedder", "llm_base_url": server.url("ok")}
        settings = plain.model_copy(update=service)
        product = build(settings)
        product.build_index()

        found = product.retriever.passages("scoping sessions", "en", 3)
        named = status(settings, product.search_encoder.name)

    assert found
    assert named.state == "ready"
    assert named.manifest is not None
    assert named.manifest.encoder.startswith("openai-embedder@")
    with pytest.raises(CorpusError, match="another encoder") as told:
        open_retriever(settings, StemEncoder(), light=True)
    assert told.value.fix == "run: scoping index build"
    build_index(settings, StemEncoder())
    open_retriever(settings, StemEncoder(), light=True).close()
