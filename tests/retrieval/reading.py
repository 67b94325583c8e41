"""A process that asks the index over and over, and tells what it found; ends when its input does."""

import json
import sys
import threading
from pathlib import Path

from assistant.retrieval.following import Following
from assistant.settings import Settings
from tests.retrieval.conftest import StemEncoder

home, data = sys.argv[1:]
settings = Settings(home=Path(home), data_dir=Path(data), _env_file=None)  # type: ignore[call-arg]
search = Following(settings, StemEncoder(), light=True)  # type: ignore[arg-type]
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
while not ended.is_set():
    passages = [hit.id for hit in search.passages("how often are scoping sessions", "en", 3)]
    added = [hit.id for hit in search.passages("otters in the harbour canal", "en", 3)]
    cases = [hit.id for hit in search.cases("lead water pipes", "es", 1)]
    print(json.dumps([passages[0], "added/otters/1" in added, cases[0]]), flush=True)
    ended.wait(0.02)
