"""Words that options of the command line take."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Engine(StrEnum):
    """The engines of the product."""

    local = "local"
    llm = "llm"


class Part(StrEnum):
    """The parts of the suites."""

    all = "all"
    public = "public"
    sealed = "sealed"


class Language(StrEnum):
    """The languages of a page."""

    en = "en"
    es = "es"
    pt = "pt"


EngineOption = Annotated[Engine, typer.Option(help="Which engine: local or llm.")]
SealedOption = Annotated[
    bool,
    typer.Option("--sealed", help="Show the words of sealed cases too; not for who writes prompts or rules."),
]
