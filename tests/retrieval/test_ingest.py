"""Sources that staff add: read, approved, replaced and removed, whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from pypdf import PdfWriter

from assistant.domain import Lang
from assistant.errors import CorpusError, InputError, StoreError
from assistant.extraction.base import Bounds
from assistant.extraction.child import Effort
from assistant.retrieval.added import AddedSource, catalogue_in_use, files_dir, first_sentence, sources_dir
from assistant.retrieval.building import build_index, current_catalogue
from assistant.retrieval.hybrid import open_retriever
from assistant.retrieval.ingest import About, Outcome, add_sources, remove_source, slug
from assistant.retrieval.manifest import read_manifest, status
from assistant.retrieval.reading import Limits
from assistant.settings import Settings
from tests.extraction.files import bomb, book, deck, locked, saved, word
from tests.retrieval.conftest import StemEncoder
from tests.test_documents import pdf, show

OTTERS = "Otters returned to the harbour canal after the sluice was rebuilt."
HERONS = "Herons nest on the water tower beside the tram depot."
KILLS = max(3, int(os.environ.get("KILL_ROUNDS", "0")) // 10)
CRASHING = Path(__file__).with_name("crashing.py")


def english(_: str) -> Lang:
    """Every text is English."""
    return "en"


def add(
    settings: Settings, *paths: Path, limits: Limits | None = None, wait_s: float = 60, **about: object
) -> list[Outcome]:
    """Adds files as staff do."""
    return add_sources(
        settings,
        StemEncoder(),
        paths,
        About.model_validate(about),
        language=english,
        approved_by="a test",
        limits=limits or Limits(),
        wait_s=wait_s,
    )


def found(settings: Settings, query: str, tiers: tuple[int, ...] = ()) -> list[tuple[str, str]]:
    """The ids and locators that a search finds, best first."""
    retriever = open_retriever(settings, StemEncoder(), light=True)
    try:
        hits = retriever.passages(query, "en", 5, tiers=tiers)
        return [(hit.id, hit.passage.locator) for hit in hits if hit.passage]
    finally:
        retriever.close()


def written(path: Path, data: str | bytes) -> Path:
    """The path, with the data in its file."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def refusal(outcomes: list[Outcome]) -> Outcome:
    """The one outcome, which is a refusal with a remedy."""
    (outcome,) = outcomes
    assert outcome.change == "refused"
    assert outcome.fix
    return outcome


# --- adding ------------------------------------------------------------------------------------------------


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

    lines = _passages_of(small, "a").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    assert outcome.passages == len(texts) > 5
    assert max(map(len, texts)) <= 900
    assert " ".join(texts) == " ".join(sentences)
    assert twice.passages == 1


def _passages_of(settings: Settings, id: str) -> Path:
    source = current_catalogue(settings).find(id)
    assert source is not None
    return files_dir(settings) / source.folder / "passages.jsonl"


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


# --- what is refused ---------------------------------------------------------------------------------------


def slow_pdf() -> bytes:
    """A small PDF whose only page draws without end."""
    return pdf("q " * 10 + "BT /F1 12 Tf 10 700 Td " + "(a) Tj " * 1_500_000 + "ET")


def scanned_pdf() -> bytes:
    """A PDF with a page and no text."""
    return pdf("0 0 600 800 re f")


