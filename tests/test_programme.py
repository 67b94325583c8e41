"""The programme's data: complete, in three languages, every citation real."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from assistant.domain import LANGS, Text
from assistant.errors import ProgrammeError
from assistant.programme import Programme, load_programme
from assistant.settings import Settings
from assistant.wiring import Product
from assistant.words import load_words


def test_the_programme_is_complete(product: Product) -> None:
    """Five types, five reasons, fourteen elements, seven criteria, four capabilities, twenty responsibilities."""
    programme = product.programme

    assert len(programme.types) == len(programme.reasons) == len(programme.functions) == 5
    assert len(programme.proposal_element_ids) == 12
    assert len(programme.element_ids) == 14
    assert len(programme.criteria) == len(programme.commitments) == 7
    assert len(programme.capabilities) == 4
    assert [len(f.responsibility) for f in programme.functions] == [4] * 5
    assert len(programme.loops) == 3
    assert len(programme.pathways) == 2


def test_only_the_convening_has_a_year(product: Product) -> None:
    """No event but the one whose year is printed carries a year."""
    years = {e.id: e.year for e in product.programme.events}

    assert [y for y in years.values() if y] == [2027]


def test_every_passage_the_programme_cites_exists(product: Product) -> None:
    """Each id under `passage` and `also_in` is a passage with a line to quote, in each language."""
    ids = _passage_ids(product.programme)

    assert len(ids) > 40
    for id in ids:
        for lang in LANGS:
            passage = product.passages(id, lang)
            assert passage.quote in passage.text
            assert passage.tier in (1, 2)


def test_every_text_reads_differently_in_the_three_languages(product: Product) -> None:
    """A text of a sentence or more is never the same in two languages: nothing was left untranslated."""
    texts = [t for t in _texts(product.programme) if len(t.en.split()) > 6]

    assert len(texts) > 200
    assert not [t.en for t in texts if t.en in (t.es, t.pt) or t.es == t.pt]


def test_types_say_when_they_would_be_another(product: Product) -> None:
    """Each type has a sentence for each of the four others."""
    ids = {t.id for t in product.programme.types}

    assert all(set(t.would_change) == ids - {t.id} for t in product.programme.types)


def test_reframings_use_only_slots_they_ask_for(product: Product) -> None:
    """A template's slots are exactly elements it needs, so that nothing unsaid can fill it."""
    for reason in product.programme.reasons:
        assert reason.turning_element in product.programme.element_ids
        for template in reason.reframing:
            for lang in LANGS:
                texts = (template.decision, template.user, template.smallest_test)
                slots = set(re.findall(r"{(\w+)}", " ".join(t.at(lang) for t in texts)))
                assert slots <= set(template.needs)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("types.toml", "[[type]\n", "types.toml"),
        ("types.toml", '[[type]]\nid = "x"\n', "types.toml"),
        ("poor_fit.toml", None, "poor_fit.toml"),
    ],
    ids=["broken", "incomplete", "missing"],
)
def test_a_wrong_file_is_named(
    settings: Settings, tmp_path: Path, name: str, text: str | None, says: str
) -> None:
    """A broken, incomplete or missing file of the programme is an error that names it, with a remedy."""
    folder = tmp_path / "programme"
    shutil.copytree(settings.corpus / "programme", folder)
    if text is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(text, encoding="utf-8")

    with pytest.raises(ProgrammeError, match=re.escape(says)) as caught:
        load_programme(folder)

    assert caught.value.fix


def test_the_three_locales_have_the_same_keys(settings: Settings, tmp_path: Path) -> None:
    """A text missing in one language is an error at start, not a hole on the page."""
    folder = tmp_path / "locale"
    shutil.copytree(settings.corpus / "locale", folder)
    text = (folder / "pt.toml").read_text(encoding="utf-8")
    (folder / "pt.toml").write_text(text.replace("brief_ready =", "brief_redy ="), encoding="utf-8")

    with pytest.raises(ProgrammeError, match=r"reply\.brief_re"):
        load_words(folder)


def _texts(value: object) -> list[Text]:
    if isinstance(value, Text):
        return [value]
    if isinstance(value, tuple):
        return [t for item in value for t in _texts(item)]
    if isinstance(value, dict):
        return [t for item in value.values() for t in _texts(item)]
    if hasattr(value, "__pydantic_fields__"):
        return [t for name in type(value).model_fields for t in _texts(getattr(value, name))]
    return []


def _passage_ids(programme: Programme) -> set[str]:
    groups = (
        programme.types,
        programme.reasons,
        programme.elements,
        programme.criteria,
        programme.capabilities,
        programme.functions,
        programme.commitments,
        programme.pathways,
        programme.events,
    )
    ids = {item.passage for group in groups for item in group}  # type: ignore[attr-defined]
    ids |= {id for criterion in programme.criteria for id in criterion.also_in}
    ids |= {id for loop in (*programme.loops, programme.scoping) for id in loop.passages}
    return ids | {programme.about.passage}
