"""The coach desk: the inbox, one page of a draft, and what coaches decide on it."""

from __future__ import annotations

import html
import re
from typing import get_args

import pytest
from fastapi.testclient import TestClient
from starlette.routing import Mount

from assistant.domain import LANGS
from assistant.store.candidates import State
from assistant.store.reviews import FOR_APPLICANTS, Kind
from assistant.web import coach, coach_batches
from assistant.web.app import create_app
from assistant.web.coach_words import PAGES
from assistant.web.visit import COOKIE
from tests.web.coaches import account, browser, desk_app, handed, open_page, say

HOSTILE = "<script>alert(1)</script> a dashboard \"'><img src=x onerror=alert(2)>"


@pytest.fixture
def app(product):
    """The application."""
    return desk_app(product)


@pytest.fixture
def ana(product):
    """A coach."""
    return account(product, "Ana")


@pytest.fixture
def bia(product):
    """Another coach."""
    return account(product, "Bia")


@pytest.fixture
def client(app, product, ana):
    """Ana's browser."""
    return browser(app, product, ana)


def shown(client: TestClient, path: str) -> str:
    """A page as text, its entities resolved."""
    return html.unescape(open_page(client, path).text)


def listed(page: str) -> list[str]:
    """The drafts of an inbox, in order."""
    return re.findall(r'href="/coach/drafts/([0-9a-f]{32})"', page)


def decide(page, draft: str, on: str, value: str, reason: str, **fields: str):
    """Send a decision as the page's form for that target would."""
    form = next(f for f in re.findall(r"<form.*?</form>", page.text, re.DOTALL) if f'value="{on}"' in f)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    sent = {**hidden, "value": value, "reason": reason, **fields}
    return page.client.post(f"/coach/drafts/{draft}/decide", data=sent)


# --- who may ------------------------------------------------------------------------------------------------

ID = "0" * 32


def routes(app) -> list[tuple[str, str]]:
    """Every method and address of the desk."""
    mounted = next(r.app for r in app.routes if isinstance(r, Mount) and r.path == "/coach")
    paths = [(m, r.path) for r in mounted.routes for m in r.methods - {"HEAD"}]
    return [
        (m, "/coach" + re.sub(r"{\w+}", lambda p: "fit" if p[0] == "{target}" else ID, path))
        for m, path in paths
    ]


def test_every_route_of_the_desk_is_for_coaches_alone(product):
    """S4, G2: in the whole application nobody but a coach who may get in gets a page or an effect."""
    app = create_app(product)
    draft = handed(product, "Families wait")
    gone = account(product, "Eva")
    doors = {
        "nobody": TestClient(app, follow_redirects=False),
        "applicant": browser(app, product, account(product, "Olu", "applicant")),
        "staff": browser(app, product, account(product, "Kim", "staff")),
        "disabled": browser(app, product, gone),
    }
    product.store.accounts.disable(gone.id)
    every = routes(app)

    refused = {
        (name, method, path): client.request(
            method, path.replace(ID, draft), data={"csrf": "0" * 64}
        ).status_code
        for name, client in doors.items()
        for method, path in every
    }

    assert len(every) >= 18
    assert {c for (name, m, _), c in refused.items() if name in ("nobody", "disabled") and m == "GET"} == {
        303
    }
    assert {c for (name, m, _), c in refused.items() if name in ("nobody", "disabled") and m == "POST"} <= {
        401,
        403,
    }
    assert {c for (name, _, _), c in refused.items() if name in ("applicant", "staff")} == {403}
    assert [r.kind for r in product.store.reviews.of(draft, "coach")] == ["hand_over"]


def test_a_form_without_the_hidden_field_of_the_browser_changes_nothing(client, product):
    """T8: a coach's session alone does not decide; the form has to come from a page of ours."""
    draft = handed(product, "Families wait")

    answers = [
        client.post(
            f"/coach/drafts/{draft}/{act}", data={"csrf": csrf, "text": "x", "target": "fit", "value": "fit"}
        )
        for act in ("decide", "note", "hand-back", "look")
        for csrf in ("", "0" * 64)
    ]

    assert {a.status_code for a in answers} == {403}
    assert [r.kind for r in product.store.reviews.of(draft, "coach")] == ["hand_over"]


