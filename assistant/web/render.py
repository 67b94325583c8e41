"""A draft and its judgement as HTML text. Pure functions; every piece of data is escaped as it goes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from assistant.briefs.forms import FORMS
from assistant.domain import (
    Citation,
    CriterionFinding,
    Evidence,
    Fit,
    Flag,
    Judgement,
    Lang,
    NextQuestion,
    Readiness,
    Reframing,
    SimilarCase,
    Usage,
    UseCaseType,
)
from assistant.web import coached
from assistant.web.neighbours import side_by_side
from assistant.web.reader import Reader, block, host, joined, shape

# --- head of the page ------------------------------------------------------------------------------------


def masthead(reader: Reader) -> Markup:
    """The name of the page and what it is for."""
    return block(
        Markup('<p class="programme">{}</p>').format(reader.programme.about.name.at(reader.lang)),
        Markup('<h1 lang="{}">{}</h1>').format(reader.lang, reader.say("page.title")),
        Markup('<p class="lead">{}</p>').format(reader.say("page.subtitle")),
        name=f"ready lang-{reader.lang}",
    )


def kept(reader: Reader, days: int) -> Markup:
    """What is kept, for how long, and who decides."""
    return block(Markup("<p>{}</p>").format(reader.say("page.kept_notice", days=days)), name="kept")


def heading(reader: Reader, key: str) -> Markup:
    """A section's heading by itself."""
    return block(Markup("<h2>{}</h2>").format(reader.say(key)))


def lead_in(reader: Reader) -> Markup:
    """What stands above the example openings."""
    return block(Markup("<p>{}</p>").format(reader.say("page.examples")))


def hint(reader: Reader) -> Markup:
    """How the message box and the upload work."""
    return block(
        Markup('<p class="small">{} {}</p>').format(
            reader.say("page.enter_hint"), reader.say("page.upload_hint")
        )
    )


def welcome(reader: Reader) -> Markup:
    """What stands in the canvas before anything was judged."""
    return block(
        Markup("<p>{}</p>").format(reader.programme.about.welcome.at(reader.lang)), name="card welcome"
    )


# --- the canvas ------------------------------------------------------------------------------------------


def verdict(reader: Reader, fit: Fit, lang: Lang) -> Markup:
    """The fit light with its flags, each with both sides' words."""
    light = Markup('<p class="light {}">{}<strong>{}</strong> <span class="sure">{}</span></p>').format(
        fit.verdict,
        shape(fit.verdict),
        reader.say(f"verdict.{fit.verdict}"),
        reader.say(f"page.sure_{_sure(fit.confidence)}"),
    )
    notice = Markup('<p class="small">{}</p>').format(reader.programme.about.notice.at(reader.lang))
    return block(
        Markup("<h2>{}</h2>").format(reader.say("page.fit")),
        light,
        notice,
        coached.checks(reader, fit.checks, lang),
        *(_flag(reader, flag, lang) for flag in fit.flags),
        name=f"card verdict {fit.verdict}",
    )


def _sure(confidence: float) -> str:
    if confidence >= 0.85:
        return "high"
    return "medium" if confidence >= 0.65 else "low"


def _flag(reader: Reader, flag: Flag, lang: Lang) -> Markup:
    ways = joined(_reframing(reader, way) for way in flag.reframings)
    bridge = Markup('<h4>{}</h4><ul class="ways">{}</ul>').format(reader.say("page.reframings"), ways)
    return Markup(
        '<article class="flag"><h3>{}</h3><p lang="{}">{}</p><div class="sides">'
        "<figure><figcaption>{}</figcaption><blockquote>{}</blockquote></figure>"
        "<figure><figcaption>{}</figcaption><blockquote>{}</blockquote>{}</figure></div>{}{}</article>"
    ).format(
        reader.programme.reason(flag.reason).name.at(reader.lang),
        lang,
        flag.explanation,
        reader.say("page.you_said"),
        flag.applicant_quote,
        Markup('{} <span class="source">{}</span>').format(reader.say("page.booklet_says"), flag.rule.source),
        flag.rule.quote,
        _whole(reader, flag.rule, lang),
        coached.contested(reader, flag.contested),
        bridge if flag.reframings else _lacks(reader, flag, lang),
    )


def _lacks(reader: Reader, flag: Flag, lang: Lang) -> Markup:
    """The one fact that could carry a test, when nothing stated can."""
    if flag.lacks is None:
        return Markup("")
    text = reader.words.say(lang, "say.reframe_lacks", question=flag.lacks.text)
    return Markup('<p lang="{}">{}</p>').format(lang, text)


