"""What coaching adds to the canvas, as HTML text: before and after, the team map, what a verdict rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from assistant.domain import (
    AINote,
    CapabilityMap,
    Check,
    Contest,
    Duty,
    Lang,
    Rejudged,
    ResidentLine,
    Standing,
    Support,
)
from assistant.web.reader import Reader, block, joined, shape


def rejudged(reader: Reader, anew: Rejudged | None, lang: Lang) -> Markup:
    """The fit before and after the chosen version, side by side."""
    if anew is None:
        return Markup("")
    sides = joined(
        Markup(
            '<figure class="{}"><figcaption>{}</figcaption><p>{}<strong>{}</strong></p><p>{}</p></figure>'
        ).format(
            where.verdict,
            reader.say(f"reframe.{key}"),
            shape(where.verdict),
            reader.say(f"verdict.{where.verdict}"),
            _flags(reader, where),
        )
        for key, where in (("before", anew.before), ("after", anew.after))
    )
    names = ", ".join(reader.name(id) for id in anew.lacks)
    lacks = (
        Markup("<p>{}</p>").format(reader.say("reframe.still_lacks", names=names)) if names else Markup("")
    )
    return block(
        Markup("<h2>{}</h2>").format(reader.say("reframe.title_again")),
        Markup('<p lang="{}">{}</p>').format(lang, anew.version.decision),
        Markup('<div class="sides">{}</div>').format(sides),
        lacks,
        name="card rejudged",
    )


def _flags(reader: Reader, where: Standing) -> str:
    return ", ".join(reader.programme.reason(r).name.at(reader.lang) for r in where.flags)


def contested(reader: Reader, contest: Contest | None) -> Markup:
    """The applicant's reason against a flag, beside it."""
    if contest is None:
        return Markup("")
    return Markup('<p class="contested"><b>{}</b> <q>{}</q></p>').format(
        reader.say("team.contested"), contest.why
    )


def checks(reader: Reader, found: Sequence[Check], lang: Lang) -> Markup:
    """What a verdict rests on, each with the applicant's words and the source's line."""
    if not found:
        return Markup("")
    rows = joined(_check(reader, check, lang) for check in found)
    return Markup('<details class="basis"><summary>{}</summary><ul class="checks">{}</ul></details>').format(
        reader.say("page.signals"), rows
    )


def _check(reader: Reader, check: Check, lang: Lang) -> Markup:
    said = Markup('<p class="small"><b>{}</b> <q>{}</q></p>').format(reader.say("page.you_said"), check.quote)
    return Markup(
        '<li class="{}">{}<div><p lang="{}">{} <span class="state">{}</span></p>{}'
        '<p class="small"><b>{}</b> <q lang="{}">{}</q></p></div></li>'
    ).format(
        check.state,
        shape(check.state),
        lang,
        check.note,
        reader.say(f"check.{check.state}"),
        said if check.quote else "",
        check.rule.locator,
        lang,
        check.rule.quote,
    )


def supports(reader: Reader, found: Sequence[Support], lang: Lang) -> Markup:
    """What the sources name for each gap."""
    if not found:
        return Markup("")
    rows = joined(
        Markup('<li><div><p><b>{}</b> → {}</p><p class="small" lang="{}">{} ({}, {})</p></div></li>').format(
            reader.name(one.gap), one.name, lang, one.text, one.rule.source, one.rule.locator
        )
        for one in found
    )
    return Markup('<h3 class="group">{}</h3><ul class="checks">{}</ul>').format(
        reader.say("team.supports"), rows
    )


def residents(reader: Reader, line: ResidentLine | None, lang: Lang) -> Markup:
    """What residents get, how they would notice, who could be missed, for whom access matters."""
    if line is None:
        return Markup("")
    names = {part.id: part.name for part in reader.programme.about.resident_line.part}
    rows = joined(
        Markup("<dt>{}</dt><dd{}>{}</dd>").format(
            names[one.id].at(reader.lang),
            Markup(' lang="{}"').format(lang) if one.said else "",
            one.said or reader.say("page.not_said_yet"),
        )
        for one in line.lines
    )
    return block(
        Markup("<h2>{}</h2>").format(reader.say("team.residents")),
        Markup("<dl>{}</dl>").format(rows),
        name="card residents",
    )


def ai(reader: Reader, note: AINote | None, lang: Lang) -> Markup:
    """The conditions for AI, when it came up."""
    if note is None:
        return Markup("")
    return block(
        Markup("<h2>{}</h2>").format(reader.say("team.ai")),
        Markup('<p lang="{}">{}</p>').format(lang, note.text),
        checks(reader, note.checks, lang),
        name="card ai",
    )


def team_map(reader: Reader, found: CapabilityMap | None, lang: Lang) -> Markup:
    """The capabilities with their signs of absence, and the matrix of responsibilities."""
    if found is None:
        return Markup("")
    notes = [reader.say("team.unowned", open=len(found.unowned), total=len(found.duties))]
    notes += [reader.say("team.overload", owner=o.owner, count=len(o.duties)) for o in found.overloaded]
    head = Markup('<summary><h2>{}</h2><span class="small">{}</span></summary>').format(
        reader.say("team.title"), notes[0]
    )
    parts = [
        checks(reader, found.capabilities, lang),
        *(Markup("<p>{}</p>").format(note) for note in notes[1:]),
        _matrix(reader, found.duties, lang),
    ]
    return block(Markup('<details class="more team">{}{}</details>').format(head, joined(parts)), name="card")


def _matrix(reader: Reader, duties: Sequence[Duty], lang: Lang) -> Markup:
    keys = ("duty", "owner", "contributors", "time")
    head = joined(Markup('<th scope="col">{}</th>').format(reader.say(f"team.{key}")) for key in keys)
    texts = {r.id: r.text.at(reader.lang) for f in reader.programme.functions for r in f.responsibility}
    body = joined(
        Markup('<tr><th scope="rowgroup" colspan="4">{}</th></tr>{}').format(
            function.name.at(reader.lang),
            joined(_row(reader, d, texts, lang) for d in duties if d.function == function.id),
        )
        for function in reader.programme.functions
    )
    return Markup('<table class="matrix"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>').format(
        head, body
    )


def _row(reader: Reader, duty: Duty, texts: Mapping[str, str], lang: Lang) -> Markup:
    owner = Markup('<span lang="{}">{}</span>').format(lang, duty.owner) if duty.owner else Markup("–")
    if duty.basis == "inferred":
        owner += Markup(' <span class="small">{}</span>').format(reader.say("team.inferred"))
    return Markup('<tr><th scope="row">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>').format(
        texts[duty.id], owner, ", ".join(duty.contributors), duty.time
    )