def test_a_draft_that_was_not_handed_over_is_not_there(client, product):
    """S4: a draft's id opens nothing before its applicant hands it over."""
    _, draft = product.drafts.create("en")
    say(product, draft.id, "ours alone")

    answers = [client.get(f"/coach/drafts/{draft.id}"), client.get(f"/coach/second/fit/{draft.id}")]

    assert [a.status_code for a in answers] == [404, 404]
    assert all("ours alone" not in a.text for a in answers)
    assert client.get("/coach/drafts/not-an-id").status_code in (404, 422)


# --- the inbox ----------------------------------------------------------------------------------------------


def test_the_inbox_puts_contested_first_and_filters(client, product):
    """The contested draft leads; each filter and the search keep what they say, and the page tells how many."""
    plain = handed(product, "Families wait months for a visit in São Tomé")
    flagged = handed(product, "We want a dashboard for the mayor")
    spanish = handed(product, "Las familias esperan", "es")
    reason = product.programme.reasons[1].id
    product.store.reviews.contest(flagged, reason, "We have people who decide.")

    assert listed(shown(client, "/coach/"))[0] == flagged
    assert "3 of 3 drafts" in shown(client, "/coach/")
    assert listed(shown(client, "/coach/?fit=poor_fit")) == [flagged]
    assert "1 of 3 drafts" in shown(client, "/coach/?fit=poor_fit")
    assert listed(shown(client, "/coach/?language=es")) == [spanish]
    assert listed(shown(client, "/coach/?state=contested")) == [flagged]
    assert listed(shown(client, "/coach/?q=sao+tome")) == [plain]
    assert listed(shown(client, "/coach/?q=nothing+of+the+sort")) == []
    assert set(listed(shown(client, "/coach/?state=undecided"))) == {plain, flagged, spanish}
    assert listed(shown(client, "/coach/?sort=language"))[-1] == spanish
    assert listed(shown(client, "/coach/?sort=-language"))[0] == spanish
    assert 'aria-sort="descending"' in shown(client, "/coach/?sort=-language")


@pytest.mark.parametrize("lang", LANGS)
def test_every_page_speaks_the_coachs_language_and_remembers_it(client, product, lang):
    """A language chosen once holds on every page of the desk, whatever the browser asks for."""
    draft = handed(product, "A dashboard, please")
    other = next(name for name in LANGS if name != lang)

    client.get(f"/coach/?lang={lang}")
    pages = [client.get(p, headers={"accept-language": other}) for p in ("/coach/", f"/coach/drafts/{draft}")]
    rest = [client.get(f"/coach/{name}") for name in ("second", "cases", "batches", "portfolio")]

    say_ = product.words.say
    for answer, key in zip(
        [*pages, *rest],
        ("nav_inbox", "suggestion", "no_second", "cases_intro", "batch_new", "agreement"),
        strict=True,
    ):
        assert f'<html lang="{lang}">' in answer.text
        assert say_(lang, f"coach.{key}") in html.unescape(answer.text)


@pytest.mark.parametrize("lang", LANGS)
def test_every_text_that_is_put_together_from_an_id_exists(product, lang):
    """Kinds of reviews, states, columns and pages each have their words, as the pages ask for them."""
    kinds = get_args(Kind)
    decided = [f"coach.kind_{k}" for k in kinds if k != "hand_over"] + [f"coach.did_{k}" for k in kinds]
    open_to = [f"handover.kind_{k}" for k in FOR_APPLICANTS]
    lies = [f"handover.with_{w}" for w in ("nobody", "coaches", "applicant")]
    cases = [f"coach.case_{s}" for s in get_args(State)]
    columns = [
        f"coach.col_{c}"
        for c in (*coach.COLUMNS, *coach_batches.COLUMNS, "batch", "sent", "rows", "progress")
    ]
    inbox = [f"coach.state_{s}" for s in coach.STATES] + [f"coach.nav_{p or 'inbox'}" for p in PAGES]

    for key in (*decided, *open_to, *lies, *cases, *columns, *inbox):
        assert product.words.say(lang, key)


# --- one page -----------------------------------------------------------------------------------------------


