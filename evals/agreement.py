"""How far two readers agree: kappa and alpha with intervals, by suite and language, and what nobody read twice.

Labels stand in the cases (`labels`) and in evals/labels/<suite>.jsonl, one {"case", "reader", "label"} a line.
Facts of an answer are each reader's own wording and are not compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from assistant.domain import LANGS
from evals.cases import Case, ConversationCase, ElementsCase, Label, ReadinessCase, RetrievalCase
from evals.errors import SuiteError
from evals.statistics import SEED, Interval

FOLDER = Path(__file__).resolve().parent / "labels"
DRAWS = 1_000
ALL = "all"


class Unit(NamedTuple):
    """Something that readers label: a verdict, a type, one element."""

    suite: str
    what: str
    lang: str
    cluster: str
    said: tuple[str, ...]
    """What each reader says, the author first."""


class Agreement(NamedTuple):
    """How far the readers agree on one thing in one suite and language."""

    suite: str
    what: str
    lang: str
    units: int
    """Labelled by two readers."""
    alone: int
    """Labelled by one reader only."""
    same: float | None
    """Share on which the two say the same; None without units."""
    kappa: Interval | None
    """Cohen's, corrected for chance, 95 % by bootstrap over clusters; None where all say one and the same thing."""
    alpha: float | None
    """Krippendorff's, nominal, over all readers."""


def read_labels(cases: Sequence[Case], folder: Path = FOLDER) -> dict[str, list[Label]]:
    """Case → labels, the author's first; raises SuiteError with file and line for a label that cannot be used."""
    held = {case.id: list(case.labels) for case in cases}
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
            if line.strip():
                case, label = _line(line, f"{path.name}:{number}")
                if case not in held:
                    raise SuiteError(f"{path.name}:{number}: there is no case {case!r}", fix="correct `case`")
                if any(label.by == other.by for other in held[case]):
                    raise SuiteError(
                        f"{path.name}:{number}: {case}: {label.by!r} has labelled it already",
                        fix="keep one label a reader and case",
                    )
                held[case].append(label)
    return held


def _line(line: bytes, place: str) -> tuple[str, Label]:
    try:
        data = json.loads(line.decode("utf-8"))
        label = {**data["label"], "by": str(data["reader"]), "doubt": data.get("doubt", "")}
        label["facts"] = [[fact] if isinstance(fact, str) else fact for fact in label.get("facts", ())]
        return str(data["case"]), Label.model_validate(label)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise SuiteError(f"{place}: label.{field}: {first['msg']}", fix=f"correct label.{field}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise SuiteError(
            f"{place}: the line is broken: {error}",
            fix='write {"case": …, "reader": …, "label": {…}}, one a line',
        ) from None


def agreement(cases: Sequence[Case], labels: Mapping[str, Sequence[Label]]) -> list[Agreement]:
    """A line for each thing that is labelled, in all languages together and in each."""
    units = [unit for case in cases for unit in _units(case, labels.get(case.id, ()))]
    found = []
    for suite, what in dict.fromkeys((u.suite, u.what) for u in units):
        same = [u for u in units if (u.suite, u.what) == (suite, what)]
        for lang in (ALL, *LANGS):
            inside = [u for u in same if lang in (ALL, u.lang)]
            if inside:
                found.append(_agreement(suite, what, lang, inside))
    return found


def _agreement(suite: str, what: str, lang: str, units: Sequence[Unit]) -> Agreement:
    twice = [u for u in units if len(u.said) > 1]
    same = sum(u.said[0] == u.said[1] for u in twice) / len(twice) if twice else None
    return Agreement(
        suite,
        what,
        lang,
        units=len(twice),
        alone=len(units) - len(twice),
        same=same,
        kappa=kappa([u.said[0] for u in twice], [u.said[1] for u in twice], [u.cluster for u in twice]),
        alpha=alpha([u.said for u in twice]),
    )


# --- what is labelled ----------------------------------------------------------------------------------------


def _units(case: Case, labels: Sequence[Label]) -> Iterator[Unit]:
    """The things labelled in a case; a set of labels is one thing, and agrees only when it is the same set."""

    def unit(what: str, said: Sequence[str]) -> Unit:
        return Unit(case.suite, what, case.lang, case.cluster, tuple(said))

    if isinstance(case, ElementsCase):
        for id in sorted({*case.expect.stated, *case.expect.missing}):
            yield unit("element stated", [str(id in label.stated) for label in labels])
    elif isinstance(case, ReadinessCase):
        for id in sorted(case.expect.eligibility):
            yield unit("criterion", [label.eligibility.get(id, "unknown") for label in labels])
        yield unit("pathway", [str(label.pathway) for label in labels])
    elif isinstance(case, RetrievalCase):
        yield unit("found", [_set([*label.cases, *label.passages]) for label in labels])
    elif case.suite == "answers":
        yield unit("sources say", [str(label.found) for label in labels])
        yield unit("conflict", [str(label.conflict) for label in labels])
        yield unit("dated", [str(label.dated) for label in labels])
        yield unit("passages", [_set(label.passages) for label in labels])
    else:
        yield unit("verdict", [str(label.fit) for label in labels])
        if case.suite in ("typology", "conversation"):
            yield unit("type", [str(label.type) for label in labels])
        if case.suite != "typology":
            yield unit("reasons", [_set(label.reasons) for label in labels])
        if isinstance(case, ConversationCase):
            for id in sorted({*case.answers, *case.expect.stated}):
                yield unit("element stated", [str(id in label.stated) for label in labels])


def _set(words: Sequence[str]) -> str:
    return ", ".join(sorted(words))


# --- measures ------------------------------------------------------------------------------------------------


def kappa(
    one: Sequence[str], other: Sequence[str], clusters: Sequence[str], draws: int = DRAWS
) -> Interval | None:
    """Cohen's kappa with its 95 % interval, clusters drawn whole; None where it is not defined.

    A draw in which all say the same thing agrees perfectly and counts as 1.
    """
    if len({*one, *other}) < 2:
        return None
    tables = _tables(one, other, clusters)
    value = float(_kappas(tables.sum(axis=0)[None])[0])
    counts = np.random.default_rng(SEED).multinomial(len(tables), [1 / len(tables)] * len(tables), size=draws)
    drawn = np.tensordot(counts, tables, axes=1)
    low, high = np.quantile(_kappas(drawn), [0.025, 0.975])
    return Interval(value, float(low), float(high))


def _tables(one: Sequence[str], other: Sequence[str], clusters: Sequence[str]) -> NDArray[np.float64]:
    """For each cluster, how often the first reader said the row and the second the column."""
    labels = {label: n for n, label in enumerate(dict.fromkeys([*one, *other]))}
    places = {cluster: n for n, cluster in enumerate(dict.fromkeys(clusters))}
    tables = np.zeros((len(places), len(labels), len(labels)))
    for a, b, cluster in zip(one, other, clusters, strict=True):
        tables[places[cluster], labels[a], labels[b]] += 1
    return tables


def _kappas(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    total = tables.sum(axis=(1, 2))
    same = np.trace(tables, axis1=1, axis2=2) / total
    chance = (tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1) / total**2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(chance < 1, (same - chance) / (1 - chance), 1.0)


def alpha(said: Sequence[Sequence[str]]) -> float | None:
    """Krippendorff's alpha of nominal labels, readers may be missing; None where it is not defined."""
    import krippendorff

    labels = sorted({label for unit in said for label in unit})
    if len(labels) < 2:
        return None
    readers = max(len(unit) for unit in said)
    data = [[labels.index(u[n]) if n < len(u) else np.nan for u in said] for n in range(readers)]
    return float(krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"))