def _reframing(reader: Reader, way: Reframing) -> Markup:
    return Markup('<li><details><summary class="decision">{}</summary>{}{}{}{}</details></li>').format(
        way.decision,
        _labelled(reader.say("page.reframing_user"), way.user),
        _labelled(reader.say("page.reframing_test"), way.smallest_test),
        _labelled(reader.say("page.reframing_kept"), "; ".join(way.kept)),
        _labelled(reader.say("page.reframing_dropped"), "; ".join(way.dropped)),
    )


def _whole(reader: Reader, citation: Citation, lang: Lang) -> Markup:
    """The locator, which opens the passage that the line is from."""
    passage = reader.library.passage(citation.id, lang)
    if passage is None:
        return Markup('<p class="locator">{}</p>').format(citation.locator)
    note = Markup('<p class="small">{}</p>').format(passage.conflict_note) if passage.conflict_note else ""
    return Markup(
        '<details class="passage"><summary>{}</summary><p class="title">{}</p><p lang="{}">{}</p>{}</details>'
    ).format(citation.locator, passage.title, passage.lang, _marked(passage.text, citation.quote), note)


def _marked(text: str, quote: str) -> Markup:
    before, found, after = text.partition(quote)
    return Markup("{}<mark>{}</mark>{}").format(before, found, after) if found else escape(text)


def question(reader: Reader, asked: NextQuestion | None, lang: Lang) -> Markup:
    """The question that would change most, and why it is asked."""
    if asked is None:
        return Markup("")
    return block(
        Markup("<h2>{}</h2>").format(reader.say("page.next_question")),
        Markup('<p class="ask" lang="{}">{}</p>').format(lang, asked.text),
        Markup('<p class="small" lang="{}"><b>{}</b> {}</p>').format(lang, reader.say("page.why"), asked.why),
        name="card next",
    )


def progress(reader: Reader, record: Mapping[str, Evidence]) -> Markup:
    """How many elements are stated, and each with its state and value."""
    elements = reader.programme.elements
    done = sum(_state(record, e.id) == "stated" for e in elements)
    count = reader.say("page.progress_count", done=done, total=len(elements))
    return block(
        Markup("<h2>{}</h2>").format(reader.say("page.canvas")),
        Markup(
            '<p class="count"><label for="progress">{}</label>'
            '<progress id="progress" max="{}" value="{}"></progress></p>'
        ).format(count, len(elements), done),
        *(_group(reader, name, record) for name in dict.fromkeys(e.group for e in elements)),
        name="card progress",
    )


def _group(reader: Reader, group: str, record: Mapping[str, Evidence]) -> Markup:
    elements = reader.programme.elements_of(record)
    rows = [_element(reader, e.id, record) for e in elements if e.group == group]
    title = reader.say(f"page.group_{group}")
    return Markup('<h3 class="group">{}</h3><ul class="elements">{}</ul>').format(title, joined(rows))


def _element(reader: Reader, id: str, record: Mapping[str, Evidence]) -> Markup:
    evidence, state = record.get(id), _state(record, id)
    value = (evidence.value or evidence.quote or "") if evidence else ""
    return Markup(
        '<li class="{}">{}<div><p class="name">{} <span class="state">{}</span></p>{}</div></li>'
    ).format(
        state,
        shape(state),
        reader.name(id),
        reader.say(f"state.{state}"),
        Markup('<p class="value">{}</p>').format(value) if value else "",
    )


def _state(record: Mapping[str, Evidence], id: str) -> str:
    return record[id].state if id in record else "missing"


def use_case_type(reader: Reader, found: UseCaseType, lang: Lang) -> Markup:
    """The type that comes first, the decision it follows from, and what would change it."""
    title = Markup("<h2>{}</h2>").format(reader.say("page.type"))
    if found.primary is None:
        return block(title, Markup("<p>{}</p>").format(reader.say("page.type_open")), name="card type")
    kind = reader.programme.type(found.primary)
    sentence = found.decision_sentence or ""
    others = [reader.programme.type(id).name.at(reader.lang) for id in found.secondary]
    return block(
        title,
        Markup('<h3 class="kind">{}</h3>').format(kind.name.at(reader.lang)),
        Markup('<p class="small">{}</p>').format(kind.decision.at(reader.lang)),
        Markup('<p lang="{}">{}</p>').format(lang, sentence) if sentence else "",
        _labelled(
            reader.say("page.type_evidence"), " … ".join(e for e in found.evidence if e not in sentence)
        ),
        _labelled(reader.say("page.would_change"), found.would_change_if),
        _labelled(reader.say("page.type_also"), ", ".join(others)),
        name="card type",
    )


