"""The `scoping` command: thin, every line of work is elsewhere."""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

# The products of judging are small: more threads wait for each other longer than they work. Read when NumPy loads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import typer

from assistant import __version__
from assistant.cli_index import index_app
from assistant.commands import data_app, users_app
from assistant.domain import Conversation, Lang
from assistant.errors import ConfigError, InputError, ScopingError
from assistant.settings import read_settings
from assistant.wiring import Product, build

app = typer.Typer(
    name="scoping",
    help="Turns a resident's problem into a use case worth testing, with a cited first-pass fit check.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(index_app, name="index")
app.add_typer(users_app, name="users")
app.add_typer(data_app, name="data")


class Language(StrEnum):
    """The languages the assistant works in."""

    en = "en"
    es = "es"
    pt = "pt"


LangOption = Annotated[Language | None, typer.Option("--lang", help="Language of the reply: en, es or pt.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def main() -> NoReturn:
    """Run the command line; errors are two lines, `error:` and `fix:`."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        stopped = app(standalone_mode=False)
    except ScopingError as error:
        if debug:
            raise
        fail(str(error), error.fix, error.exit_code)
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except typer.Abort:
        sys.exit(130)
    except Exception as error:
        if debug:
            raise
        shown = getattr(error, "format_message", None)
        if shown is not None:  # click's own: a wrong option or argument
            fail(shown(), "see: scoping --help", 2)
        fail(f"{type(error).__name__}: {error}", "run again with --debug and report what it prints", 1)
    sys.exit(stopped if isinstance(stopped, int) else 0)


def fail(message: str, fix: str, code: int) -> NoReturn:
    """Print the two lines of an error and leave."""
    print(f"error: {message}\nfix: {fix}", file=sys.stderr)
    sys.exit(code)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 7860,
) -> None:
    """Open the applicant's chat in a browser."""
    product = build(read_settings())
    _ensure_index(product)
    from assistant.web.app import serve as run

    run(product, host, port)


@app.command()
def check(
    source: Annotated[
        str, typer.Argument(metavar="[FILE|-]", help="A proposal, or - for standard input.")
    ] = "-",
    as_json: JsonOption = False,
    lang: LangOption = None,
    batch: Annotated[
        Path | None, typer.Option(help="Many proposals: a .jsonl, .csv or .xlsx file, or a folder.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where --batch writes: .jsonl, .csv or .xlsx.")] = None,
) -> None:
    """First-pass fit check of one proposal, or of many with --batch and --out."""
    product = build(read_settings(), light=True)
    if batch is not None:
        _check_batch(product, batch, out)
        return
    judgement = product.assistant.judge_text(_proposal(source), _lang(lang))
    if as_json:
        print(judgement.to_json())
        return
    from assistant.terminal import show_judgement

    show_judgement(judgement, product.programme, product.words)


@app.command()
def interview(
    jsonl: Annotated[bool, typer.Option(help='Read {"text": …} lines, write one Turn a line.')] = False,
    lang: LangOption = None,
) -> None:
    """The conversation in a terminal."""
    product = build(read_settings(), light=True)
    from assistant import terminal

    begun = Conversation(lang=_lang(lang))
    if jsonl:
        terminal.interview_jsonl(product.assistant, begun, sys.stdin, sys.stdout)
    else:
        terminal.interview(product, begun)


@app.command()
def ask(question: str, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Answer a question from the sources, with citations, or say that they do not say."""
    product = build(read_settings(), light=True)
    spoken = _lang(lang) or product.language_of(question)
    answer = product.ask(question, spoken)
    if as_json:
        print(answer.to_json())
        return
    from assistant.terminal import show_answer

    show_answer(answer)


@app.command()
def search(
    query: str,
    as_json: JsonOption = False,
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="How many results.")] = 5,
    lang: LangOption = None,
) -> None:
    """Passages and past cases that are near to a query."""
    product = build(read_settings(), light=True)
    spoken = _lang(lang) or product.language_of(query)
    hits = [*product.retriever.passages(query, spoken, k), *product.retriever.cases(query, spoken, k)]
    from assistant.terminal import search_results, show_results

    results = search_results(sorted(hits, key=lambda h: -h.score)[:k])
    if as_json:
        print(json.dumps(results, ensure_ascii=False))
    else:
        show_results(results)


@app.command()
def brief(
    draft: Annotated[Path, typer.Argument(help="A saved brief (.json).")],
    to: Annotated[
        str, typer.Option("--to", help="docx, pdf, html, md or json; workshop is a one-page sheet (PDF).")
    ] = "md",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Where to write; standard output for text.")
    ] = None,
) -> None:
    """Write a saved brief in another form."""
    from assistant.briefs.forms import BINARY, render_brief

    product = build(read_settings(), light=True)
    data = render_brief(_read_text(draft), to, product.programme, product.words)
    if out is not None:
        _write(out, data)
    elif to in BINARY:
        raise InputError(f"the form {to} cannot be printed", fix="name a file with -o")
    else:
        sys.stdout.write(data.decode("utf-8"))


SavedFile = Annotated[Path, typer.Argument(metavar="DRAFT.json", help="A saved brief or draft.")]


@app.command()
def clinic(draft: SavedFile, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Rehearse the peer clinic: six voices object to a saved draft in its own words."""
    from assistant import coachview
    from assistant.briefs.saved import load_saved

    product = build(read_settings(), light=True)
    saved = load_saved(_read_text(draft))
    made = product.rehearse(saved.conversation, saved.judgement, _lang(lang))
    if as_json:
        print(made.to_json())
    else:
        coachview.show(coachview.clinic_lines(made, product.coaching.bank, product.words))


@app.command()
def plan(draft: SavedFile, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """The test plan of a saved draft: what has to be true, ways to find out, what would end it."""
    from assistant import coachview
    from assistant.briefs.saved import load_saved

    product = build(read_settings(), light=True)
    saved = load_saved(_read_text(draft))
    made = product.coaching.plan(saved.conversation, saved.judgement, _lang(lang))
    if as_json:
        print(made.to_json())
        return
    probe = product.coaching.probe(saved.conversation, made.lang)
    coachview.show(coachview.plan_lines(made, product.words))
    coachview.show(coachview.probe_lines(probe, product.words, made.lang))


@app.command()
def clock(
    draft: SavedFile,
    as_json: JsonOption = False,
    lang: LangOption = None,
    ics: Annotated[Path | None, typer.Option(help="Write the fully printed dates to this .ics file.")] = None,
) -> None:
    """Whether a saved draft fits the programme's months, as far as its dates are printed."""
    from assistant import coachview
    from assistant.briefs.saved import load_saved

    product = build(read_settings(), light=True)
    saved = load_saved(_read_text(draft))
    spoken = _lang(lang) or saved.judgement.lang
    made = product.coaching.clock(saved.conversation, spoken)
    if ics is not None:
        _write(ics, product.coaching.ics(spoken))
    if as_json:
        print(made.to_json())
    else:
        coachview.show(coachview.clock_lines(made, product.words))


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """What is configured, and how to mend what is not."""
    from assistant.doctor import examine

    findings = examine(build(read_settings(), light=True))
    if as_json:
        print(json.dumps([f.to_data() for f in findings], ensure_ascii=False))
        return
    for finding in findings:
        print(f"{'ok ' if finding.ok else 'BAD'}  {finding.name}: {finding.detail}")
        if finding.fix:
            print(f"     fix: {finding.fix}")
    if not all(f.ok for f in findings):
        raise typer.Exit(1)


@app.command(
    "eval",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def evaluate(context: typer.Context) -> None:
    """The evaluation suites: run, compare, gate, bless, list, show, report, coverage, agreement, candidates."""
    from importlib import import_module

    try:
        suites = import_module("evals.cli")  # by name: the product never imports its evaluations
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"the evaluations cannot be loaded: there is no {error.name}",
            fix="install them: pip install 'scoping[eval]'",
        ) from None
    code = suites.app(args=context.args, prog_name="scoping eval", standalone_mode=False)
    raise typer.Exit(code if isinstance(code, int) else 0)


@app.command()
def mcp() -> None:
    """Serve check, ask and search to another assistant over standard input and output (MCP)."""
    from assistant.mcp import serve as run

    run(build(read_settings(), light=True))


@app.command()
def version() -> None:
    """The version of the product."""
    print(__version__)


def _check_batch(product: Product, batch: Path, out: Path | None) -> None:
    if out is None:
        raise InputError("--batch needs --out", fix="name the file to write: --out results.jsonl")
    from assistant.batch import check_batch

    done = check_batch(product.assistant, batch, out, elsewhere=product.settings)
    print(
        f"{done.judged} judged, {done.failed} with an error, {done.kept} already there: {out}",
        file=sys.stderr,
    )


def _ensure_index(product: Product) -> None:
    from assistant.retrieval.manifest import status

    if status(product.settings, product.search_encoder.name).state != "ready":
        product.build_index()


def _proposal(source: str) -> str:
    if source == "-":
        from assistant.safety import decode, looks_binary

        data = sys.stdin.buffer.read()
        if looks_binary(data):
            fix = "send a .txt, .md, .docx or .pdf file, or paste the text"
            raise InputError("standard input is not text", fix=fix, key="binary")
        return decode(data)
    from assistant.documents import read_document

    return read_document(Path(source)).text


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        fix = "name a file in a folder you can write to"
        raise InputError(f"{path} cannot be written: {error.strerror}", fix=fix) from None


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", fix="name a readable .json file") from None


def _lang(lang: Language | None) -> Lang | None:
    return lang.value if lang is not None else None
