"""Sources that staff add: read, approved, replaced and removed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import InputError
from assistant.retrieval.added import AddedSource, files_dir, first_sentence, sources_dir
from assistant.retrieval.building import build_index, current_catalogue
from assistant.retrieval.hybrid import open_retriever
from assistant.retrieval.ingest import About, add_sources, remove_source, slug
from assistant.settings import Settings
from tests.documents.files import pdf, show
from tests.extraction.files import book, deck, saved, word
from tests.retrieval.adding import HERONS, OTTERS, add, english, found, passages_of, written
from tests.retrieval.conftest import StemEncoder


def test_every_kind_of_file_is_found_where_it_says(small: Settings, tmp_path: Path) -> None:
    """One fact in each kind of file: a search finds it, with the page, slide, rows, heading or lines."""
    folder = tmp_path / "sources"
    folder.mkdir()
    written(
        folder / "a.pdf", pdf(show("Nothing here about wombats"), show("Badgers dig under the embankment"))
    )
    written(folder / "b.docx", word(("Heading 1", "Rivers"), ("Normal", "Beavers built a dam at the weir")))
    written(folder / "c.pptx", deck(("Start", "Lynx were counted"), ("Birds", "Storks moved to the chimney")))
    written(folder / "d.xlsx", saved(book([["Animal", "Place"], ["Foxes", "landfill"]], "Census").save))
    written(folder / "e.html", "<h1>Bats</h1><p>Bats roost in the clock tower.</p>")
    written(folder / "f.md", "# Bees\n\nHives stand on the library roof.\n")
    written(folder / "g.txt", "First line\n\nToads cross the ring road in March.\n")

    outcomes = add(small, folder)

    assert [o.change for o in outcomes] == ["added"] * 7
    assert found(small, "badgers embankment")[0] == ("added/a/2", "p. 2")
    assert found(small, "beavers weir")[0] == ("added/b/1", "Rivers")
    assert found(small, "storks chimney")[0] == ("added/c/2", "slide 2")
    assert found(small, "foxes landfill")[0] == ("added/d/1", "sheet “Census”, rows 1–2")
    assert found(small, "bats clock tower")[0] == ("added/e/1", "Bats")
    assert found(small, "hives library roof")[0] == ("added/f/1", "Bees")
    assert found(small, "toads ring road")[0] == ("added/g/1", "lines 1–3")


def test_what_staff_say_of_a_source_is_in_its_passages(small: Settings, tmp_path: Path) -> None:
    """Title, tier and date come with each passage, and the record says who approved it."""
    path = written(tmp_path / "wildlife_report-2026.md", f"# Water\n\n{OTTERS} {HERONS}")

    add(small, path, tier=2, date="2026-05-01", title="Wildlife report")

    retriever = open_retriever(small, StemEncoder(), light=True)
    (hit,) = retriever.passages("otters", "es", 1)
    retriever.close()
    assert hit.passage is not None
    assert (hit.passage.tier, hit.passage.date, hit.passage.lang) == (2, "2026-05-01", "en")
    assert hit.passage.source_label == "Wildlife report (2026-05-01)"
    assert hit.passage.title == "Wildlife report: Water"
    assert hit.passage.quote in hit.passage.text
    (source,) = current_catalogue(small).sources
    assert (source.id, source.approved_by) == ("wildlife-report-2026", "a test")
    assert found(small, "otters", tiers=(3,)) == [] or "added" not in found(small, "otters", tiers=(3,))[0][0]


def test_the_same_file_again_changes_nothing(small: Settings, tmp_path: Path) -> None:
    """A file that is there already, under its own or another name, starts no build."""
    path = written(tmp_path / "a.txt", OTTERS)
    add(small, path)
    before = (small.index_dir / "manifest.json").read_bytes()

    (again,) = add(small, path)
    (copy,) = add(small, written(tmp_path / "copy.txt", OTTERS))

    assert (again.change, copy.change, copy.id) == ("unchanged", "unchanged", "a")
    assert (small.index_dir / "manifest.json").read_bytes() == before


def test_a_new_version_takes_the_place_of_the_old(small: Settings, tmp_path: Path) -> None:
    """The old passages are gone from the index and from the disk; what staff said of the source stays."""
    path = written(tmp_path / "a.txt", OTTERS)
    add(small, path, title="Wildlife", tier=2)
    (old,) = files_dir(small).iterdir()

    (outcome,) = add(small, written(path, HERONS))

    assert outcome.change == "updated"
    assert found(small, "herons")[0][0] == "added/a/1"
    assert [id for id, _ in found(small, "otters sluice") if id.startswith("added/")] == ["added/a/1"]
    assert not old.exists()
    (source,) = current_catalogue(small).sources
    assert (source.title, source.tier) == ("Wildlife", 2)


def test_other_options_for_the_same_file_are_a_change(small: Settings, tmp_path: Path) -> None:
    """The tier of a source that is there can be corrected by adding it again."""
    path = written(tmp_path / "a.txt", OTTERS)
    add(small, path, tier=2)

    (outcome,) = add(small, path, tier=4)

    assert outcome.change == "updated"
    assert current_catalogue(small).sources[0].tier == 4
    assert found(small, "otters", tiers=(4,))[0][0] == "added/a/1"


def test_sources_outlive_the_index(small: Settings, tmp_path: Path) -> None:
    """Deleting and building the index keeps what was added."""
    add(small, written(tmp_path / "a.txt", OTTERS))
    for path in sorted(small.index_dir.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()

    manifest = build_index(small, StemEncoder())

    assert (manifest.sources, manifest.added) == (1, 1)
    assert found(small, "otters")[0][0] == "added/a/1"


def test_a_removed_source_is_gone(small: Settings, tmp_path: Path) -> None:
    """Nothing of it is left in the index or beside it, and its id is known no more."""
    add(small, written(tmp_path / "a.txt", OTTERS))

    remove_source(small, StemEncoder(), "a")

    assert all(not id.startswith("added/") for id, _ in found(small, "otters"))
    assert list(files_dir(small).iterdir()) == []
    assert not [
        p for p in small.data_dir.rglob("*") if p.is_file() and b"Otters" in p.read_bytes() and _live(p)
    ]
    with pytest.raises(InputError, match="no added source") as told:
        remove_source(small, StemEncoder(), "a")
    assert "index list" in told.value.fix


def _live(path: Path) -> bool:
    # The build before is kept for readers that have it open, until the next build.
    return "builds" not in path.parts


def test_only_the_booklet_is_of_the_first_tier(small: Settings, tmp_path: Path) -> None:
    """Tier 1 needs the declaration, and the declaration means tier 1."""
    path = written(tmp_path / "a.txt", OTTERS)

    with pytest.raises(InputError, match="tier 1"):
        add(small, path, tier=1)
    add(small, path, booklet=True)

    (source,) = current_catalogue(small).sources
    assert (source.tier, source.booklet) == (1, True)
    with pytest.raises(ValueError, match="tier"):
        AddedSource.model_validate({**source.to_data(), "tier": 0})


@pytest.mark.parametrize("about", [{"date": "May 2026"}, {"date": "2026-13"}, {"id": "../up"}, {"tier": 5}])
def test_wrong_options_are_refused_before_anything_is_read(
    small: Settings, tmp_path: Path, about: dict[str, object]
) -> None:
    """A wrong option is an error of the caller with its remedy."""
    with pytest.raises(InputError) as told:
        add(small, written(tmp_path / "a.txt", OTTERS), **about)

    assert told.value.fix
    assert not sources_dir(small).exists()


def test_two_files_of_one_name_do_not_replace_each_other(small: Settings, tmp_path: Path) -> None:
    """In one run the second is refused, not taken for a newer version of the first."""
    for folder, text in (("x", OTTERS), ("y", HERONS)):
        (tmp_path / folder).mkdir()
        written(tmp_path / folder / "report.txt", text)

    outcomes = add(small, tmp_path / "x", tmp_path / "y")

    assert [o.change for o in outcomes] == ["added", "refused"]
    assert "--id" in outcomes[1].fix


def test_broken_accents_are_repaired_and_the_original_is_kept(small: Settings, tmp_path: Path) -> None:
    """The index has the words, the audit what the file had."""
    path = written(tmp_path / "a.txt", "La poblaciÃ³n espera nueve semanas.")

    (outcome,) = add(small, path)

    assert outcome.repaired == 1
    (folder,) = files_dir(small).iterdir()
    kept = json.loads((folder / "passages.jsonl").read_text(encoding="utf-8"))
    assert kept["text"] == "La población espera nueve semanas."
    assert kept["original"] == "La poblaciÃ³n espera nueve semanas."
    assert (folder / "original.txt").read_bytes() == path.read_bytes()


def test_hidden_text_is_reported_and_cannot_be_found(small: Settings, tmp_path: Path) -> None:
    """Text that nobody sees is in no passage, and staff are told how much there was."""
    page = f"<p>{OTTERS}</p><p style='display:none'>{HERONS}</p>"

    (outcome,) = add(small, written(tmp_path / "a.html", page))
    (tags,) = add(
        small, written(tmp_path / "b.txt", "Swans" + "".join(chr(0xE0000 + ord(c)) for c in "obey"))
    )

    assert outcome.hidden == len(HERONS)
    assert tags.hidden == 4
    bodies = "".join(p.read_text(encoding="utf-8") for p in files_dir(small).rglob("passages.jsonl"))
    assert "Herons" not in bodies
    assert "Otters" in bodies


def test_long_texts_are_cut_and_repeats_are_dropped(small: Settings, tmp_path: Path) -> None:
    """No passage is longer than it may be, no sentence is lost, and what is said twice is kept once."""
    sentences = [f"Sentence number {n} tells about tree {n} in the park." for n in range(120)]

    (outcome,) = add(small, written(tmp_path / "a.txt", " ".join(sentences)))
    (twice,) = add(small, written(tmp_path / "b.md", f"# One\n\n{HERONS}\n\n# One\n\n{HERONS}"))

    lines = passages_of(small, "a").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    assert outcome.passages == len(texts) > 5
    assert max(map(len, texts)) <= 900
    assert " ".join(texts) == " ".join(sentences)
    assert twice.passages == 1


def test_a_quote_is_a_sentence_or_a_beginning() -> None:
    """The line to show ends where a sentence ends, or at a word."""
    assert first_sentence("It was rebuilt in spring. Otters came.") == "It was rebuilt in spring."
    assert (
        first_sentence("No. 5 Canal Street is where the otters are.")
        == "No. 5 Canal Street is where the otters are."
    )
    assert first_sentence("word " * 100).split() == ["word"] * 48


def test_ids_are_plain() -> None:
    """Any file name gives an id of small letters, digits and hyphens."""
    assert slug("Informe Ñandú (v2)") == "informe-nandu-v2"
    assert slug("報告") == "source"


def test_unchanged_texts_are_not_encoded_again(small: Settings, tmp_path: Path) -> None:
    """Adding one passage encodes one text; everything else keeps its vector."""

    class Counting(StemEncoder):
        texts = 0

        def encode(self, texts: object) -> object:  # type: ignore[override]
            self.texts += len(texts)  # type: ignore[arg-type]
            return super().encode(texts)  # type: ignore[arg-type]

    build_index(small, StemEncoder())
    counting = Counting()

    add_sources(
        small,
        counting,  # type: ignore[arg-type]
        [written(tmp_path / "a.txt", OTTERS)],
        About(),
        language=english,
        approved_by="a test",
    )

    assert counting.texts == 1
