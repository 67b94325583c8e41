"""Vectors from an OpenAI-compatible endpoint, through LangChain's OpenAIEmbeddings, behind the encoder's door."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import SecretStr

from assistant.errors import CorpusError, LLMError
from assistant.llm.line import Call, Ended, Line
from assistant.llm.openai import LOGGERS, NO_KEY, TRIES, OpenAIModel
from assistant.llm.troubles import Failure, UnusableError
from assistant.privacy import mask

if TYPE_CHECKING:
    from langchain_openai import OpenAIEmbeddings

QUERY_SECONDS = 8.0
BUILD_SECONDS = 60.0
QUERY_TEXTS = 2
"""Texts that a search encodes at once; more come from a build, which can wait longer."""


class OpenAIEncoder(OpenAIModel):
    """Unit vectors of any endpoint's embedding model. Personal identifiers are masked before a text leaves."""

    def __init__(self, base_url: str, model: str, *, api_key: SecretStr | None = None) -> None:
        super().__init__(base_url, model, estimate=len, api_key=api_key)

    @property
    def name(self) -> str:
        """Which model of which service made a vector."""
        return f"openai-{self.model}@{self._host}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, one row a text, in the order given; raises CorpusError when the endpoint gives none."""
        sent = [mask(text).text for text in texts]
        self.warm()
        seconds = QUERY_SECONDS if len(sent) <= QUERY_TEXTS else BUILD_SECONDS
        by = time.monotonic() + seconds
        for tries in range(1, TRIES + 1):
            found: list[list[float]] = []
            failure = self._tried(sent, found, by)
            if failure is None:
                return _units(found, len(sent))
            late = time.monotonic() + failure.wait > by
            if tries == TRIES or late or not failure.again:
                raise _unavailable(failure.error)
            time.sleep(failure.wait)
        raise AssertionError("every try ends in vectors or in an error")

    def warm(self) -> None:
        """Load LangChain and the certificates now, so that no call waits for them."""
        embeddings_type()
        _ = self._context, self._idle

    def _tried(self, texts: list[str], found: list[list[float]], by: float) -> Failure | None:
        call = Call(partial(self._vectors, texts, found), self._line(by))
        try:
            item = call.take(by)
        finally:
            call.end()
        return item if isinstance(item, Failure) else None

    def _vectors(self, texts: list[str], found: list[list[float]], line: Line) -> Iterator[str | Ended]:
        """Asks once; runs on the call's thread."""
        self._check_address()
        with line.client(proxies=self._proxies) as client:
            embeddings = embeddings_type()(
                model=self.model,
                openai_api_base=self.base_url,
                openai_api_key=SecretStr(self._key or NO_KEY),
                http_client=client,
                http_async_client=self._idle,
                openai_proxy=None,
                max_retries=0,
                check_embedding_ctx_length=False,  # it would fetch tables of tokens; our texts are short
            )
            try:
                found.extend(embeddings.embed_documents(texts, chunk_size=len(texts)))
            except (AttributeError, TypeError, ValueError) as error:  # the client's, about what is no answer
                raise UnusableError("llm_proxy_page" if "html" in line.kind else "llm_broken") from error
        if len(found) != len(texts) or not found[0] or len({len(vector) for vector in found}) != 1:
            raise UnusableError("llm_broken")
        yield Ended(self.model, None)


@cache
def embeddings_type() -> type[OpenAIEmbeddings]:
    """LangChain's client; neither it nor what lies below may log what it sends."""
    from langchain_openai import OpenAIEmbeddings

    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    return OpenAIEmbeddings


def _units(found: list[list[float]], count: int) -> NDArray[np.float32]:
    vectors = np.asarray(found, dtype=np.float32).reshape(count, -1)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.all(np.isfinite(lengths)) or not np.all(lengths > 0):
        raise _unavailable(
            LLMError("it gave vectors without length", fix="choose another model", key="llm_broken")
        )
    return np.asarray(vectors / lengths, dtype=np.float32)


def _unavailable(error: LLMError) -> CorpusError:
    """What a search or a build meets: the same remedy, and an error that callers of a search expect."""
    return CorpusError(f"no vectors from the embedding service: {error}", fix=error.fix, key=error.key)
