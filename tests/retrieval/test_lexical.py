"""Search by words."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.domain import LANGS, Lang
from assistant.retrieval.glossary import load_glossary
from assistant.retrieval.lexical import Lexical, WordTable, stems
from assistant.settings import default_home

GLOSSARY = load_glossary(default_home() / "corpus" / "locale")


@pytest.fixture(scope="module")
def words() -> Lexical:
    """Three passages in each language."""
    db = sqlite3.connect(":memory:", check_same_thread=False)
    table = WordTable()
    told: dict[Lang, tuple[str, str, str]] = {
        "en": ("Lead in water pipes", "Waiting lists for daycare", "Decisions of inspectors"),
        "es": ("Plomo en las tuberías", "Población en lista de espera", "Decisiones de inspección"),
        "pt": ("Chumbo na tubulação", "População na fila de espera", "Decisões de inspeção"),
    }
    for lang in LANGS:
        for row, title in enumerate(told[lang], start=1):
            table.add(row, "passage", lang, title=title, body="")
    table.write(db)
    return Lexical(db)


@pytest.mark.parametrize(
    ("query", "lang", "row"),
    [
        ("pipe", "en", 1),
        ("the daycare that waits", "en", 2),
        ("DECISION", "en", 3),
        ("tuberia", "es", 1),
        ("poblacion", "es", 2),
        ("decisión", "es", 3),
        ("tubulacao", "pt", 1),
        ("populações", "pt", 2),
        ("decisao", "pt", 3),
    ],
)
def test_finds_other_forms_of_a_word(words: Lexical, query: str, lang: Lang, row: int) -> None:
    """Plurals, capitals and missing accents do not matter."""
    found = words.search(query, lang, "passage", 5)

    assert [f.row for f in found] == [row]


@pytest.mark.parametrize(
    ("one", "other"),
    [("the programme's centre", "program center"), ("prioritise neighbourhoods", "prioritize neighborhoods")],
)
def test_british_and_american_spelling_are_one(one: str, other: str) -> None:
    """An English word has the same stem in either spelling."""
    assert stems(one, "en") == stems(other, "en")


@pytest.mark.parametrize("lang", LANGS)
def test_words_that_say_nothing_find_nothing(words: Lexical, lang: Lang) -> None:
    """A query of nothing but small words, marks or pictures finds nothing."""
    for query in ("", " ", "?!", "🎉🎉", "the of and de la os que", '"" () *'):
        assert words.search(query, lang, "passage", 5) == []


@settings(max_examples=200, deadline=None)
@given(query=st.text(max_size=400), lang=st.sampled_from(LANGS))
def test_any_text_is_a_query(query: str, lang: Lang) -> None:
    """No text is taken for an operator or breaks the search, nor the reading by the glossary."""
    db = sqlite3.connect(":memory:")
    table = WordTable()
    table.add(1, "case", lang, title=query, body=query, extra=(query,))
    table.write(db)

    found = Lexical(db).search(query, lang, "case", 5)

    assert bool(found) == bool(stems(query, lang))
    GLOSSARY.read(query, lang)


@pytest.mark.parametrize(
    "query",
    [
        'pipe" OR title:*',
        "NEAR(pipe lead, 2)",
        "pipe AND NOT lead",
        "-pipe ^lead {x}",
        "pipe'; DROP TABLE entry",
    ],
)
def test_operators_are_only_words(words: Lexical, query: str) -> None:
    """What looks like an operator of the query language is searched for like any other word."""
    assert 1 in [f.row for f in words.search(query, "en", "passage", 5)]


def test_a_pasted_page_is_a_query(words: Lexical) -> None:
    """Eight thousand characters are looked up like a sentence."""
    page = ("pipe " + " ".join(f"word{n}" for n in range(2_000)))[:8_000]

    assert [f.row for f in words.search(page, "en", "passage", 5)] == [1]


def test_the_glossary_knows_a_word_in_three_languages() -> None:
    """An idea is read from either language, with its synonyms and its English name."""
    spanish = GLOSSARY.read("deserción de los alumnos", "es")
    portuguese = GLOSSARY.read("evasão dos alunos", "pt")

    assert "drop out" in spanish.english
    assert spanish.english == portuguese.english
    assert "estudiante" in spanish.others


def test_a_words_weight_is_that_of_sqlites_own_bm25() -> None:
    """What the build works out for each word gives the scores that SQLite's full-text search gives."""
    texts = [
        ("Water pipes", "lead pipes in old houses", "plumbing"),
        ("School buses", "long routes for children and water", "transport bus"),
        ("Trees", "heat in streets without trees, and water for trees", ""),
        ("Lead", "lead paint", "pipes"),
        ("Libraries", "opening hours", "books"),
        ("Parks", "benches and lamps", "green"),
        ("Buses", "late at night", "transport"),
    ]
    db, table = sqlite3.connect(":memory:"), WordTable()
    db.execute("CREATE VIRTUAL TABLE told USING fts5(title, body, extra)")
    for row, (title, body, extra) in enumerate(texts, start=1):
        table.add(row, "case", "en", title=title, body=body, extra=(extra,))
        columns = [" ".join(stems(text, "en")) for text in (title, body, extra)]
        db.execute("INSERT INTO told(rowid, title, body, extra) VALUES (?, ?, ?, ?)", (row, *columns))
    table.write(db)

    for query in ("lead pipes", "water for trees", "transport at night", "bus"):
        match = " OR ".join(stems(query, "en"))
        theirs = db.execute(
            "SELECT rowid, -bm25(told, 2, 1, 1) AS score FROM told WHERE told MATCH ? ORDER BY score DESC, rowid",
            (match,),
        ).fetchall()
        ours = Lexical(db).search(query, "en", "case", 10)

        assert [found.row for found in ours] == [row for row, _ in theirs]
        assert [found.score for found in ours] == pytest.approx([score for _, score in theirs], rel=1e-5)


def test_a_limit_to_tiers_comes_before_the_limit_in_number() -> None:
    """The only entry of a small tier is found, however many of another have more of the words."""
    db, table = sqlite3.connect(":memory:"), WordTable()
    for row in range(1, 41):
        table.add(row, "passage", "en", title="Lead pipes", body="lead pipes and lead paint")
    table.add(
        41, "passage", "en", title="Rules", body="a long text that names pipes once and then other things"
    )
    table.write(db)
    search = Lexical(db, {row: 1 if row == 41 else 3 for row in range(1, 42)})

    assert [found.row for found in search.search("lead pipes", "en", "passage", 5, tiers=(1, 2))] == [41]
    assert len(search.search("lead pipes", "en", "passage", 5, tiers=(3,))) == 5
    assert 41 not in [found.row for found in search.search("lead pipes", "en", "passage", 5)]
