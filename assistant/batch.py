"""Many proposals at once: read from a table or folder, judged one by one, written as they are done."""

from __future__ import annotations

import csv
import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from assistant.conversation import Assistant
from assistant.domain import LANGS, Frozen, Judgement, Lang
from assistant.errors import CorpusError, InputError, ScopingError
from assistant.safety import cell, decode
from assistant.settings import Settings

TABLES = (".jsonl", ".csv", ".xlsx")
DOCUMENTS = (".txt", ".md", ".docx", ".pdf")
AHEAD = 4
"""Rows a processor may be ahead of the one that is written next."""
WORTH_PROCESSES = 100
"""Rows from which it pays to start processes of our own."""
T = TypeVar("T")
COLUMNS = ("id", "verdict", "confidence", "reasons", "type", "decision_sentence", "missing", "error", "fix")


class Row(Frozen):
    """One proposal to judge, or what is wrong with its row."""

    id: str
    text: str = ""
    lang: Lang | None = None
    path: Path | None = None
    error: str = ""
    fix: str = ""
    key: str = "unknown"
    """The entry of `[error]` in corpus/locale that says the same."""
    line: int = 0
    """The line or row of the table, when it has one."""


@dataclass
class Done:
    """What a run did."""

    judged: int = 0
    failed: int = 0
    kept: int = 0


def check_batch(assistant: Assistant, source: Path, out: Path, *, elsewhere: Settings | None = None) -> Done:
    """Judge every row of `source` into `out`; rows already judged in an earlier, broken-off run are kept.

    A bad row becomes a row with `error` and `fix`. Results are journalled beside `out` as they are made, one
    line each, so that a run that was stopped goes on where it was. Raises InputError for unusable arguments.
    """
    if out.suffix not in TABLES:
        raise InputError(f"cannot write {out.suffix or out.name}", fix="use .jsonl, .csv or .xlsx for --out")
    rows = list(read_rows(source))
    journal = out.with_name(out.name + ".partial")
    held = _journalled(journal if journal.exists() else out if out.suffix == ".jsonl" else journal)
    done = Done()
    results: list[dict[str, Any]] = []
    try:
        with journal.open("a", encoding="utf-8") as lines:
            if out.suffix == ".jsonl" and out.exists() and held and journal.stat().st_size == 0:
                lines.writelines(json.dumps(r, ensure_ascii=False) + "\n" for r in held.values())
            kept = {id: r for id, r in held.items() if "error" not in r}
            for row, result in _watched(_results(assistant, rows, kept, elsewhere), len(rows)):
                if row.id not in kept:
                    lines.write(json.dumps(result, ensure_ascii=False) + "\n")
                    lines.flush()
                    done.failed += "error" in result
                    done.judged += "error" not in result
                else:
                    done.kept += 1
                results.append(result)
        write_results(results, out)
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror}", fix="choose a folder you can write"
        ) from None
    journal.unlink()
    return done


