"""The index at growing sizes: python -m bench.index [--sizes 1000 10000] [--large] [--doors files server].

Time to build, time of a whole query (words and meaning), and memory, through each door, with and without a limit
to tiers, at 1 thousand and 10 thousand passages, and with --large at 100 thousand. The doors: the files of the
index, which is what one machine uses, and a Chroma server that this bench starts on the same machine.

What is measured is real but for the texts. A passage is made of sentences of the corpus's own passages and past
cases in one language, recombined at random; its vector is the mean of the real encoder's vectors of those
sentences plus noise, of length one, so that 100 thousand do not take hours to encode. The time to encode is
measured on its own. Queries are the questions stored beside the corpus's passages, encoded for real.

Times through the files are of the processor, so that other work on the machine does not count; those through the
server are on the clock, since the server works in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import numpy as np

from assistant.domain import LANGS, Frozen, Lang, Passage
from assistant.encoder import OnnxEncoder
from assistant.retrieval import building
from assistant.retrieval.added import Catalogue, first_sentence
from assistant.retrieval.base import Retriever, Vectors
from assistant.retrieval.hybrid import open_retriever
from assistant.retrieval.manifest import read_manifest
from assistant.retrieval.sources import case_in, load_cases, load_passages, passage_in
from assistant.settings import Settings, default_home
from tests.machines.site import ChromaServer

SIZES = (1_000, 10_000)
LARGE = 100_000
SENTENCES = 4
"""In a passage."""
KNOWN = 400
"""Different sentences in each language; two passages in a hundred thousand are seldom the same."""
NOISE = 0.35
"""Length of the noise added to a vector of length one."""
QUERIES = 60
TRIES = 3
"""Of each query, the best counts: what else runs on the same core makes the others slower."""
FILTERS: dict[str, tuple[int, ...]] = {
    "no filter": (),
    "tier 2": (2,),
    "tier 3": (3,),
    "tiers 2 and 3": (2, 3),
}
DOORS = ("files", "server")
COLOURS = {"files": "#0b6e4f", "server": "#8a4f7d"}


class Times(Frozen):
    """How long queries took, in milliseconds: of the processor through the files, on the clock through the server."""

    p50: float
    p95: float
    search_p50: float
    """Without encoding the query, which takes the same time at every size."""
    search_p95: float


class Measured(Frozen):
    """What was measured at one size."""

    passages: int
    built_cpu_s: float
    built_s: float
    disk_mb: float
    open_s: dict[str, float]
    memory_mb: dict[str, float]
    queries: dict[str, dict[str, Times]]
    """By door and by filter."""
    found_too: float
    """The share of the exact search's ten nearest that the large parts' shortlist finds too."""


# --- what is indexed -------------------------------------------------------------------------------------


class Mixer:
    """Makes passages of recombined sentences, and their vectors."""

    def __init__(self, encoder: OnnxEncoder, corpus: Path, work: Path) -> None:
        self._encoder = encoder
        self._chance = np.random.default_rng(7)
        self._work = work / f"{encoder.name}.npz"
        self._real = _kept(self._work)
        self._made: dict[str, Vectors] = {}
        self.sentences = {lang: self._chosen(corpus, lang) for lang in LANGS}
        self._vectors = {lang: self.encode(told) for lang, told in self.sentences.items()}

    def _chosen(self, corpus: Path, lang: Lang) -> list[str]:
        every = sorted(set(_sentences(corpus, lang)))
        return [every[i] for i in self._chance.choice(len(every), KNOWN, replace=False)]

    @property
    def name(self) -> str:
        """The real encoder's: queries are encoded by it."""
        return self._encoder.name

    def passages(self, count: int) -> list[Passage]:
        """So many passages in three languages: a tenth on the second tier, the rest on the third."""
        return [self._passage(number) for number in range(count)]

    def _passage(self, number: int) -> Passage:
        lang: Lang = LANGS[number % len(LANGS)]
        chosen = self._chance.integers(0, len(self.sentences[lang]), SENTENCES)
        text = " ".join(self.sentences[lang][i] for i in chosen)
        title = f"Source {number // 50}"
        vector = self._vectors[lang][chosen].mean(axis=0)
        vector = vector / np.linalg.norm(vector)
        noise = self._chance.normal(size=vector.shape)
        vector = vector + NOISE * noise / np.linalg.norm(noise)
        unit = (vector / np.linalg.norm(vector)).astype(np.float32)
        for window in building.windows(title, text):
            self._made[window] = unit
        return Passage(
            id=f"added/source-{number // 50}/{number}",
            lang=lang,
            source=f"source-{number // 50}",
            source_label=title,
            section="",
            locator=f"p. {number % 50 + 1}",
            tier=2 if number % 10 == 0 else 3,
            title=title,
            text=text,
            quote=first_sentence(text),
        )

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The made vectors of made passages, and the real ones of everything else."""
        new = [text for text in texts if text not in self._made and text not in self._real]
        if new:
            self._real.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._made[text] if text in self._made else self._real[text] for text in texts])

    def keep(self) -> None:
        """Writes the real vectors down, so that the next run need not encode the corpus again."""
        self._work.parent.mkdir(parents=True, exist_ok=True)
        np.savez(self._work, texts=np.array(list(self._real)), vectors=np.stack(list(self._real.values())))


def _kept(path: Path) -> dict[str, Vectors]:
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as kept:
        return dict(zip(kept["texts"].tolist(), kept["vectors"], strict=True))


def _sentences(corpus: Path, lang: Lang) -> Iterator[str]:
    texts = [passage_in(record, lang).text for record in load_passages(corpus / "passages")]
    for record in load_cases(corpus / "cases"):
        case = case_in(record, lang)
        texts += [
            case.resident_problem,
            case.decision,
            case.intervention,
            case.outcome,
            case.risks_or_lessons,
        ]
    for text in texts:
        yield from (s.strip() + "." for s in text.split(". ") if len(s.split()) > 4)


def questions(corpus: Path) -> list[tuple[str, Lang]]:
    """Real questions, in turn in each language."""
    records = load_passages(corpus / "passages")
    asked = [(r.questions.at(lang)[0], lang) for r in records for lang in LANGS if r.questions.at(lang)]
    return asked[:: max(1, len(asked) // QUERIES)][:QUERIES]


# --- measuring -------------------------------------------------------------------------------------------


def build(size: int, settings: Settings, mixer: Mixer) -> tuple[float, float]:
    """Builds an index of the corpus and so many passages; seconds of the processor, and on the clock."""
    passages = mixer.passages(size)
    real = building._content(settings, Catalogue())
    content = building.Content(real.passages, real.cases, passages, real.corpus, Catalogue())
    _encode_first(real, mixer)
    cpu, clock = time.process_time(), time.perf_counter()
    folder = building.builds(settings) / f"bench-{size}"
    manifest = building._write_build(settings, mixer, folder, content, lambda key: None, _tell)
    building.use(settings.index_dir, manifest)
    return time.process_time() - cpu, time.perf_counter() - clock


def _encode_first(real: building.Content, mixer: Mixer) -> None:
    """Encodes the corpus itself before the clock starts, and keeps the vectors."""
    with closing(sqlite3.connect(":memory:")) as db:
        texts = [text.text for text in building._write_entries(db, real)]
    for start in range(0, len(texts), building.ENCODE_BATCH):
        _tell(start, len(texts), "encoding the corpus")
        mixer.encode(sorted(texts, key=len)[start : start + building.ENCODE_BATCH])
    mixer.keep()


def _tell(done: int, total: int, label: str) -> None:
    print(f"\r{label} {done}/{total}   ", end="", file=sys.stderr)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of the processor, of every thread of this process, and on the clock."""
    cpu, clock = time.process_time(), time.perf_counter()
    work()
    return (time.process_time() - cpu) * 1e3, (time.perf_counter() - clock) * 1e3


