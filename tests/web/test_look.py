"""What makes the pages one product: the same colours, a way back from an address that leads nowhere."""

from __future__ import annotations

import re

import pytest

from assistant.web.desk import STATIC
from tests.web.coaches import account, browser, desk_app

STYLES = ("page.css", "desk.css", "coach.css")


def colours(name: str) -> list[dict[str, str]]:
    """The colours of a style sheet by name: those for daylight, then those for the dark."""
    text = (STATIC / name).read_text(encoding="utf-8")
    blocks = [
        dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block))
        for block in re.findall(r"\{([^{}]*)\}", text)
    ]
    return [block for block in blocks if "paper" in block][:2]


@pytest.mark.parametrize("name", STYLES[1:])
def test_the_pages_share_their_colours(name: str) -> None:
    """A colour that two style sheets name is the same in both, by day and in the dark."""
    for one, other in zip(colours(STYLES[0]), colours(name), strict=True):
        both = one.keys() & other.keys()

        assert len(both) >= 10
        assert {key: one[key] for key in both} == {key: other[key] for key in both}


def test_an_address_of_a_desk_that_leads_nowhere_says_so(product) -> None:
    """The page is in the reader's language, tells what to do, and leads back."""
    client = browser(desk_app(product), product, account(product, "Ana"))

    answer = client.get("/coach/nowhere", headers={"Accept-Language": "pt-BR"})

    assert answer.status_code == 404
    assert product.words.say("pt", "error.no_page.message") in answer.text
    assert 'href="/"' in answer.text


def test_a_desk_is_named_on_its_pages_with_a_way_to_the_account(product) -> None:
    """The header says which desk it is and leads to the page that lists the others."""
    client = browser(desk_app(product), product, account(product, "Ana"))

    page = client.get("/coach/").text

    assert f'<p class="desk">{product.words.say("en", "sign.coach_desk")}</p>' in page
    assert '<a href="/account">' in page
