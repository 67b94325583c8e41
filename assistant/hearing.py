"""What a message is: a question about the programme, an answer, a request, or the proposal itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from assistant.coaching.reframe import picked
from assistant.cues import Cues
from assistant.domain import Conversation, Lang, Message
from assistant.errors import InputError
from assistant.judging.features import sentences
from assistant.judging.steering import Screened
from assistant.record import denies
from assistant.safety import DOCUMENT_LIMIT, MESSAGE_LIMIT, clean_text, hides, looks_binary

TURN_LIMIT = 60
"""Messages a conversation takes; the brief is offered long before."""
SHORT = 300
"""A longer message is a proposal, whatever questions or requests it contains."""

Intent = Literal[
    "tells",
    "unknown",
    "corrects",
    "asks",
    "request",
    "coach",
    "finish",
    "aside",
    "chooses",
    "names_none",
    "contests",
    "assigns",
    "more",
]
TEAM_QUESTIONS = frozenset(
    {"delivery_owner", "executive_sponsor", "problem_expertise", "data_capability", "dedicated_team"}
)
"""Asked for one of these, a sentence about who owns what is its answer."""
SURE = 0.6
"""Below this an answer to a question is taken for what it seems: an answer."""
SURER = 0.8
"""For what would leave the question standing: an answer that is not heard as one costs the applicant most."""
INTENT_OF: dict[str, Intent] = {
    "unknown": "unknown",
    "correction": "corrects",
    "refusal": "unknown",
    "question": "asks",
    "aside": "aside",
    "finish": "finish",
    "coach": "coach",
}


@dataclass(frozen=True)
class Heard:
    """One message, sorted, and the conversation with it added."""

    conversation: Conversation
    intent: Intent
    questions: tuple[str, ...] = ()
    """The programme questions inside it."""
    corrects: bool = False
    """Whether it sounds like taking back something said before."""
    notices: tuple[str, ...] = ()
    """What was left out of it, as entries of `[say]` in corpus/locale."""


@dataclass(frozen=True)
class Hearing:
    """Sorts messages by the cues of the conversation's language."""

    cues: Cues
    language: Callable[[str], Lang | Literal["other"] | None]
    steering: Callable[[str, Lang], Screened]
    """Cuts what tries to steer its reader."""
    intents: Callable[[str], Mapping[str, float]]
    """How probable it is that an answer to a question is each kind of message."""
    assigns: Callable[[str, Lang], bool] = lambda text, lang: False
    """Whether a message is about nothing but who owns which responsibility."""

    def hear(self, conversation: Conversation, text: str, document: str | None) -> Heard:
        """The message sorted and added; raises InputError, with nothing added, for text that cannot be used."""
        said = screen(conversation, text, document)
        lang = self._language(conversation, said)
        kept, cut = self.steering(said, lang)
        intent, questions, rest = self._sort(conversation, kept, document, lang)
        corrects = intent == "corrects"
        counts = intent in ("tells", "corrects") and bool(kept)
        message = Message(
            turn=conversation.turn + 1,
            text=rest if counts else said,
            about=conversation.pending if counts and document is None else None,
            document=document,
            counts=counts,
            cut=cut,
        )
        fresh = conversation.model_copy(
            update={
                "turn": message.turn,
                "lang": lang,
                "messages": (*conversation.messages, message),
                "finished": False,
            }
        )
        unseen = ("hidden_removed",) if hides(text) else ()
        return Heard(fresh, "tells" if corrects else intent, questions, corrects, unseen)

    def _language(self, conversation: Conversation, text: str) -> Lang:
        found = self.language(text)
        if found == "other":
            raise InputError(
                "the text seems to be in a language other than English, Spanish or Portuguese",
                fix="write in English, Spanish or Portuguese",
                key="other_language",
            )
        return found or conversation.lang or "en"

    def _sort(
        self, conversation: Conversation, text: str, document: str | None, lang: Lang
    ) -> tuple[Intent, tuple[str, ...], str]:
        if document is not None:
            return "tells", (), text
        if self._contests(conversation, text, lang):
            return "contests", (), ""
        if conversation.pending not in TEAM_QUESTIONS and self.assigns(text, lang):
            return "assigns", (), ""
        if len(text) > SHORT:
            return "tells", (), text
        if picked(text, conversation.offered, self.cues, lang) is not None:
            return "chooses", (), ""
        if self.cues.hears("names_version", text, lang):
            return "names_none", (), ""
        if self.cues.hears("coach", text, lang):
            return "coach", (), ""
        if self.cues.hears("finish", text, lang):
            return "finish", (), ""
        if self.cues.hears("more", text, lang):
            return "more", (), ""
        if self.cues.hears("request", text, lang):
            return "request", (), ""
        questions, rest = self._questions(text, lang, alone=conversation.pending is not None)
        if questions and not rest:
            return "asks", questions, ""
        if conversation.pending and self.cues.hears("dont_know", rest, lang):
            return "unknown", questions, ""
        if conversation.pending and not questions and denies(text, self.cues, lang):
            return "tells", (), rest
        if conversation.pending and not questions:
            intent = self._answering(text)
            return (
                intent,
                (text,) if intent == "asks" else (),
                rest if intent in ("tells", "corrects") else "",
            )
        return "tells", questions, rest

    def _contests(self, conversation: Conversation, text: str, lang: Lang) -> bool:
        """Whether a message begins by disagreeing while a flag stands."""
        spans = sentences(text)
        return bool(conversation.flagged and spans) and self.cues.hears("contests", spans[0].text, lang)

    def _answering(self, text: str) -> Intent:
        """What came back to a question, by what the model learnt; taken for an answer unless it is sure."""
        chances = self.intents(text)
        best = max(chances, key=lambda k: chances[k])
        intent = INTENT_OF.get(best, "tells")
        enough = SURE if intent in ("unknown", "corrects") else SURER
        if chances[best] < enough or (intent == "asks" and "?" not in text):
            return "tells"
        return intent

    def _questions(self, text: str, lang: Lang, *, alone: bool) -> tuple[tuple[str, ...], str]:
        """The questions about the programme in a message, and the message without them.

        With `alone`, a message that is nothing but questions is taken for one, whatever it is about.
        """
        spans = sentences(text)
        if alone and spans and all(self._is_question(s.text, lang) for s in spans):
            return tuple(s.text for s in spans), ""
        asked = [s.text for s in spans if self._asks_programme(s.text, lang)]
        rest = " ".join(s.text for s in spans if s.text not in asked)
        return tuple(asked), rest if asked else text

    def _is_question(self, sentence: str, lang: Lang) -> bool:
        return self.cues.hears("question", sentence, lang) or self._asks_programme(sentence, lang)

    def _asks_programme(self, sentence: str, lang: Lang) -> bool:
        asked = self.cues.hears("question", sentence, lang) or self.cues.hears(
            "open_question", sentence, lang
        )
        return asked and self.cues.hears("programme", sentence, lang)


def screen(conversation: Conversation, text: str, document: str | None) -> str:
    """The text as a reader sees it; raises InputError when it is empty, too long or not text."""
    limit = MESSAGE_LIMIT if document is None else DOCUMENT_LIMIT
    if looks_binary(text.encode("utf-8", "replace")):
        fix = "send a .txt, .md, .docx or .pdf file, or paste the text"
        raise InputError("this is not text", fix=fix, key="binary")
    if len(text) > limit:
        raise InputError(
            f"the text has {len(text):,} characters; {limit:,} can be read",
            fix="send the part about the problem and the decision",
            key="too_long",
        )
    if conversation.turn >= TURN_LIMIT:
        raise InputError(
            f"a conversation takes {TURN_LIMIT} messages", fix="start a new draft", key="turn_limit"
        )
    said = clean_text(text)
    if not any(c.isalnum() for c in said):
        raise InputError("the message is empty", fix="write a sentence or two about the problem", key="empty")
    return said