def ask(settings: Settings, door: str) -> dict[str, object]:
    """In a process of its own: opens the index through one door and times the queries."""
    encoder = OnnxEncoder(settings.corpus / "model")
    encoder.encode(["warm"])
    start = time.process_time()
    before = _memory()
    retriever = open_retriever(settings, encoder, light=door == "files")
    opened = time.process_time() - start
    asked = questions(settings.corpus)
    times: dict[str, Times] = {}
    for number, (name, tiers) in enumerate(FILTERS.items()):
        for query, lang in asked[:8]:
            retriever.passages(f"{query} ?", lang, 5, tiers=tiers)
        # What was encoded is remembered by its text: other marks of question make it new.
        fresh = ["?" * (number * TRIES + n + 2) for n in range(TRIES)]
        whole = _asked(retriever, asked, tiers, door, fresh)
        search = _asked(retriever, asked, tiers, door, fresh[:1] * TRIES)
        times[name] = Times(
            p50=_at(whole, 50),
            p95=_at(whole, 95),
            search_p50=_at(search, 50),
            search_p95=_at(search, 95),
        )
    kept = _memory() - before
    retriever.close()
    return {"open_s": opened, "memory_mb": kept, "queries": {n: t.to_data() for n, t in times.items()}}


def _asked(
    retriever: Retriever,
    asked: Sequence[tuple[str, Lang]],
    tiers: Sequence[int],
    door: str,
    marks: Sequence[str],
) -> list[float]:
    """Milliseconds of each query, the best of its tries, one with each of the marks at its end."""
    found = []
    for query, lang in asked:
        texts = [f"{query} {mark}" for mark in marks]
        tries = [timed(lambda q=q, at=lang: retriever.passages(q, at, 5, tiers=tiers)) for q in texts]  # type: ignore[misc]
        found.append(min(cpu if door == "files" else clock for cpu, clock in tries))
    return found


