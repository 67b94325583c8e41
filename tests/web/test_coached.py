"""The coaching cards on the page: every datum is text, every state has a word, the matrix has all its rows."""

from __future__ import annotations

import pytest

from assistant.coaching.capability import capability_map
from assistant.domain import LANGS, Assignment, Contest, Lang, Reframing, Rejudged, Standing
from assistant.web import coached
from assistant.web.reader import Library, Reader
from assistant.wiring import Product

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize("lang", LANGS)
def test_the_matrix_has_a_row_for_each_responsibility(product: Product, lang: Lang) -> None:
    """B57-B61: twenty rows under five functions, the owner that was said in its row, and no markup of hers."""
    reader = Reader(product.words, product.programme, lang, Library(product.passages))
    team = (Assignment(duty="know_sources", owner=HOSTILE, contributors=("Luz",), time="2 h", turn=1),)
    found = capability_map({}, team, product.programme, product.passages, product.words, lang)

    html = str(coached.team_map(reader, found, lang))

    assert html.count('scope="row"') == 20
    assert html.count('scope="rowgroup"') == 5
    assert "<img" not in html
    assert "&lt;img" in html
    assert product.words.say(lang, "team.unowned", open=19, total=20) in html


@pytest.mark.parametrize("lang", LANGS)
def test_before_and_after_stand_side_by_side(product: Product, lang: Lang) -> None:
    """B70: both verdicts are named, with the flag that stood and what the version still needs."""
    reader = Reader(product.words, product.programme, lang, Library(product.passages))
    reason = product.programme.reasons[0]
    version = Reframing(decision=HOSTILE, user="", smallest_test="", kept=(), dropped=())
    anew = Rejudged(
        version=version,
        before=Standing(verdict="poor_fit", flags=(reason.id,)),
        after=Standing(verdict="fit"),
        lacks=("decision_maker",),
    )

    html = str(coached.rejudged(reader, anew, lang))

    assert html.index(product.words.say(lang, "verdict.poor_fit")) < html.index(
        product.words.say(lang, "verdict.fit")
    )
    assert reason.name.at(lang) in html
    assert product.programme.element("decision_maker").name.at(lang) in html
    assert "<img" not in html


def test_a_reason_against_a_flag_is_shown_as_text(product: Product) -> None:
    """Beyond 20: what the applicant says against a flag is quoted and never markup."""
    reader = Reader(product.words, product.programme, "en", Library(product.passages))

    html = str(coached.contested(reader, Contest(reason="x", why=HOSTILE, turn=2)))

    assert "&lt;img src=x" in html
    assert "<img" not in html