def test_the_page_shows_both_quotes_the_engine_and_what_a_person_decided_apart(client, product, ana):
    """Suggestion and decision are different boxes; a flag has both sides' words; the engine is named."""
    draft = handed(product, "A dashboard for the mayor, with seven indicators")
    page = open_page(client, f"/coach/drafts/{draft}")

    decide(page, draft, "fit", "needs_work", "They have a decider.")
    after = shown(client, f"/coach/drafts/{draft}")

    before = html.unescape(page.text)
    rule = product.assistant.judgement("en", "a dashboard").fit.flags[0].rule
    assert "A first pass; a person decides." in before
    assert "(local 1)" in before
    assert "A dashboard for the mayor, with seven indicators</blockquote>" in before
    assert f"{rule.quote}</blockquote>" in before
    assert before.count("No coach has decided yet.") == 3  # of the fit, its flag and the type
    fit = re.search(r'<section class="" id="fit">.*?</section>', after, re.DOTALL)[0]
    suggested, decided = fit.split('class="decided"')
    assert "Typically not a good fit" in suggested
    assert "Needs work" not in suggested.split('class="suggested"')[1]
    assert "Needs work" in decided
    assert "They have a decider." in decided
    assert "Ana" in decided


def test_untrusted_words_are_escaped_everywhere(client, product, ana):
    """T3: markup in a proposal, an objection or another coach's note is text on every page."""
    draft = handed(product, HOSTILE)
    product.store.reviews.contest(draft, product.programme.reasons[1].id, HOSTILE)
    product.store.reviews.note(draft, ana, HOSTILE, open=False)
    page = open_page(client, f"/coach/drafts/{draft}")
    decide(page, draft, "fit", "fit", HOSTILE)

    texts = [client.get(p).text for p in ("/coach/", f"/coach/drafts/{draft}", "/coach/portfolio")]

    for text in texts:
        assert "<script>alert" not in text
        assert "<img" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in texts[1]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"reason": " "}, "A reason is"),
        ({"reason": "x" * 4_001}, "too long"),
        ({"value": "perfect"}, "value"),
        ({"target": "mayor"}, ""),
        ({"target": "flag:invented", "value": "raised"}, "value"),
    ],
)
def test_a_refused_decision_keeps_the_coachs_words(client, product, sent, told):
    """A decision without a reason, too long or without sense is refused, told, and given back as it was written."""
    draft = handed(product, "Families wait")
    page = open_page(client, f"/coach/drafts/{draft}")

    answer = decide(page, draft, "fit", **{"value": "fit", "reason": "My own words.", **sent})

    assert answer.status_code in (400, 404)
    if "reason" not in sent and answer.status_code == 400:
        assert "My own words." in answer.text
        assert 'role="alert"' in answer.text
    assert [r.kind for r in product.store.reviews.of(draft, "coach")] == ["hand_over"]


def test_two_coaches_at_once_get_a_page_with_both_words(app, client, product, bia):
    """R3: the second of two is shown what the other decided, keeps their own words, and can record them after all."""
    draft = handed(product, "Families wait")
    mine = open_page(client, f"/coach/drafts/{draft}")
    hers = open_page(browser(app, product, bia), f"/coach/drafts/{draft}")
    decide(hers, draft, "fit", "poor_fit", "Nobody would act on it.")

    answer = decide(mine, draft, "fit", "fit", "The repair desk would.")
    again = decide(type(mine)(client, mine.path, answer.text), draft, "fit", "fit", "The repair desk would.")

    page = html.unescape(answer.text)
    assert answer.status_code == 409
    assert "Bia" in page
    assert "Nobody would act on it." in page
    assert "The repair desk would.</textarea>" in page
    assert again.status_code == 303
    assert [r.now for r in product.store.reviews.of(draft, "coach") if r.target] == ["poor_fit", "fit"]


def test_a_decision_on_an_older_answer_shows_the_new_one(client, product):
    """A coach who read an earlier answer is shown what the first pass says now before recording anything."""
    draft = handed(product, "Families wait")
    page = open_page(client, f"/coach/drafts/{draft}")
    say(product, draft, "And we want a dashboard")

    answer = decide(page, draft, "fit", "fit", "They decide on Mondays.")

    text = html.unescape(answer.text)
    assert answer.status_code == 409
    assert "judged anew" in text
    assert "Typically not a good fit" in text
    assert "They decide on Mondays.</textarea>" in text


