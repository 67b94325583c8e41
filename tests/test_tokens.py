"""Tokens are counted where the table is at hand and estimated closely where it is not; nothing is downloaded."""

from __future__ import annotations

import hashlib
import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
import tiktoken
import tiktoken_ext.openai_public as published

from assistant import tokens
from assistant.tokens import O200K, TABLES, Table, count, estimate

ROOT = Path(__file__).resolve().parent.parent
EN = (
    "Every Monday the housing inspector decides which twenty flats the two repair crews visit first. Today the "
    "list follows the date of the complaint, so families with small children and black mould on the walls wait "
    "as long as everybody else: 11 weeks on average in 2025. With repair requests, humidity readings from 340 "
    "sensors and the school nurse's asthma notes she would put the worst homes at the top. We would try it for "
    "six weeks in Eastgate, one crew by the new list and one by the old, and count nights in hospital."
)
ES = (
    "Cada lunes la jefa de inspección decide qué veinte viviendas visitan primero las dos cuadrillas. Hoy la "
    "lista sigue la fecha del reclamo, así que las familias con niños pequeños y moho negro en las paredes "
    "esperan igual que el resto: 11 semanas en promedio durante 2025. Con las solicitudes de reparación, la "
    "humedad que miden 340 sensores y los registros de asma de la enfermería escolar pondría arriba las casas "
    "que están peor. Lo probaríamos seis semanas en La Estación, una cuadrilla con cada lista."
)
PT = (
    "Toda segunda-feira a chefe da fiscalização decide quais vinte apartamentos as duas equipes visitam primeiro. "
    "Hoje a lista segue a data da reclamação, e famílias com crianças pequenas e mofo nas paredes esperam tanto "
    "quanto as outras: 11 semanas em média em 2025. Com os pedidos de reparo, a umidade medida por 340 sensores "
    "e as anotações de asma da enfermaria escolar, ela colocaria no topo as moradias em pior situação. "
    "Faríamos um teste de seis semanas na Vila Nova, com uma equipe em cada lista."
)
RECORD = json.dumps(
    {
        "language": "pt",
        "asked": None,
        "message": PT,
        "record": {"data_sources": {"state": "stated", "words": "os pedidos de reparo"}},
        "gaps": ["success_indicators", "delivery_owner", "executive_sponsor", "test_plan"],
    },
    ensure_ascii=False,
    indent=1,
)
COUNTED = {"en": (EN, 110, 110), "es": (ES, 111, 137), "pt": (PT, 114, 138), "json": (RECORD, 192, 218)}
"""Texts and what they have by o200k_base and by cl100k_base, as the published tables count them."""
HELD_OUT = ("b3-office", "b5-technical", "b7-types", "b9-hollow", "b10-long", "b13-real")
"""The files of corpus/training that the estimate was not fitted on."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of tiktoken's."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    return tmp_path


def put_table(folder: Path, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that counts as the whole table of an encoding."""
    content = f"the table of {encoding}".encode()
    table = Table(file=TABLES[encoding].file, sha256=hashlib.sha256(content).hexdigest())
    monkeypatch.setitem(TABLES, encoding, table)
    (folder / table.file).write_bytes(content)


@pytest.mark.parametrize("name", COUNTED)
def test_the_estimate_is_near_what_the_published_tables_count(name: str) -> None:
    """A paragraph in each language, and one as JSON, is met within a tenth."""
    text, newer, older = COUNTED[name]

    assert estimate(text, "o200k_base") == pytest.approx(newer, rel=0.1)
    assert estimate(text, "cl100k_base") == pytest.approx(older, rel=0.1)


@pytest.mark.parametrize("encoding", ["o200k_base", "cl100k_base"])
def test_the_estimate_is_as_good_as_it_says(encoding: str) -> None:
    """Over proposals it was not fitted on, mean and 95th percentile of the error stay near those in tokens.py."""
    table = tokens._encoding(encoding)
    if table is None:
        pytest.skip(f"the table of {encoding} is not in tiktoken's cache on this machine")
    errors: dict[str, list[float]] = {}
    for name in HELD_OUT:
        for line in (ROOT / f"corpus/training/{name}.jsonl").read_text(encoding="utf-8").splitlines()[:120]:
            example = json.loads(line)
            real = len(table.encode_ordinary(example["text"]))
            errors.setdefault(example["lang"], []).append(
                abs(estimate(example["text"], encoding) - real) / real
            )

    for found in errors.values():
        assert statistics.mean(found) < 0.06
        assert statistics.quantiles(found, n=20)[-1] < 0.17