def locked_pdf() -> bytes:
    """A PDF that opens with a password alone."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    return saved(writer.write)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.pdf", scanned_pdf(), "only pictures"),
        ("a.pdf", locked_pdf(), "password"),
        ("a.docx", locked(), "password"),
        ("a.docx", bomb(word(("Normal", "x")), 301), "larger than"),
        ("a.pptx", bomb(deck(("x", "y")), 301), "larger than"),
        ("a.xlsx", bomb(saved(book([["x"]]).save), 301), "larger than"),
        ("a.txt", b"%PDF-1.7", "not a text file"),
        ("a.txt", b"", "no text"),
        ("a.odt", b"x", "cannot be read"),
    ],
)
def test_a_bad_file_is_refused_with_its_remedy_and_the_good_one_beside_it_is_taken(
    small: Settings, tmp_path: Path, name: str, data: bytes, says: str
) -> None:
    """One file that cannot be read is not the end of the others."""
    bad, good = written(tmp_path / name, data), written(tmp_path / "good.txt", OTTERS)

    refused, taken = add(small, bad, good)

    assert says in refusal([refused]).why
    assert taken.change == "added"
    assert [s.id for s in current_catalogue(small).sources] == ["good"]
    assert len(list(files_dir(small).iterdir())) == 1


def test_a_file_that_takes_a_minute_is_given_up(small: Settings, tmp_path: Path) -> None:
    """The child is ended when its time is up, and the file is refused."""
    path = written(tmp_path / "a.pdf", slow_pdf())
    limits = Limits(effort=Effort(cpu_seconds=1, wall_seconds=20))
    began = time.monotonic()

    refused = refusal(add(small, path, limits=limits))

    assert "time" in refused.why or "long" in refused.why
    assert time.monotonic() - began < 60


def test_two_gigabytes_are_refused_unread(small: Settings, tmp_path: Path) -> None:
    """The size is looked at before a byte is read or copied."""
    path = tmp_path / "a.pdf"
    with path.open("wb") as file:
        file.truncate(2 * 2**30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    refused = refusal(add(small, path))

    assert "larger than 50 MB" in refused.why
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


def test_more_text_than_allowed_is_refused(small: Settings, tmp_path: Path) -> None:
    """What the child hands over is bounded, whatever the size of the file."""
    path = written(tmp_path / "a.txt", "word " * 3_000)

    refused = refusal(add(small, path, limits=Limits(bounds=Bounds(characters=10_000))))

    assert "longer than 10,000 characters" in refused.why


def test_output_beyond_its_bound_ends_the_child(small: Settings, tmp_path: Path) -> None:
    """The system itself stops a reader that writes too much, even one that forgot its own bound."""
    path = written(tmp_path / "a.txt", "word " * 300_000)

    refused = refusal(add(small, path, limits=Limits(effort=Effort(wall_seconds=60, output_mb=1))))

    assert "too much" in refused.why


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a system with pipes that have names")
def test_what_is_no_file_is_refused(small: Settings, tmp_path: Path) -> None:
    """A pipe would be read for ever; a missing file is said to be missing."""
    os.mkfifo(tmp_path / "a.txt")

    assert "not a file" in refusal(add(small, tmp_path / "a.txt")).why
    assert "No such file" in refusal(add(small, tmp_path / "none.txt")).why


def test_two_builders_at_once(small: Settings, tmp_path: Path) -> None:
    """While one adds, another is told to wait, and afterwards both can have added."""
    build_index(small, StemEncoder())
    reading, finish = threading.Event(), threading.Event()

    def hold(done: int, total: int, label: str) -> None:
        reading.set()
        finish.wait(30)

    first = threading.Thread(
        target=add_sources,
        args=(small, StemEncoder(), [written(tmp_path / "a.txt", OTTERS)], About()),
        kwargs={"language": english, "approved_by": "one", "progress": hold},
    )
    first.start()
    reading.wait(30)
    with pytest.raises(CorpusError) as told:
        add(small, written(tmp_path / "b.txt", HERONS), wait_s=0.3)
    finish.set()
    first.join(120)
    add(small, tmp_path / "b.txt")

    assert told.value.key == "index_busy"
    assert [s.id for s in current_catalogue(small).sources] == ["a", "b"]


# --- all or nothing ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """No file of this process may grow beyond a size: to whoever writes it is a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [2_000, 20_000, 60_000, 150_000])
def test_a_full_disk_leaves_the_old_index(small: Settings, tmp_path: Path, size: int) -> None:
    """Wherever the room runs out, the error says what to do and the old sources answer as before."""
    add(small, written(tmp_path / "a.txt", OTTERS))
    before = found(small, "otters"), (small.index_dir / "manifest.json").read_bytes()
    path = written(tmp_path / "b.txt", HERONS + " x" * 1_000)

    with no_file_beyond(size), pytest.raises((StoreError, CorpusError)) as told:
        add(small, path)

    assert told.value.fix
    assert (found(small, "otters"), (small.index_dir / "manifest.json").read_bytes()) == before
    assert [s.id for s in current_catalogue(small).sources] == ["a"]
    assert len(list((small.index_dir / "builds").iterdir())) == 1
    add(small, path)
    assert found(small, "herons")[0][0] == "added/b/1"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