def test_what_changed_is_told_until_it_is_marked_as_read(client, product):
    """New messages and a changed verdict show until the coach marks them as read; looking alone clears nothing."""
    draft = handed(product, "Families wait")
    open_page(client, f"/coach/drafts/{draft}").send(f"/coach/drafts/{draft}/look")
    say(product, draft, "We also want a dashboard")

    news = [section(shown(client, f"/coach/drafts/{draft}"), "changed") for _ in range(2)]
    open_page(client, f"/coach/drafts/{draft}").send(f"/coach/drafts/{draft}/look")
    read = section(shown(client, f"/coach/drafts/{draft}"), "changed").split("With the last message")[0]

    for text in news:
        assert 'New message: <span dir="auto">We also want a dashboard' in text
        assert "Fit: Needs work → Typically not a good fit" in text
    assert "dashboard" not in read
    assert "Nothing that touches the judgement." in read


def section(page: str, id: str) -> str:
    """One section of a page."""
    return re.search(rf'<section class="" id="{id}">.*?</section>', page, re.DOTALL)[0]


def test_notes_and_questions_reach_only_whom_they_are_for(app, client, product):
    """Open notes and handed-back questions show on the applicant's page, notes among coaches and decisions do not."""
    token, made = product.drafts.create("en")
    draft = made.id
    say(product, draft, "Families wait")
    product.store.reviews.hand_over(draft)
    page = open_page(client, f"/coach/drafts/{draft}")
    page.send(f"/coach/drafts/{draft}/note", text="Between us: ask Rita.")
    page.send(f"/coach/drafts/{draft}/note", text="Thank you, we are reading.", open="yes")
    decide(page, draft, "fit", "poor_fit", "Nobody would act.")
    page = open_page(client, f"/coach/drafts/{draft}")
    page.send(f"/coach/drafts/{draft}/hand-back", text="Who decides on Mondays?")
    applicant = TestClient(app, follow_redirects=False)
    applicant.cookies[COOKIE] = token

    seen = html.unescape(applicant.get("/handover").text)
    again = applicant.post("/handover")

    assert "Thank you, we are reading." in seen
    assert "Who decides on Mondays?" in seen
    assert "handed this draft back" in seen
    for hidden in ("Between us", "Nobody would act", "Ana"):
        assert hidden not in seen
    assert again.status_code == 303
    assert [r.kind for r in product.store.reviews.of(draft, "applicant")][-1] == "hand_over"
    assert "with the coaches" in applicant.get("/handover").text


def test_an_applicant_hands_over_once_and_objections_travel_along(app, product):
    """Handing over brings what was contested in the chat along; a second press changes nothing."""
    token, made = product.drafts.create("en")
    say(product, made.id, "A dashboard for the mayor")
    reason = product.programme.reasons[1].id
    contested = contest_in_chat(product, made.id, reason, "The mayor decides with it.")
    applicant = TestClient(app, follow_redirects=False)
    applicant.cookies[COOKIE] = token

    answers = [applicant.post("/handover") for _ in range(2)]

    assert [a.status_code for a in answers] == [303, 303]
    said = product.store.reviews.of(made.id, "coach")
    assert [(r.kind, r.target, r.text) for r in said] == [
        ("hand_over", None, None),
        ("contest", f"flag:{reason}", contested),
    ]
    assert TestClient(app).post("/handover").status_code == 400


def contest_in_chat(product, draft_id: str, reason: str, why: str) -> str:
    """An answer in which a flag carries the applicant's objection."""
    from assistant.domain import Contest

    draft = product.drafts.get(draft_id)
    seq = product.drafts.receive(draft_id, why)
    turn = product.assistant.respond(draft.conversation, "still a dashboard")
    contest = Contest(reason=reason, why=why, turn=2)
    flag = turn.judgement.fit.flags[0].model_copy(update={"contested": contest})
    fit = turn.judgement.fit.model_copy(update={"flags": (flag,)})
    judgement = turn.judgement.model_copy(update={"fit": fit, "contests": (contest,)})
    product.drafts.complete(draft_id, seq, turn.model_copy(update={"judgement": judgement}))
    return why


