"""Sections of the brief about what is settled with people: the version that was chosen, and whom to ask what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assistant.briefs.coached import Sections
from assistant.briefs.outline import BY_ROLE
from assistant.coaching.bank import Bank
from assistant.coaching.colleagues import by_role
from assistant.domain import (
    Check,
    Choice,
    Contribution,
    Conversation,
    CriterionFinding,
    Judgement,
    NextQuestion,
    Passage,
    Section,
    SectionEntry,
    SectionPart,
    SectionTable,
    SectionText,
    Standing,
)

COACH = "coach"
"""The role to whom a point of eligibility is taken that is worth discussing."""


def reframed(to: Sections, choice: Choice, judgement: Judgement) -> Section:
    """The testable version that was chosen: what it is, what was kept and dropped, and the fit before and after."""
    version = choice.version
    label = {
        key: to.words.say(to.lang, f"page.reframing_{key}") for key in ("user", "test", "kept", "dropped")
    }
    told = (
        (label["user"], version.user),
        (label["test"], version.smallest_test),
        (label["kept"], "; ".join(f"“{words}”" for words in version.kept)),
        (label["dropped"], "; ".join(version.dropped)),
    )
    place = to.words.say(to.lang, "brief.in_message", n=choice.turn)
    entry = SectionEntry(
        title=version.decision, state=place, lines=tuple((name, text) for name, text in told if text)
    )
    parts: list[SectionPart] = [entry]
    if choice.before is not None:
        parts.append(_before_and_after(to, choice.before, judgement))
    return Section(
        id="reframed",
        title=to.say("reframed"),
        intro=to.say("reframed_intro"),
        parts=tuple(parts),
        computed=(place,),
    )


def _before_and_after(to: Sections, before: Standing, judgement: Judgement) -> SectionTable:
    now = Standing(
        verdict=judgement.fit.verdict,
        flags=tuple(flag.reason for flag in judgement.fit.flags),
        type=judgement.type.primary,
    )
    say = to.words.say
    sides = [
        (
            say(to.lang, f"verdict.{side.verdict}"),
            "; ".join(to.programme.reason(id).name.at(to.lang) for id in side.flags)
            or say(to.lang, "brief.fit_none"),
            to.programme.type(side.type).name.at(to.lang) if side.type else say(to.lang, "page.type_open"),
        )
        for side in (before, now)
    ]
    names = (say(to.lang, "brief.fit"), to.say("flags"), say(to.lang, "page.type"))
    head = (say(to.lang, "page.case_aspect"), say(to.lang, "reframe.before"), say(to.lang, "reframe.after"))
    return SectionTable(
        name=to.say("reframed"), head=head, rows=tuple(zip(names, sides[0], sides[1], strict=True))
    )


def commitments(to: Sections, found: Sequence[Check]) -> Section:
    """What cities commit to, each answered or as a to-do, with the line of the source and the date it prints."""
    computed: list[str] = []
    parts: list[SectionPart] = []
    for check in found:
        item = to.programme.commitment(check.id)
        lines: list[tuple[str, str]] = []
        if check.quote:
            place = to.words.say(to.lang, "brief.in_message", n=check.turn)
            computed.append(place)
            lines.append((to.words.say(to.lang, "brief.city_said") + ":", f"“{check.quote}” ({place})"))
        if check.state != "met":
            lines.append((to.say(f"to_do_{check.state}"), item.question.at(to.lang)))
        if event := next((e for e in to.programme.events if e.id == item.event), None):
            computed.append(event.when.at(to.lang))
            lines.append((to.say("when"), event.when.at(to.lang)))
        source = f"“{check.rule.quote}” ({check.rule.source}, {check.rule.locator})"
        lines.append((to.words.say(to.lang, "brief.source_says") + ":", source))
        parts.append(
            SectionEntry(title=check.note, state=to.say(f"commitment_{check.state}"), lines=tuple(lines))
        )
    rules = tuple(check.rule for check in found)
    return Section(
        id="commitments",
        title=to.say("commitments"),
        intro=to.say("commitments_intro"),
        parts=tuple(parts),
        sources=rules,
        computed=tuple(computed),
    )


def takeaways(to: Sections, passage: Passage) -> Section:
    """What a city takes away at the end, as the booklet lists it."""
    return Section(
        id="takeaways",
        title=to.say("takeaways"),
        parts=(SectionText(text=passage.text),),
        sources=(passage.citation(),),
        computed=(passage.text,),
    )


def questions(
    to: Sections,
    open_: Sequence[NextQuestion],
    conversation: Conversation,
    eligibility: Iterable[CriterionFinding],
    bank: Bank,
) -> Section:
    """Every open question under the role that could answer it, then where colleagues' answers differ."""
    parts: list[SectionPart] = []
    discuss = [finding for finding in eligibility if finding.discuss or finding.state == "not_met"]
    grouped = {role.id: asked for role, asked in by_role(open_, bank)}
    for role in bank.roles:
        entries = [_question(to, question) for question in grouped.get(role.id, ())]
        if role.id == COACH:
            entries += [SectionEntry(title=_name(to, f.id), lines=(("", f.note),)) for f in discuss]
        if entries:
            parts += [SectionText(label=role.name.at(to.lang)), *entries]
    differing = [c for c in conversation.contributions if c.state == "conflict"]
    if differing:
        parts.append(SectionText(label=to.say("differing")))
        parts += [_differing(to, one, conversation) for one in differing]
    return Section(id=BY_ROLE, title=to.words.say(to.lang, "brief.questions"), parts=tuple(parts))


def _question(to: Sections, question: NextQuestion) -> SectionEntry:
    why = (to.words.say(to.lang, "page.why") + ":", question.why)
    lines = (("", question.text), *((why,) if question.why else ()))
    return SectionEntry(title=_name(to, question.element), lines=lines)


def _differing(to: Sections, one: Contribution, conversation: Conversation) -> SectionEntry:
    held = conversation.record.get(one.element)
    said = (held.quote or held.value or "") if held is not None else ""
    return SectionEntry(
        title=_name(to, one.element),
        lines=((to.say("draft_says"), f"“{said}”"), (f"{one.role}:", f"“{one.text}”")),
    )


def _name(to: Sections, id: str) -> str:
    names = {item.id: item.name for item in (*to.programme.elements, *to.programme.optional)}
    names |= {item.id: item.name for item in to.programme.criteria}
    return names[id].at(to.lang) if id in names else id
