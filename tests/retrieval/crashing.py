"""Adds one file to an index; the test ends this process while it does."""

import sys
from pathlib import Path

from assistant.retrieval.ingest import About, add_sources
from assistant.settings import Settings
from tests.retrieval.conftest import StemEncoder

home, data, path = map(Path, sys.argv[1:])
add_sources(
    Settings(home=home, data_dir=data, _env_file=None),  # type: ignore[call-arg]
    StemEncoder(),
    [path],
    About(),
    language=lambda text: "en",
    approved_by="a test",
)