def _at(values: Sequence[float], percent: int) -> float:
    return float(np.percentile(values, percent))


def _memory() -> float:
    """Memory of this process that is its own, in MB: files that processes share do not count."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8").splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
    return (sizes["Private_Dirty"] + sizes.get("Swap", 0)) / 1024


def agreement(settings: Settings, mixer: Mixer) -> float:
    """The share of the ten truly nearest vectors that the search of the signs finds."""
    from assistant.retrieval.vectors import ExactVectors, read_vectors

    folder = building.builds(settings) / read_manifest(settings.index_dir).build
    stored = read_vectors(folder)
    asked = mixer.encode([query for query, _ in questions(settings.corpus)])
    part = max(stored.parts, key=lambda p: p.stop - p.start)
    values = np.asarray(stored.values[part.start : part.stop])
    door, shares = ExactVectors(stored), []
    for vector in asked:
        best = np.argsort(-np.vecdot(values, vector), kind="stable")[:10]
        true = {int(stored.rows[part.start + i]) for i in best}
        near = door.nearest(vector, part.group, 10, tiers=part.tiers)
        shares.append(len(true & {n.row for n in near}) / len(true))
    return float(np.mean(shares))


def measure(size: int, folder: Path, mixer: Mixer, asked: Sequence[str], url: str | None) -> Measured:
    """Builds one size and asks it through each door; `url` is the server's."""
    settings = _settings(folder / str(size), url)
    cpu, clock = build(size, settings, mixer)
    disk = sum(p.stat().st_size for p in settings.index_dir.rglob("*") if p.is_file()) / 2**20
    doors = {door: _in_a_process(settings, door) for door in asked}
    return Measured.model_validate(
        {
            "passages": size,
            "built_cpu_s": cpu,
            "built_s": clock,
            "disk_mb": disk,
            "open_s": {door: told["open_s"] for door, told in doors.items()},
            "memory_mb": {door: told["memory_mb"] for door, told in doors.items()},
            "queries": {door: told["queries"] for door, told in doors.items()},
            "found_too": agreement(settings, mixer),
        }
    )


def _in_a_process(settings: Settings, door: str) -> dict[str, object]:
    command = [sys.executable, "-m", "bench.index", "--ask", door, "--data", str(settings.data_dir)]
    command += ["--url", settings.chroma_url] if settings.chroma_url else []
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))  # noqa: S603


