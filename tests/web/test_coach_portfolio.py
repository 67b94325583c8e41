"""The portfolio: counts as charts with tables, what is overruled, and how far coaches agree."""

from __future__ import annotations

import html
import re

from tests.web.coaches import account, browser, desk_app, handed, open_page


def rows(page: str, title: str) -> list[list[str]]:
    """The rows of the table of that caption, as text."""
    table = next(t for t in re.findall(r"<table.*?</table>", page, re.DOTALL) if f">{title}</caption>" in t)
    lines = re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1], re.DOTALL)
    return [
        [re.sub(r"<[^>]+>", "", c) for c in re.findall(r"<t[hd].*?</t[hd]>", line, re.DOTALL)]
        for line in lines
    ]


def test_the_portfolio_counts_what_was_handed_over_and_what_is_overruled(product):
    """Counts, moves and shares are those of three drafts and four decisions, worked out by hand."""
    ana, bia = account(product, "Ana"), account(product, "Bia")
    drafts = [
        handed(product, "A dashboard"),
        handed(product, "Families wait"),
        handed(product, "Esperan", "es"),
    ]
    decide = product.store.reviews.decide
    decide(drafts[0], ana, "fit", "needs_work", "Rita decides.", seen=1, turn_seq=1)
    decide(drafts[1], ana, "fit", "needs_work", "Yes.", seen=1, turn_seq=1)
    decide(drafts[2], ana, "fit", "fit", "They have it all.", seen=1, turn_seq=1)
    decide(drafts[2], ana, "type", "none", "Not yet.", seen=2, turn_seq=1)
    for draft, value in zip(drafts, ("needs_work", "needs_work", "poor_fit"), strict=True):
        product.store.reviews.second(draft, bia, "fit", value, "Read blind.", turn_seq=1)

    page = html.unescape(open_page(browser(desk_app(product), product, bia), "/coach/portfolio").text)

    assert rows(page, "By fit") == [
        ["Looks like a fit", "0", "0 %"],
        ["Needs work", "2", "67 %"],
        ["Typically not a good fit", "1", "33 %"],
    ]
    assert rows(page, "By language") == [
        ["English", "2", "67 %"],
        ["Español", "1", "33 %"],
        ["Português", "0", "0 %"],
    ]
    assert rows(page, "By flag") == [[product.programme.reasons[1].name.en, "1", "100 %"]]
    assert rows(page, "By what was decided") == [
        ["Fit", "3", "2", "67 %"],
        ["Type of decision", "1", "1", "100 %"],
    ]
    assert rows(page, "From what to what") == [
        ["Fit", "Needs work", "Looks like a fit", "1"],
        ["Fit", "Typically not a good fit", "Needs work", "1"],
        ["Type of decision", product.programme.types[0].name.en, "No type yet", "1"],
    ]
    assert rows(page, "By engine") == [["local 1", "4", "3", "75 %"]]
    # Of three pairs two agree; by chance 2/3*2/3 = 4/9 would: (2/3 - 4/9) / (1 - 4/9) = 0.40.
    assert rows(page, "How far readers agree")[0][2:] == ["3", "67 %", "0.40", "–"]
    # The first pass said poor, needs, needs against needs, needs, poor: 1/3 same, chance 1/9 + 4/9.
    assert rows(page, "How far readers agree")[1][2:] == ["3", "33 %", "-0.50", "–"]
    assert page.count('role="img"') == 5
    assert 'aria-label="By fit. Looks like a fit: 0; Needs work: 2; Typically not a good fit: 1"' in page


def test_an_empty_portfolio_says_so(product):
    """Before anything was handed over no chart divides by zero."""
    page = open_page(browser(desk_app(product), product, account(product, "Ana")), "/coach/portfolio").text

    assert "Nothing to show." in page
    assert "<svg" not in page