def _labelled(label: str, text: str) -> Markup:
    return Markup('<p class="labelled"><b>{}</b> {}</p>').format(label, text) if text else Markup("")


def eligibility(reader: Reader, findings: Sequence[CriterionFinding], lang: Lang) -> Markup:
    """What the programme typically looks for, criterion by criterion; never a gate."""
    if not findings:
        return Markup("")
    counts = Counter(finding.state for finding in findings)
    tally = " · ".join(f"{reader.say(f'criterion.{state}')}: {number}" for state, number in counts.items())
    return _folded(
        reader.say("page.eligibility"),
        tally,
        Markup('<p class="small">{}</p>').format(reader.say("page.eligibility_note")),
        Markup('<ul class="checks">{}</ul>').format(
            joined(_criterion(reader, finding, lang) for finding in findings)
        ),
    )


def _folded(title: str, summary: str, *parts: Markup) -> Markup:
    """A card that shows its summary and opens for the rest."""
    head = Markup('<summary><h2>{}</h2><span class="small">{}</span></summary>').format(title, summary)
    return block(Markup('<details class="more">{}{}</details>').format(head, joined(parts)), name="card")


def _criterion(reader: Reader, finding: CriterionFinding, lang: Lang) -> Markup:
    return Markup(
        '<li class="{}">{}<div><p class="name">{} <span class="state">{}</span></p>'
        '<p class="small" lang="{}">{}</p>{}</div></li>'
    ).format(
        finding.state,
        shape(finding.state),
        reader.name(finding.id),
        reader.say(f"criterion.{'discuss' if finding.discuss else finding.state}"),
        lang,
        finding.note,
        _whole(reader, finding.rule, lang),
    )


def readiness(reader: Reader, found: Readiness, lang: Lang) -> Markup:
    """The indicative pathway and the signs it rests on."""
    rows = joined(
        Markup('<li class="{}">{}<div><p>{}</p></div></li>').format(
            signal.state, shape(signal.state), signal.why
        )
        for signal in found.signals
    )
    help_named = coached.supports(reader, found.supports, lang)
    return block(
        Markup("<h2>{}</h2>").format(reader.say("page.readiness")),
        Markup('<h3 class="kind">{}</h3>').format(reader.say(f"pathway.{found.pathway}")),
        Markup('<p class="small" lang="{}">{}</p>').format(lang, found.notice),
        Markup('<details><summary>{}</summary><ul class="checks" lang="{}">{}</ul></details>').format(
            reader.say("page.signals"), lang, rows
        ),
        help_named,
        name="card readiness",
    )


def cases(reader: Reader, similar: Sequence[SimilarCase], lang: Lang) -> Markup:
    """Past projects near this one, with what differs; never proof that it will work."""
    if not similar:
        return Markup("")
    return block(
        Markup("<h2>{}</h2>").format(reader.say("page.similar_cases")),
        Markup('<p class="small">{}</p>').format(reader.say("page.cases_note")),
        Markup('<div class="cases">{}</div>').format(joined(_case(reader, c, lang) for c in similar)),
        name="card neighbours",
    )


def _case(reader: Reader, near: SimilarCase, lang: Lang) -> Markup:
    known = reader.library.case(near.id)
    basis = reader.say(f"page.{near.basis}") if known else ""
    place = ", ".join(part for part in (near.city, known.year if known else "") if part)
    return Markup(
        '<article class="case" lang="{}"><h3>{}</h3><p class="small">{}</p>{}{}'
        '<p class="foot">{}{}</p></article>'
    ).format(
        lang,
        near.title,
        place,
        _labelled(reader.say("page.case_alike"), near.why_similar),
        _labelled(reader.say("page.differs") + ":", near.differs) + side_by_side(reader, near.differences),
        Markup('<span class="label">{}</span> ').format(basis) if basis else "",
        outside(near.source_url, reader.say("page.case_source", host=host(near.source_url))),
    )


def outside(url: str, text: str) -> Markup:
    """A link that leaves the site; plain text when the address is not a web address."""
    if not host(url):
        return escape(url)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(url, text)


