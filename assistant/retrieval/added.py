"""The sources that staff added: which they are, and the passages that were read from them.

    sources/catalogue.json             which sources are in use
    sources/pending.json               what the catalogue becomes once the index that holds it is in use
    sources/files/<name>/original.*    the file as it was added, for audit
    sources/files/<name>/passages.jsonl   what was read from it, cut into passages; never changed once written

They outlive the index: a new build reads the passages again, not the files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from assistant.domain import Frozen, Lang, Passage
from assistant.errors import CorpusError
from assistant.settings import Settings
from assistant.words import Words

ADDED = "added/"
"""How the ids of added passages begin."""
QUOTE_CHARACTERS = 240

Place = Literal["page", "slide", "rows", "heading", "lines"]
"""How a kind of file says where something stands in it."""


class AddedPassage(Frozen):
    """One passage of an added source, as it is kept."""

    place: Place
    name: str = ""
    """The heading or the sheet it stands under."""
    first: int = 0
    """The page, the slide, or the first row or line; 0 when the heading alone says it."""
    last: int = 0
    text: str
    original: str | None = None
    """The text before broken accents were put right; None when nothing was."""


class AddedSource(Frozen):
    """One file that staff added."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    tier: int = Field(ge=1, le=4)
    booklet: bool = False
    """Declared the programme's official booklet; only then its tier may be 1."""
    date: str | None = None
    lang: Lang
    file: str
    """The name of the file that was added."""
    content: str
    """SHA-256 of that file."""
    folder: str
    """Its place under sources/files."""
    text: str
    """SHA-256 of its passages.jsonl."""
    passages: int
    pages: int | None = None
    hidden: int = 0
    """Characters that no reader of the file sees, which were left out."""
    repaired: int = 0
    """Passages in which broken accents were put right."""
    added_at: str
    approved_by: str


class Catalogue(Frozen):
    """Every added source in use, by id."""

    schema_: Annotated[Literal["sources/1"], Field(alias="schema")] = "sources/1"
    sources: tuple[AddedSource, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Changes with every change of the added sources; empty while there are none."""
        if not self.sources:
            return ""
        data = json.dumps([s.to_data() for s in self.sources], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(data.encode()).hexdigest()

    def find(self, id: str) -> AddedSource | None:
        """The source of that id, or None."""
        return next((s for s in self.sources if s.id == id), None)

    def having(self, source: AddedSource) -> Catalogue:
        """The catalogue with a source added, or put in the place of the one of that id."""
        others = [s for s in self.sources if s.id != source.id]
        return Catalogue(sources=tuple(sorted([*others, source], key=lambda s: s.id)))

    def without(self, id: str) -> Catalogue:
        """The catalogue without the source of that id."""
        return Catalogue(sources=tuple(s for s in self.sources if s.id != id))


def sources_dir(settings: Settings) -> Path:
    """Where added sources are kept."""
    return settings.data_dir / "sources"


def files_dir(settings: Settings) -> Path:
    """Where the files of added sources and their passages are kept."""
    return sources_dir(settings) / "files"


def catalogue_in_use(settings: Settings, indexed: str | None = None) -> Catalogue:
    """The catalogue; `indexed` is the fingerprint that the index in use names, None when there is no index.

    A change of sources comes into force with the index that holds it. When that index was put into use and the
    process ended before it could rename the pending catalogue, the pending one is the catalogue.
    """
    folder = sources_dir(settings)
    pending = _read(folder / "pending.json") if indexed is not None else None
    if pending is not None and pending.fingerprint == indexed:
        return pending
    return _read(folder / "catalogue.json") or Catalogue()


def _read(path: Path) -> Catalogue | None:
    try:
        return Catalogue.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (ValidationError, OSError):
        raise CorpusError(
            "the list of added sources is damaged",
            fix=f"restore {path} from a backup, or delete it and add the files again",
            key="index_missing",
        ) from None


def load_added(settings: Settings, catalogue: Catalogue, words: Words) -> Iterator[Passage]:
    """The passages of every added source, ready to be cited; raises CorpusError when a file of them is damaged."""
    for source in catalogue.sources:
        for number, kept in enumerate(_passages(settings, source), start=1):
            yield _shown(source, number, kept, words)


def _passages(settings: Settings, source: AddedSource) -> Sequence[AddedPassage]:
    path = files_dir(settings) / source.folder / "passages.jsonl"
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != source.text:
        raise CorpusError(
            f"the text of the added source {source.id} is damaged",
            fix=f"add {source.file} again with --id {source.id}, or run: scoping index remove {source.id}",
            key="index_missing",
        )
    return [AddedPassage.model_validate_json(line) for line in content.splitlines()]


def _shown(source: AddedSource, number: int, kept: AddedPassage, words: Words) -> Passage:
    return Passage(
        id=f"{ADDED}{source.id}/{number}",
        lang=source.lang,
        source=source.id,
        source_label=f"{source.title} ({source.date})" if source.date else source.title,
        section=kept.name,
        locator=locator(kept, source.lang, words),
        tier=source.tier,
        date=source.date,
        title=f"{source.title}: {kept.name}" if kept.name else source.title,
        text=kept.text,
        quote=first_sentence(kept.text),
    )


def locator(kept: AddedPassage, lang: Lang, words: Words) -> str:
    """Where the passage stands in its file, in a reader's words."""
    if kept.place == "heading" and kept.name:
        return kept.name
    place = "start" if kept.place == "heading" else kept.place
    return words.say(lang, f"locator.{place}", name=kept.name, first=kept.first, last=kept.last)


def first_sentence(text: str) -> str:
    """The line to show of a passage: its first sentence, or its beginning up to a word's end."""
    line = text.strip().split("\n")[0].strip() or text.strip()
    for at, sign in enumerate(line[:QUOTE_CHARACTERS]):
        if sign in ".!?…" and line[at + 1 : at + 2] in ("", " ") and at >= 20:
            return line[: at + 1]
    if len(line) <= QUOTE_CHARACTERS:
        return line
    return line[:QUOTE_CHARACTERS].rsplit(" ", 1)[0] or line[:QUOTE_CHARACTERS]
