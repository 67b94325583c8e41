"""A process that writes drafts until it is killed, noting each promise of the store after it was made.

Run with the database's address. For each line `notes-file` it starts a writer, prints its process id, waits
for its end and prints `ended`. Starting writers from here, where everything is imported, takes milliseconds.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[2]))

from conftest import answer

from assistant.store.drafts import Drafts


def write_forever(url: str, notes: str) -> None:
    """Receive and answer messages in ever new drafts."""
    store = Drafts(url)
    file = os.open(notes, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    while True:
        _, draft = store.create("en")
        os.write(file, f"create {draft.id}\n".encode())
        conversation = draft.conversation
        for number in range(1, 6):
            seq = store.receive(draft.id, f"message {number}")
            os.write(file, f"receive {draft.id} {seq}\n".encode())
            turn = answer(conversation, f"message {number}")
            store.complete(draft.id, seq, turn)
            os.write(file, f"complete {draft.id} {seq}\n".encode())
            conversation = turn.conversation


def main() -> None:
    """Start writers, one after the other."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            write_forever(sys.argv[1], line.strip())
        print(pid, flush=True)
        os.waitpid(pid, 0)
        print("ended", flush=True)


main()