def sources(reader: Reader, citations: Sequence[Citation], lang: Lang) -> Markup:
    """The lines that the judgement and the answers rest on."""
    unique = {(c.id, c.quote): c for c in citations}
    if not unique:
        return Markup("")
    rows = joined(_source(reader, citation, lang) for citation in unique.values())
    names = ", ".join(dict.fromkeys(c.source for c in unique.values()))
    return _folded(reader.say("page.sources"), names, Markup('<ul class="sources">{}</ul>').format(rows))


def _source(reader: Reader, citation: Citation, lang: Lang) -> Markup:
    return Markup('<li><p class="source">{}</p><blockquote>{}</blockquote>{}</li>').format(
        citation.source, citation.quote, _whole(reader, citation, lang)
    )


def take(reader: Reader, judgement: Judgement | None, address: str, usage: Usage) -> Markup:
    """What the city takes away: the brief, the link back, and a fresh start."""
    return block(
        _rehearse(reader) if judgement else Markup(""),
        _downloads(reader, judgement, usage) if judgement else Markup(""),
        _way_back(reader, address) if address else Markup(""),
        _fresh_start(reader),
        name="card take",
    )


def _rehearse(reader: Reader) -> Markup:
    return Markup('<h2>{}</h2><p>{}</p><p><a class="button rehearse" href="/clinic">{}</a></p>').format(
        reader.say("clinic.title"), reader.say("clinic.offer"), reader.say("clinic.open")
    )


def _downloads(reader: Reader, judgement: Judgement, usage: Usage) -> Markup:
    forms = tuple((form, f"download_{form}") for form in FORMS)
    links = joined(
        Markup('<li><a class="button" href="/brief/{}" download>{}</a></li>').format(
            form, reader.say(f"page.{key}")
        )
        for form, key in forms
    )
    engine = Markup('<p class="small"><b>{}</b> {}</p>').format(
        reader.say("page.engine"), reader.say(f"page.engine_{judgement.engine.name}")
    )
    if usage.tokens_in:
        tokens = f"{usage.tokens_in + usage.tokens_out:,}".replace(",", "\u202f")
        spent = reader.say("page.spent", tokens=tokens, cost=f"{usage.cost_usd:.2f}")
        engine += Markup('<p class="small">{}</p>').format(spent)
    return Markup('<h2>{}</h2><p>{}</p><ul class="downloads">{}</ul>{}').format(
        reader.say("page.brief"), reader.say("page.brief_note"), links, engine
    )


def _way_back(reader: Reader, address: str) -> Markup:
    return Markup(
        '<h2>{}</h2><p>{}</p><p class="address"><code>{}</code> '
        '<button type="button" class="button copy">{}</button><span class="copied" hidden>{}</span></p>'
    ).format(
        reader.say("page.link_title"),
        reader.say("page.resume_note"),
        address,
        reader.say("page.copy_link"),
        reader.say("page.copied"),
    )


def _fresh_start(reader: Reader) -> Markup:
    return Markup(
        '<details class="begin"><summary>{}</summary><p>{}</p><form method="post" action="/new">'
        '<button type="submit" class="button">{}</button></form></details>'
    ).format(reader.say("page.new_draft"), reader.say("page.new_note"), reader.say("page.new_draft"))


def notices(texts: Sequence[str], lang: Lang) -> Markup:
    """What the applicant should know about how this judgement was made."""
    if not texts:
        return Markup("")
    return block(
        Markup('<ul lang="{}">{}</ul>').format(
            lang, joined(Markup("<li>{}</li>").format(text) for text in texts)
        ),
        name="card notices",
    )


# --- states of the page ----------------------------------------------------------------------------------


def working(reader: Reader, stage: str) -> Markup:
    """What is being done now."""
    return block(Markup("<p>{}</p>").format(reader.say(f"page.stage_{stage}")), name="working")


def announced(*texts: str) -> Markup:
    """Short messages that nothing is wrong with."""
    return block(*(Markup("<p>{}</p>").format(text) for text in texts), name="told")


def failed(reader: Reader, error: Exception, reference: str = "") -> Markup:
    """What went wrong, what to do, and a number to ask about."""
    message, fix = reader.explain(error)
    number = reader.say("page.error_reference", reference=reference) if reference else ""
    return block(Markup("<p><strong>{}</strong> {} {}</p>").format(message, fix, number), name="failed")