def test_the_tables_are_those_that_tiktoken_would_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    """File names and checksums follow from the addresses in the installed tiktoken."""
    asked: dict[str, Table] = {}

    def noted(address: str, expected_hash: str) -> dict[bytes, int]:
        file = hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()
        asked[encoding] = Table(file=file, sha256=expected_hash)
        return {}

    monkeypatch.setattr(published, "load_tiktoken_bpe", noted)
    for encoding in TABLES:
        published.ENCODING_CONSTRUCTORS[encoding]()

    assert asked == TABLES


def test_without_a_table_nothing_is_fetched(cache: Path) -> None:
    """An empty cache means an estimate, and it stays empty."""
    found = count(EN, "gpt-4o")

    assert found.estimated
    assert found.tokens == estimate(EN, "o200k_base")
    assert not list(cache.iterdir())


def test_a_damaged_table_is_left_alone(cache: Path) -> None:
    """A table with another checksum is neither used nor deleted, as tiktoken would to fetch it again."""
    (cache / O200K.file).write_bytes(b"broken")

    assert count(EN, "gpt-4o").estimated
    assert (cache / O200K.file).read_bytes() == b"broken"


def test_no_cache_means_an_estimate(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to keep no cache, tiktoken would fetch the table, even from a folder that holds it."""
    put_table(cache, "o200k_base", monkeypatch)
    monkeypatch.chdir(cache)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")

    assert count(EN, "gpt-4o").estimated


def test_a_whole_table_counts_exactly(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its table at hand the model's own encoding counts, and text like a special token is plain text."""
    put_table(cache, "cl100k_base", monkeypatch)
    letters = tiktoken.Encoding(
        name="letters",
        pat_str=r"(?s:.)",
        mergeable_ranks={bytes([n]): n for n in range(256)},
        special_tokens={"<|end|>": 256},
    )
    monkeypatch.setattr(tiktoken, "get_encoding", {"cl100k_base": letters}.__getitem__)

    found = count("five <|end|>", "gpt-4")

    assert (found.tokens, found.estimated) == (12, False)


@pytest.mark.parametrize(
    ("model", "like"),
    [
        ("gpt-4o-mini", "o200k_base"),
        ("openai/gpt-5-mini", "o200k_base"),
        ("gpt-4", "cl100k_base"),
        ("llama3.1:8b", "cl100k_base"),
        ("", "cl100k_base"),
    ],
)
def test_models_are_estimated_by_their_own_table(cache: Path, model: str, like: str) -> None:
    """A known model by the table it has, whoever serves it; an unknown one by the table that counts more."""
    assert count(ES, model).tokens == estimate(ES, like)
    assert estimate(ES, "o200k_base") < estimate(ES, "cl100k_base")


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("", 0, 0),
        ("a", 1, 1),
        (" \n", 1, 2),
        ("Каждый понедельник инспектор решает, какие дома посетить.", 12, 60),
        ("每个星期一，主管决定维修队先去哪二十套公寓。", 15, 30),
        ("dGhpcyBpcyBhIHRlc3Qgb2YgYmFzZTY0IGVuY29kaW5nIGxlbmd0aHM=", 15, 60),
        ("😀🎉🚌🏥💧🔥", 6, 18),
        ("x" * 20_000, 2_500, 20_000),
    ],
    ids=["nothing", "letter", "space", "russian", "chinese", "base64", "pictures", "one letter"],
)
def test_odd_texts_get_a_sane_estimate(text: str, least: int, most: int) -> None:
    """What the estimate was not fitted on is neither free nor absurd."""
    assert least <= estimate(text, "o200k_base") <= most


def test_tiktoken_is_loaded_late() -> None:
    """Importing the module does not load tiktoken: the local engine counts nothing."""
    probe = "import sys, assistant.tokens; print('tiktoken' in sys.modules)"

    run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True)

    assert run.stdout.strip() == "False"
