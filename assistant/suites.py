"""An overruled judgement that two coaches read alike, as a line of the suite that it belongs to.

The two readers settled one thing: a verdict, a type, a flag or an element. What else a case of that suite must say is
completed by staff, and stands in the line as their label.
"""

from __future__ import annotations

import json

from assistant.domain import Frozen
from assistant.errors import InputError
from assistant.programme import Programme
from assistant.store.candidates import SUITES, Candidate

FIRST, SECOND, STAFF = "first coach", "second coach", "staff"
VERDICTS = ("fit", "needs_work", "poor_fit")
SOURCE = "a judgement that a coach overruled and a second coach read alike; personal details masked"
Plain = dict[str, str | list[str] | dict[str, str]]
"""The fields of a label or of what is expected."""


class Completion(Frozen):
    """What staff add to what the readers settled."""

    fit: str = ""
    reasons: tuple[str, ...] = ()
    quote: str = ""
    """The applicant's words that state an element."""


class Asked(Frozen):
    """What staff must still say of a candidate."""

    fit: bool = False
    reasons: bool = False
    quote: bool = False


def asked(candidate: Candidate) -> Asked:
    """What a case of its suite needs beside what the readers settled."""
    kind, _, _ = candidate.target.partition(":")
    match kind:
        case "fit":
            return Asked(reasons=candidate.now == "poor_fit")
        case "type":
            return Asked(fit=True)
        case "flag":
            return Asked(fit=candidate.now != "raised", reasons=True)
        case _:
            return Asked(quote=candidate.now == "stated")


def suite_line(candidate: Candidate, completion: Completion, programme: Programme) -> str:
    """The case as one line of JSON; raises InputError when something it needs is missing or contradicts it."""
    expect, settled, added = _parts(candidate, completion, programme)
    suite = SUITES[candidate.target.partition(":")[0]]
    id = f"{suite}-c{candidate.id[:10]}-{candidate.lang}"
    labels: list[Plain] = [{"by": FIRST, **settled}, {"by": SECOND, **settled}]
    if added:
        labels.append({"by": STAFF, **added})
    line = {
        "id": id,
        "suite": suite,
        "lang": candidate.lang,
        "kind": "MFT",
        "cluster": id.removesuffix(f"-{candidate.lang}"),
        "pair": None,
        "base": None,
        "change": "",
        "tags": ["from_coaches"],
        "text": candidate.text,
        "expect": expect,
        "accept": {},
        "rationale": " / ".join(filter(None, (candidate.reason, candidate.second_reason))),
        "source": SOURCE,
        "labels": labels,
        "settled": "",
    }
    return json.dumps(line, ensure_ascii=False)


def _parts(candidate: Candidate, completion: Completion, programme: Programme) -> tuple[Plain, Plain, Plain]:
    """What the case expects, what both readers said of it, and what staff added."""
    kind, _, id = candidate.target.partition(":")
    match kind:
        case "fit":
            return _verdict(candidate.now, completion, programme)
        case "type":
            return _type(candidate.now, completion)
        case "flag":
            return _flag(id, candidate.now, completion, programme)
        case _:
            return _element(id, candidate, completion)


def _verdict(now: str, completion: Completion, programme: Programme) -> tuple[Plain, Plain, Plain]:
    reasons = _reasons(completion, programme) if now == "poor_fit" else []
    if now == "poor_fit" and not reasons:
        raise _lacking("a poor fit has a reason", "case_reason")
    return {"fit": now, "reasons": reasons}, {"fit": now}, {"reasons": reasons} if reasons else {}


def _type(now: str, completion: Completion) -> tuple[Plain, Plain, Plain]:
    fit = _fit(completion)
    return {"fit": fit, "type": now, "secondary": []}, {"type": now}, {"fit": fit}


def _flag(reason: str, now: str, completion: Completion, programme: Programme) -> tuple[Plain, Plain, Plain]:
    chosen = _reasons(completion, programme)
    if now == "raised":
        others = [r for r in chosen if r != reason]
        added: Plain = {"reasons": others} if others else {}
        return {"fit": "poor_fit", "reasons": [reason, *others]}, {"reasons": [reason]}, added
    fit = _fit(completion)
    if reason in chosen:
        raise _lacking("both coaches said that this reason does not apply", "case_contradicts")
    if (fit == "poor_fit") != bool(chosen):
        raise _lacking("a poor fit has a reason, and nothing else has", "case_reason")
    return {"fit": fit, "reasons": chosen}, {"reasons": []}, {"fit": fit, "reasons": chosen}


def _element(id: str, candidate: Candidate, completion: Completion) -> tuple[Plain, Plain, Plain]:
    if candidate.now == "missing":
        return {"stated": {}, "missing": [id]}, {"missing": [id]}, {}
    if candidate.now != "stated":
        raise _lacking("the suite knows stated and missing elements only", "case_state")
    quote = completion.quote.strip()
    if not quote or quote not in candidate.text:
        raise _lacking("these words do not stand in the text", "case_quote")
    return {"stated": {id: quote}, "missing": []}, {"stated": [id]}, {"stated": {id: quote}}


def _fit(completion: Completion) -> str:
    if completion.fit not in VERDICTS:
        raise _lacking("the verdict is missing", "case_verdict")
    return completion.fit


def _reasons(completion: Completion, programme: Programme) -> list[str]:
    known = {r.id for r in programme.reasons}
    return [r for r in dict.fromkeys(completion.reasons) if r in known]


def _lacking(message: str, key: str) -> InputError:
    return InputError(message, fix="complete the form, then release the case", key=key)