def test_killed_at_any_moment_the_old_or_the_new_index_is_whole(small: Settings, tmp_path: Path) -> None:
    """A process that is killed while it adds leaves the index and the list of sources in step, and usable."""
    seed = int(os.environ.get("KILL_SEED", secrets.randbelow(10**6)))
    print(f"KILL_SEED={seed}")
    moments = Random(seed)  # noqa: S311 - moments to be had again, not secrets
    add(small, written(tmp_path / "a.txt", OTTERS))
    began = time.monotonic()
    _killed(small, written(tmp_path / "whole.txt", HERONS), None)
    whole = time.monotonic() - began
    remove_source(small, StemEncoder(), "whole")

    for round in range(KILLS):
        path = written(tmp_path / f"b{round}.txt", f"{HERONS} Round {round}.")
        _killed(small, path, moments.uniform(0.3, 1.0) * whole)

        manifest = read_manifest(small.index_dir)
        assert status(small, StemEncoder.name).state == "ready"
        sources = catalogue_in_use(small, manifest.catalogue).sources
        assert manifest.sources == len(sources) == len(current_catalogue(small).sources)
        assert "added/a/1" in [id for id, _ in found(small, "otters")]
        listed = f"b{round}" in [s.id for s in sources]
        assert (f"added/b{round}/1" in [id for id, _ in found(small, f"herons round {round}")]) == listed

    add(small, written(tmp_path / "last.txt", "Kingfishers hover."))
    assert found(small, "kingfishers")[0][0] == "added/last/1"


def _killed(settings: Settings, path: Path, after: float | None) -> None:
    """Adds a file in a process of its own and kills that so many seconds later; never when None."""
    command = [sys.executable, str(CRASHING), str(settings.home), str(settings.data_dir), str(path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, env=environment) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("step", ["pending", "in use"])
def test_a_crash_between_the_steps_of_a_swap_is_finished_by_the_next(
    small: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Died just before the index was put into use: the old sources. Just after: the new ones, found and listed."""
    from assistant.retrieval import building

    add(small, written(tmp_path / "a.txt", OTTERS))
    really_use = building.use

    class PowerCutError(BaseException):
        """Nothing after it runs in a real one; clearing up is kept from running too."""

    def use(folder: Path, manifest: object) -> None:
        if step == "in use":
            really_use(folder, manifest)  # type: ignore[arg-type]
        monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
        monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)
        raise PowerCutError

    monkeypatch.setattr(building, "use", use)
    with pytest.raises(PowerCutError):
        add(small, written(tmp_path / "b.txt", HERONS))
    monkeypatch.undo()

    there = ["a"] if step == "pending" else ["a", "b"]
    assert status(small, StemEncoder.name).state == "ready"
    assert [s.id for s in current_catalogue(small).sources] == there
    assert ("added/b/1" in [id for id, _ in found(small, "herons")]) == (step == "in use")
    add(small, written(tmp_path / "c.txt", "Kingfishers hover over the lock."))
    assert [s.id for s in current_catalogue(small).sources] == [*there, "c"]
    assert len(list(files_dir(small).iterdir())) == len(there) + 1


def test_an_index_of_other_sources_is_refused(small: Settings, tmp_path: Path) -> None:
    """A list of sources that is not the index's own makes it stale, with the remedy; so does a lost passage."""
    add(small, written(tmp_path / "a.txt", OTTERS))
    catalogue = sources_dir(small) / "catalogue.json"
    whole = catalogue.read_text(encoding="utf-8")

    catalogue.write_text(whole.replace('"tier": 3', '"tier": 2'), encoding="utf-8")
    other = status(small, StemEncoder.name)
    catalogue.write_text("{", encoding="utf-8")
    damaged = status(small, StemEncoder.name)
    with pytest.raises(CorpusError, match="list of added sources"):
        open_retriever(small, StemEncoder(), light=True)
    catalogue.write_text(whole, encoding="utf-8")
    _passages_of(small, "a").write_text("{}", encoding="utf-8")
    with pytest.raises(CorpusError) as lost:
        build_index(small, StemEncoder())

    assert (other.state, other.fix) == ("stale", "run: scoping index build")
    assert damaged.state == "damaged"
    assert "catalogue.json" in damaged.fix
    assert "index remove a" in lost.value.fix
    assert add(small, tmp_path / "a.txt")[0].change != "refused"
    assert found(small, "otters")[0][0] == "added/a/1"


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