def _settings(data: Path, url: str | None) -> Settings:
    return Settings(home=default_home(), data_dir=data, chroma_url=url, _env_file=None)  # type: ignore[call-arg]


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of a Chroma server of our own."""
    chroma = ChromaServer(folder)
    chroma.start()
    try:
        yield chroma.url
    finally:
        chroma.stop()


# --- telling ---------------------------------------------------------------------------------------------


def table(found: Sequence[Measured]) -> str:
    """Everything that was measured, as Markdown."""
    least = found[0]
    sizes = " | ".join(f"{m.passages:,}" for m in found)
    head = "p50 / p95, ms (p95 against the first size)"
    lines = [f"| {head} | {sizes} |", "|---|" + "---|" * len(found)]
    for door in least.queries:
        for name in FILTERS:
            base = least.queries[door][name]
            for label, low, high in (
                ("whole query", "p50", "p95"),
                ("search alone", "search_p50", "search_p95"),
            ):
                cells = [
                    f"{getattr(m.queries[door][name], low):.1f} / {getattr(m.queries[door][name], high):.1f} "
                    f"(×{getattr(m.queries[door][name], high) / getattr(base, high):.2f})"
                    for m in found
                ]
                lines.append(f"| {door}, {name}, {label} | {' | '.join(cells)} |")
    for door in least.queries:
        lines.append(f"| {door}: own memory, MB | {' | '.join(f'{m.memory_mb[door]:.0f}' for m in found)} |")
        lines.append(
            f"| {door}: to open, s of processor | {' | '.join(f'{m.open_s[door]:.2f}' for m in found)} |"
        )
    lines.append(
        f"| to build without encoding, s of processor | {' | '.join(f'{m.built_cpu_s:.1f}' for m in found)} |"
    )
    lines.append(f"| on disk, MB | {' | '.join(f'{m.disk_mb:.0f}' for m in found)} |")
    lines.append(
        f"| files: of the ten nearest, found | {' | '.join(f'{100 * m.found_too:.1f} %' for m in found)} |"
    )
    return "\n".join(lines)


def plot(found: Sequence[Measured], path: Path) -> None:
    """The 95th percentile of a whole query by size, and the target."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "bench"
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    sizes = [m.passages for m in found]
    for door in found[0].queries:
        for name, style in (("no filter", "-"), ("tier 2", "--")):
            ratios = [m.queries[door][name].p95 / found[0].queries[door][name].p95 for m in found]
            axes.plot(sizes, ratios, style, marker="o", color=COLOURS[door], label=f"{door}, {name}")
    axes.axhline(2, color="0.5", linestyle=":", label="target: 2")
    axes.set(xscale="log", xlabel="passages", ylabel="p95 of a query, against the first size", ylim=(0, None))
    axes.legend(fontsize="small")
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Print the table and write it with its figures and the plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--large", action="store_true", help="100 thousand passages too; takes long")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--doors", nargs="+", choices=DOORS, default=["files"])
    parser.add_argument("--work", type=Path, default=Path("build") / "bench", help="keeps encoded texts")
    parser.add_argument("--ask", choices=DOORS, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask:
        print(json.dumps(ask(_settings(options.data, options.url), options.ask)))
        return
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-index-") as name:
        folder = Path(name)
        started = server(folder) if "server" in options.doors else nullcontext()
        with started as url:
            found = _measured([*options.sizes, *([LARGE] if options.large else [])], folder, url, options)
    text = table(found)
    (options.out / "index.md").write_text(text + "\n", encoding="utf-8")
    plot(found, options.out / "index.svg")
    print(
        f"\n{text}\nmost memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"
    )


def _measured(
    sizes: Sequence[int], folder: Path, url: str | None, options: argparse.Namespace
) -> list[Measured]:
    corpus, found = default_home() / "corpus", []
    for size in sizes:
        mixer = Mixer(OnnxEncoder(corpus / "model"), corpus, options.work)
        found.append(measure(size, folder, mixer, options.doors, url))
        mixer.keep()
        shutil.rmtree(folder / str(size))
        data = [m.to_data() for m in found]
        (options.out / "index.json").write_text(json.dumps(data, indent=1), encoding="utf-8")
    return found


if __name__ == "__main__":
    main()
