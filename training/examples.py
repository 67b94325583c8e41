"""The labelled proposals in corpus/training, checked line by line."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.programme import Programme

CASE_GROUPS = 4
"""Past cases are held out by groups of cities."""
EVIDENCE = ("type_evidence", "poor_fit_evidence")


@dataclass(frozen=True)
class Example:
    """One labelled proposal."""

    id: str
    author: str
    """The file it came from; splits are made by author, never at random."""
    lang: str
    group: str
    style: str
    """The register: a note, minutes, a tender …; texts of the first batch are short paragraphs."""
    text: str
    fit: str
    reasons: tuple[str, ...]
    primary_type: str | None
    missing: frozenset[str]
    quotes: dict[str, str]
    """Element id, `type_evidence` or `poor_fit_evidence` → the clause of `text` that states it."""
    pair: str | None = None
    """Shared by the sides of a contrast pair, and by one proposal in several languages."""
    attacks: tuple[str, ...] = ()
    """Stretches that try to steer whoever reads the text."""
    city: str = ""
    """Where a past case happened; empty for invented proposals."""
    annotated: bool = True
    """False for past cases, whose elements nobody has marked."""


class ExampleError(ValueError):
    """A line of the training data is wrong; says file, line and what."""


def load_examples(folder: Path, programme: Programme) -> list[Example]:
    """Every example of the folder's .jsonl files, in a fixed order; raises ExampleError for the first bad line."""
    examples: list[Example] = []
    seen: dict[str, str] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            place = f"{path.name}:{number}"
            example = _example(line, place, path.stem, programme)
            if example.id in seen:
                raise ExampleError(f"{place}: id {example.id} is also at {seen[example.id]}")
            seen[example.id] = place
            examples.append(example)
    return examples


def load_cases(folder: Path) -> list[Example]:
    """The past cases as examples in three languages, a city's cases together, those of unclear fit left out."""
    examples = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            if case["fit"] in ("fit", "poor_fit") and (case["fit"] == "poor_fit" or case["primary_type"]):
                examples += [_case(case, lang) for lang in ("en", "es", "pt")]
    return examples


TOLD = ("title", "resident_problem", "users", "decision", "intervention", "outcome")


def _case(case: dict[str, Any], lang: str) -> Example:
    words = case if lang == "en" else case[f"text_{lang}"]
    sentences = (str(words[key]).strip().rstrip(".") for key in TOLD if words[key])
    group = zlib.crc32(case["city"].encode()) % CASE_GROUPS
    return Example(
        id=f"{case['id']}-{lang}",
        author=f"cases-{group}",
        lang=lang,
        group="real",
        style="past_case",
        text=". ".join(sentences) + ".",
        fit=case["fit"],
        reasons=tuple(case["poor_fit_reasons"]) if case["fit"] == "poor_fit" else (),
        primary_type=case["primary_type"] if case["fit"] == "fit" else None,
        missing=frozenset(),
        quotes={},
        city=case["city"],
        annotated=False,
    )


def _example(line: str, place: str, author: str, programme: Programme) -> Example:
    try:
        data = json.loads(line)
        example = Example(
            id=data["id"],
            author=author,
            lang=data["lang"],
            group=data["group"],
            style=data.get("style", "short_paragraph"),
            text=data["text"],
            fit=data["fit"],
            reasons=tuple(data["poor_fit_reasons"]),
            primary_type=data["primary_type"],
            missing=frozenset(data["missing"]),
            quotes=dict(data["quotes"]),
            pair=data["pair_id"],
            attacks=tuple(data.get("attacks", ())),
        )
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ExampleError(f"{place}: {error!r}") from None
    for problem in _problems(example, programme):
        raise ExampleError(f"{place}: {example.id}: {problem}")
    return example


def _problems(example: Example, programme: Programme) -> list[str]:
    elements = set(programme.proposal_element_ids)
    types = {t.id for t in programme.types}
    reasons = {r.id for r in programme.reasons}
    found = [f"quote of {k} is not in the text" for k, q in example.quotes.items() if q not in example.text]
    found.extend("an attack is not in the text" for a in example.attacks if a not in example.text)
    if example.lang not in programme.about.languages:
        found.append(f"unknown language {example.lang}")
    if example.primary_type is not None and example.primary_type not in types:
        found.append(f"unknown type {example.primary_type}")
    found.extend(f"unknown reason {r}" for r in example.reasons if r not in reasons)
    if (example.fit == "poor_fit") != bool(example.reasons):
        found.append("a reason goes with poor_fit and only with it")
    stated = example.quotes.keys() - set(EVIDENCE)
    if stated | example.missing != elements or stated & example.missing:
        found.append("each element is either quoted or missing")
    return found


def fingerprint(folder: Path) -> str:
    """SHA-256 of the training data; the model's manifest carries it."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.jsonl")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