def test_what_is_sent_twice_is_kept_once(client, product):
    """A note, a decision or a hand-back whose button was pressed twice is recorded once, and the coach is told."""
    draft = handed(product, "Families wait")
    place = f"/coach/drafts/{draft}"
    sent = [
        ("note", {"text": "Ask Rita."}),
        ("decide", {"value": "fit", "reason": "They decide on Mondays."}),
    ]
    sent.append(("hand-back", {"text": "Who decides?"}))

    for action, words in sent:
        page = open_page(client, place)
        answers = [page.send(f"{place}/{action}", **words) for _ in range(2)]
        assert [a.status_code for a in answers] == [303, 303]
        assert "told=saved_before" in answers[1].headers["location"]

    said = [r.kind for r in product.store.reviews.of(draft, "coach")]
    assert [kind.replace("agree", "overrule") for kind in said] == [
        "hand_over",
        "note_coaches",
        "overrule",
        "hand_back",
    ]


def test_other_words_from_the_same_page_are_kept_too(client, product):
    """Whoever goes back and writes another note on the page that is still open loses nothing."""
    draft = handed(product, "Families wait")
    page = open_page(client, f"/coach/drafts/{draft}")

    for text in ("Ask Rita.", "Ask Rosa.", "Ask Rita."):
        page.send(f"/coach/drafts/{draft}/note", text=text)

    kept = [r.text for r in product.store.reviews.of(draft, "coach") if r.kind == "note_coaches"]
    assert kept == ["Ask Rita.", "Ask Rosa."]


# --- blind second readings -----------------------------------------------------------------------------------


def test_a_second_reading_shows_the_words_and_nothing_else(app, client, product, bia, monkeypatch):
    """Before a second coach has read a drawn draft, no page shows the first coach's or the engine's value."""
    monkeypatch.setattr("assistant.web.coach_review.SHARE", 1.0)
    draft = handed(product, "A dashboard for the mayor")
    decide(open_page(client, f"/coach/drafts/{draft}"), draft, "fit", "needs_work", "Rita decides.")
    hers = browser(app, product, bia)

    first = shown(hers, f"/coach/drafts/{draft}")
    blind = open_page(hers, f"/coach/second/fit/{draft}")
    sent = blind.send(f"/coach/second/fit/{draft}", value="poor_fit", reason="No decision at all.")
    after = shown(hers, f"/coach/drafts/{draft}")

    reason_name = product.programme.reasons[1].name.en
    assert f"/coach/second/fit/{draft}" in first
    for page in (first, html.unescape(blind.text).split("<select")[0]):
        for told in ("Rita decides.", "Needs work", "Typically not a good fit", reason_name):
            assert told not in page
    assert "A dashboard for the mayor" in blind.text
    assert 'value="" selected' in blind.text
    assert sent.status_code == 303
    assert "Rita decides." in after
    pair = product.store.reviews.pairs()[0]
    assert (pair.first, pair.second, pair.engine_said) == ("needs_work", "poor_fit", "poor_fit")
    assert client.get(f"/coach/second/fit/{draft}").status_code == 404


def test_whoever_opened_a_draft_cannot_read_it_blind(app, client, product, bia, monkeypatch):
    """A coach who chose to see the decision is not asked for a blind reading any more."""
    monkeypatch.setattr("assistant.web.coach_review.SHARE", 1.0)
    draft = handed(product, "Families wait")
    decide(open_page(client, f"/coach/drafts/{draft}"), draft, "fit", "fit", "Rita decides.")
    hers = browser(app, product, bia)

    opened = open_page(hers, f"/coach/drafts/{draft}").send(f"/coach/drafts/{draft}/open")

    assert opened.status_code == 303
    assert "Rita decides." in shown(hers, f"/coach/drafts/{draft}")
    assert hers.get(f"/coach/second/fit/{draft}").status_code == 404
    assert draft not in hers.get("/coach/second").text


def test_a_refused_second_reading_keeps_its_words(app, client, product, bia, monkeypatch):
    """A reading without a value comes back with its reason."""
    monkeypatch.setattr("assistant.web.coach_review.SHARE", 1.0)
    draft = handed(product, "Families wait")
    decide(open_page(client, f"/coach/drafts/{draft}"), draft, "fit", "fit", "Rita decides.")
    page = open_page(browser(app, product, bia), f"/coach/second/fit/{draft}")

    answer = page.send(f"/coach/second/fit/{draft}", value="", reason="Nobody acts on it.")

    assert answer.status_code == 400
    assert "Nobody acts on it.</textarea>" in answer.text
    assert product.store.reviews.pairs() == []
