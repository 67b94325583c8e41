"""What the verdicts of a brief rest on: both sides' words, what the city holds against a flag, what helps a gap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.briefs.blocks import (
    Block,
    Entries,
    Entry,
    Heading,
    Line,
    Pairs,
    Paragraph,
    Tone,
    joined,
    line,
    one_line,
)
from assistant.briefs.summary import Speaker
from assistant.domain import Check, Citation, Contest, Judgement, Signal, Support

TONES: dict[str, Tone] = {"met": "good", "not_met": "open", "unknown": "plain"}


def quoted(citation: Citation) -> Line:
    """A line of a source with where it stands."""
    return line(f"“{citation.quote}” ({citation.source}, {citation.locator})")


def checks(
    speaker: Speaker, found: Sequence[Check], names: dict[str, str] | None = None, *, sourced: bool = True
) -> Entries:
    """Each check with its state, the city's words and the source's line; `names` are their titles, else the notes.

    Where all rest on one line of one source, `sourced=False` leaves it to the caller to say it once.
    """
    return Entries(tuple(_check(speaker, check, (names or {}).get(check.id, ""), sourced) for check in found))


def _check(speaker: Speaker, check: Check, name: str, sourced: bool) -> Entry:
    lines = [line(check.note)] if name and check.state != "met" else []
    lines += _both_sides(speaker, check.quote, check.turn, check.rule if sourced else None)
    return Entry(
        one_line(name or check.note), speaker.say(f"check.{check.state}"), tuple(lines), TONES[check.state]
    )


def _both_sides(speaker: Speaker, quote: str | None, turn: int | None, rule: Citation | None) -> list[Line]:
    lines = []
    if quote:
        place = f" ({speaker.say('brief.in_message', n=turn)})" if turn is not None else ""
        lines.append(line(f"“{one_line(quote)}”{place}", speaker.say("brief.city_said") + ":"))
    if rule is not None:
        lines.append(joined(line("", speaker.say("brief.source_says") + ":"), quoted(rule)))
    return lines


# --- flags ------------------------------------------------------------------------------------------------


def contested(speaker: Speaker, contest: Contest | None) -> Iterator[Block]:
    """What the city says against a flag, in its own words."""
    if contest is not None:
        yield Paragraph(_against(speaker, contest, "brief.contested"))


def contested_before(speaker: Speaker) -> Iterator[Block]:
    """What the city said against flags that no longer stand, so that none of it is lost."""
    judgement = speaker.brief.judgement
    standing = {flag.reason for flag in judgement.fit.flags}
    latest = {c.reason: c for c in judgement.contests if c.reason not in standing}
    names = {reason.id: reason.name.at(speaker.lang) for reason in speaker.programme.reasons}
    for reason, contest in latest.items():
        name = one_line(names.get(reason, reason))
        yield Paragraph(_against(speaker, contest, "brief.contested_before", name=name))


def _against(speaker: Speaker, contest: Contest, key: str, **slots: object) -> Line:
    place = speaker.say("brief.in_message", n=contest.turn)
    return line(f"“{one_line(contest.why)}” ({place})", speaker.say(key, **slots))


# --- readiness --------------------------------------------------------------------------------------------


def signals(speaker: Speaker, found: Sequence[Signal]) -> Entries:
    """Each sign of readiness with the words it rests on."""
    texts = {s.id: s.text.at(speaker.lang) for pathway in speaker.programme.pathways for s in pathway.signals}
    return Entries(tuple(_signal(speaker, signal, texts.get(signal.id, signal.why)) for signal in found))


def _signal(speaker: Speaker, signal: Signal, title: str) -> Entry:
    title = title if signal.why.startswith(title) else signal.why
    quote = None if signal.quote and signal.quote in title else signal.quote
    lines = _both_sides(speaker, quote, signal.turn, signal.rule)
    state = speaker.say(f"brief.pathway_{signal.state}")
    return Entry(one_line(title), state, tuple(lines), TONES[signal.state])


def supports(speaker: Speaker, found: Sequence[Support]) -> Iterator[Block]:
    """What the sources name for each gap, with the line that names it."""
    if not found:
        return
    yield Heading(speaker.say("team.supports"), 3)
    items = (
        Entry(
            one_line(f"{speaker.name(one.gap)}: {one.name}"),
            "",
            (
                line(one.text),
                joined(line("", speaker.say("brief.source_says") + ":"), quoted(one.rule)),
            ),
        )
        for one in found
    )
    yield Entries(tuple(items))


def capabilities(speaker: Speaker) -> Iterator[Block]:
    """What a team has to be able to do, and the booklet's own sign that it is lacking until somebody is named."""
    found = speaker.brief.judgement.capability
    if found is None or not found.capabilities:
        return
    names = {one.id: one.name.at(speaker.lang) for one in speaker.programme.capabilities}
    yield Heading(speaker.say("brief.capabilities"), 2)
    yield checks(speaker, found.capabilities, names)


# --- residents and AI -------------------------------------------------------------------------------------


def resident_line(speaker: Speaker) -> Iterator[Block]:
    """What residents get, how they would notice, who could be missed, and for whom access matters."""
    found = speaker.brief.judgement.resident_line
    if found is None:
        return
    names = {part.id: part.name.at(speaker.lang) for part in speaker.programme.about.resident_line.part}
    rows = []
    for part in found.lines:
        place = f" ({speaker.say('brief.in_message', n=part.turn)})" if part.turn is not None else ""
        said = f"“{one_line(part.said)}”{place}" if part.said else speaker.say("brief.not_stated")
        rows.append((one_line(names.get(part.id, part.id)), line(said)))
    yield Heading(speaker.say("team.residents"), 1)
    if found.staff_only:
        yield Paragraph(line(speaker.say("brief.staff_only")), "notice")
    yield Pairs(tuple(rows))


def ai_note(speaker: Speaker) -> Iterator[Block]:
    """The programme's conditions when AI came up, each with what was said for it."""
    note = speaker.brief.judgement.ai_note
    if note is None:
        return
    yield Heading(speaker.say("team.ai"), 2)
    yield Paragraph(line(note.text))
    if note.checks:
        yield checks(speaker, note.checks, sourced=False)
    yield Paragraph(joined(line("", speaker.say("brief.source_says") + ":"), quoted(note.rule)))


# --- sources ----------------------------------------------------------------------------------------------


def cited(judgement: Judgement) -> Iterator[Citation]:
    """Every line of a source that a judgement rests on, in the order of the brief."""
    yield from (flag.rule for flag in judgement.fit.flags)
    yield from (check.rule for check in judgement.fit.checks)
    yield from judgement.citations
    yield from (finding.rule for finding in judgement.eligibility)
    yield from (signal.rule for signal in judgement.readiness.signals if signal.rule is not None)
    yield from (support.rule for support in judgement.readiness.supports)
    if judgement.capability is not None:
        yield from (check.rule for check in judgement.capability.capabilities)
    if judgement.resident_line is not None and judgement.resident_line.rule is not None:
        yield judgement.resident_line.rule
    if judgement.ai_note is not None:
        yield judgement.ai_note.rule