def _results(
    assistant: Assistant,
    rows: Sequence[Row],
    kept: Mapping[str, dict[str, Any]],
    elsewhere: Settings | None,
) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Each row with its result, in order, judged on as many processors as there are."""
    workers = os.cpu_count() or 1
    with suppress(CorpusError):  # each judgement says so itself
        assistant.retriever()  # opened, or built, before the others begin
    ahead: deque[tuple[Row, Future[dict[str, Any]]]] = deque()
    far = elsewhere is not None and len(rows) - len(kept) >= WORTH_PROCESSES
    with _processes(elsewhere, workers) if far and elsewhere else ThreadPoolExecutor(workers) as pool:
        try:
            for row in rows:
                ahead.append((row, _begun(pool, assistant, row, kept, far=far)))
                if len(ahead) > AHEAD * workers:
                    yield _next(ahead)
            while ahead:
                yield _next(ahead)
        except BrokenProcessPool:
            raise InputError(
                "a process that judged was ended from outside", fix="run it again: it goes on where it was"
            ) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begun(
    pool: Executor, assistant: Assistant, row: Row, kept: Mapping[str, dict[str, Any]], *, far: bool
) -> Future[dict[str, Any]]:
    if row.id in kept:
        return _known(kept[row.id])
    return pool.submit(_judge_here, row) if far else pool.submit(judge_row, assistant, row)


def _processes(settings: Settings, workers: int) -> ProcessPoolExecutor:
    # What threads share under one lock is two thirds of the work. Processes begin anew: a copied one would hold
    # connections and locks that belong to this one.
    return ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_begin_here, initargs=(settings,)
    )


_here: list[Assistant] = []
"""The assistant of a process that was started to judge; empty everywhere else."""


def _begin_here(settings: Settings) -> None:
    from assistant.wiring import build

    _here.append(build(settings, light=True).assistant)


def _judge_here(row: Row) -> dict[str, Any]:
    return judge_row(_here[0], row)


def _known(result: dict[str, Any]) -> Future[dict[str, Any]]:
    future: Future[dict[str, Any]] = Future()
    future.set_result(result)
    return future


def _next(ahead: deque[tuple[Row, Future[dict[str, Any]]]]) -> tuple[Row, dict[str, Any]]:
    row, future = ahead.popleft()
    return row, future.result()


def _watched(results: Iterable[T], total: int) -> Iterable[T]:
    from rich.console import Console
    from rich.progress import track

    return track(results, total=total, description="judging", console=Console(stderr=True))


def judge_row(assistant: Assistant, row: Row) -> dict[str, Any]:
    """The result of one row as it is written: a judgement, or `error` and `fix`."""
    if row.error:
        return {"id": row.id, "error": row.error, "fix": row.fix}
    try:
        judgement = assistant.judge_text(_text(row), row.lang)
    except ScopingError as error:
        return {"id": row.id, "error": str(error), "fix": error.fix}
    return {"id": row.id, **judgement.to_data()}


def _text(row: Row) -> str:
    if row.path is None:
        return row.text
    from assistant.documents import read_document

    return read_document(row.path).text


def read_rows(source: Path) -> Iterator[Row]:
    """The rows of a .jsonl, .csv or .xlsx file, or the documents of a folder; raises InputError when it is neither."""
    if source.is_dir():
        files = sorted(p for p in source.iterdir() if p.suffix.lower() in DOCUMENTS)
        if not files:
            raise InputError(f"{source} has no proposals", fix=f"put {', '.join(DOCUMENTS)} files into it")
        yield from (Row(id=p.name, path=p) for p in files)
        return
    if not source.is_file():
        raise InputError(f"{source} is not there", fix="name a .jsonl, .csv or .xlsx file, or a folder")
    readers = {".jsonl": _jsonl_rows, ".csv": _csv_rows, ".xlsx": _xlsx_rows}
    if source.suffix.lower() not in readers:
        raise InputError(
            f"cannot read {source.suffix or source.name}", fix="use .jsonl, .csv, .xlsx or a folder"
        )
    seen: set[str] = set()
    for row in readers[source.suffix.lower()](source):
        if row.id in seen:
            yield Row(
                id=f"{row.id} (again)",
                error=f"id {row.id} occurs twice",
                fix="give each row its own id",
                key="row_twice",
                line=row.line,
            )
        else:
            seen.add(row.id)
            yield row


def _jsonl_rows(path: Path) -> Iterator[Row]:
    for number, line in enumerate(decode(path.read_bytes()).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            yield Row(
                id=f"line {number}",
                error=f"line {number} is not JSON",
                fix='write {"id": …, "text": …}',
                key="row_not_json",
                line=number,
            )
            continue
        yield _row(data if isinstance(data, dict) else {}, "line", number)


def _csv_rows(path: Path) -> Iterator[Row]:
    text = decode(path.read_bytes())
    head = text.partition("\n")[0]
    table = csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=head.count))
    try:
        for number, data in enumerate(table, start=2):
            yield _row(data, "line", number)
    except csv.Error as error:
        fix = "check the quotation marks there"
        raise InputError(
            f"line {table.line_num}: {error}", fix=fix, key="batch_csv", line=table.line_num
        ) from None


def _xlsx_rows(path: Path) -> Iterator[Row]:
    from openpyxl import load_workbook

    try:
        sheet = load_workbook(path, read_only=True, data_only=True).worksheets[0]
    except Exception as error:  # noqa: BLE001  # openpyxl raises what its parsers raise
        fix = "save it again as .xlsx"
        raise InputError(f"{path.name} cannot be opened: {error}", fix=fix, key="batch_kind") from None
    rows = sheet.iter_rows(values_only=True)
    names = [str(v or "") for v in next(rows, ())]
    for number, values in enumerate(rows, start=2):
        yield _row(dict(zip(names, values, strict=False)), "row", number)


def _row(data: dict[str, Any], kind: str, number: int) -> Row:
    place = f"{kind} {number}"
    id = _writable(str(data.get("id") or "")) or place
    text, lang = data.get("text"), data.get("lang") or None
    text = _writable(text) if isinstance(text, str) else text
    if not isinstance(text, str) or not text.strip():
        return Row(
            id=id,
            error=f"{place} has no text",
            fix="fill in the column `text`",
            key="row_no_text",
            line=number,
        )
    if lang is not None and lang not in LANGS:
        fix = "use en, es or pt, or leave it empty"
        return Row(id=id, error=f"{place}: unknown lang {lang!r}", fix=fix, key="row_lang", line=number)
    return Row(id=id, text=text, lang=lang, line=number)


def _writable(text: str) -> str:
    """The text without halves of characters, which JSON can hold and no file."""
    return text.encode("utf-8", "ignore").decode("utf-8")


def _journalled(path: Path) -> dict[str, dict[str, Any]]:
    """The results of an earlier run by id; a line cut off in the middle is judged again."""
    found: dict[str, dict[str, Any]] = {}
    if not path.exists():
        return found
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            result = json.loads(line)
            found[result["id"]] = result
        except (ValueError, KeyError, TypeError):
            continue
    return found


def write_results(results: Iterable[dict[str, Any]], out: Path) -> None:
    """Write the results whole as .jsonl, or their main columns as .csv or .xlsx; no cell can be a formula."""
    if out.suffix == ".jsonl":
        out.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in results), encoding="utf-8")
        return
    table = [list(COLUMNS), *(_columns(r) for r in results)]
    if out.suffix == ".csv":
        with out.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(table)
        return
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("judgements")
    for values in table:
        sheet.append(values)
    book.save(out)


def _columns(result: dict[str, Any]) -> list[str]:
    if "error" in result:
        values = [result["id"], "", "", "", "", "", "", result["error"], result["fix"]]
    else:
        judgement = Judgement.model_validate({k: v for k, v in result.items() if k != "id"})
        values = [
            result["id"],
            judgement.fit.verdict,
            str(judgement.fit.confidence),
            ", ".join(f.reason for f in judgement.fit.flags),
            judgement.type.primary or "",
            judgement.type.decision_sentence or "",
            ", ".join(judgement.missing),
            "",
            "",
        ]
    return [cell(str(v)) for v in values]
