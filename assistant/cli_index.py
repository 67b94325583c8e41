"""`scoping index`: what the assistant knows, and what staff add to it."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.settings import read_settings
from assistant.wiring import build

if TYPE_CHECKING:
    from assistant.retrieval.added import AddedSource
    from assistant.retrieval.ingest import Outcome

index_app = typer.Typer(
    help="The knowledge index, and the sources that staff add to it.", no_args_is_help=True
)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


class SourceLanguage(StrEnum):
    """The languages a source may be in."""

    en = "en"
    es = "es"
    pt = "pt"


@index_app.command("build")
def index_build() -> None:
    """Build the index from the corpus and the added sources."""
    build(read_settings()).build_index()


@index_app.command("status")
def index_status(as_json: AsJson = False) -> None:
    """What the index holds, how old it is, and whether it fits the corpus and the model."""
    from assistant.retrieval.manifest import status

    product = build(read_settings(), light=True)
    found = status(product.settings, product.search_encoder.name)
    if as_json:
        print(found.to_json())
        return
    print(f"state: {found.state}" + (f" ({found.why})\nfix: {found.fix}" if found.why else ""))
    if (manifest := found.manifest) is None:
        return
    print(f"built: {_age(found.age_s or 0)} ago, {manifest.built_at}")
    print(f"fingerprint: {manifest.corpus[:16]} corpus, {manifest.catalogue[:16] or 'no'} added sources")
    print(f"corpus: {manifest.passages} passages and {manifest.cases} past cases, each in three languages")
    print(f"added: {manifest.added} passages of {manifest.sources} sources")
    print(f"tiers: {', '.join(f'{tier}: {count}' for tier, count in manifest.tiers.items())}")
    print(f"model: {manifest.encoder}, {manifest.vectors} vectors, {_STORES[manifest.store]}")
    print(f"folder: {product.settings.index_dir / 'builds' / manifest.build}")


@index_app.command("add")
def index_add(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Files (.pdf .docx .pptx .xlsx .html .md .txt) or folders."),
    ],
    tier: Annotated[
        int | None,
        typer.Option(min=1, max=4, help="Trust: 2 own pages, 3 history (default), 4 past projects."),
    ] = None,
    date: Annotated[str | None, typer.Option(help="What the source is dated, such as 2026-05-01.")] = None,
    title: Annotated[str | None, typer.Option(help="How it is called in a citation.")] = None,
    id: Annotated[str | None, typer.Option(help="Its id; the file's name by default.")] = None,
    lang: Annotated[
        SourceLanguage | None, typer.Option(help="Its language; told from its text by default.")
    ] = None,
    booklet: Annotated[
        bool, typer.Option("--booklet", help="It is the programme's official booklet, of tier 1.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add files to the index: running this is the approval. A newer version takes the place of the older."""
    from assistant.retrieval.ingest import About

    about = About(
        id=id, title=title, tier=tier, date=date, lang=lang.value if lang else None, booklet=booklet
    )
    outcomes = build(read_settings(), light=True).add_sources(paths, about)
    if as_json:
        print(json.dumps([outcome.to_data() for outcome in outcomes], ensure_ascii=False))
    else:
        for outcome in outcomes:
            _show(outcome)
    if any(outcome.change == "refused" for outcome in outcomes):
        raise typer.Exit(2)


@index_app.command("remove")
def index_remove(id: Annotated[str, typer.Argument(help="The source's id: see scoping index list.")]) -> None:
    """Take an added source out of the index."""
    source = build(read_settings(), light=True).remove_source(id)
    print(f"removed  {source.id}: {source.passages} passages")


@index_app.command("list")
def index_list(as_json: AsJson = False) -> None:
    """The sources that staff added."""
    from assistant.retrieval.building import current_catalogue

    sources = current_catalogue(read_settings()).sources
    if as_json:
        print(json.dumps([source.to_data() for source in sources], ensure_ascii=False))
        return
    for source in sources:
        print(_line(source))
    if not sources:
        print("no sources were added; add one with: scoping index add FILE")


def _show(outcome: Outcome) -> None:
    if outcome.change == "refused":
        print(f"refused  {outcome.file}\n  error: {outcome.why}\n  fix: {outcome.fix}")
        return
    print(
        f"{outcome.change:<9}{outcome.id}: {outcome.passages} passages, {outcome.lang or ''} {outcome.why}".rstrip()
    )
    if outcome.hidden:
        print(f"  {outcome.hidden} characters that no reader of the file sees were left out")
    if outcome.repaired:
        print(f"  broken accents were put right in {outcome.repaired} passages; the original is kept")


def _line(source: AddedSource) -> str:
    dated = f", {source.date}" if source.date else ""
    return (
        f"{source.id}: {source.title}{dated}; tier {source.tier}, {source.lang}, {source.passages} passages; "
        f"{source.file}, approved by {source.approved_by} on {source.added_at[:10]}"
    )


_STORES = {"files": "searched here", "server": "searched on a Chroma server"}


def _age(seconds: float) -> str:
    for size, name in _UNITS:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "less than a minute"
