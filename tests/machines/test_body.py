"""S7: a body of 200 MB from nobody is refused before it is read, by a running process and by nginx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from assistant.web.guards import BODY_LIMIT

MB = 1024 * 1024
SIZE = 200 * MB
FORM = "application/x-www-form-urlencoded"
FILES = "multipart/form-data; boundary=x"
PATHS = {
    "/api/v1/check": "application/json",
    "/gradio_api/queue/join": "application/json",
    "/gradio_api/upload": FILES,
    "/signin": FORM,
}
HEAD = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'


def memory(pid: int) -> int:
    """The most memory a process has used so far, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def pieces(kind: str) -> Iterator[bytes]:
    """The body, a piece at a time; of a file that is sent, with the right beginning."""
    if kind == FILES:
        yield HEAD
    for _ in range(SIZE // (256 * 1024)):
        yield bytes(256 * 1024)


def send(url: str, kind: str, *, declared: bool) -> int:
    """The status of the answer; 0 when the connection was closed while the body was still being sent."""
    headers = {"Content-Type": kind}
    if declared:
        headers["Content-Length"] = str(SIZE + (len(HEAD) if kind == FILES else 0))
    try:
        return httpx.post(url, content=pieces(kind), headers=headers, timeout=60).status_code
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        return 0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "as it comes"])
def test_a_body_of_200_mb_is_refused_and_costs_20_mb_at_most(site, declared) -> None:
    """413, or a closed connection for a sender that does not listen; the process never holds 20 MB more for it."""
    machine = site.machines[0]
    for _ in range(2):  # whatever a process loads for its first visitors is loaded
        site.browser(machine.url).say("Families wait months for a repair.")
    answers, growth = {}, {}
    for path, kind in PATHS.items():
        before = memory(machine.process.pid)
        answers[path] = send(machine.url + path, kind, declared=declared)
        growth[path] = (memory(machine.process.pid) - before) // MB

    # A form whose field is longer than 1 MB ends there, before the limit.
    assert {status for path, status in answers.items() if path != "/signin" or status != 400} <= {413, 0}
    assert max(growth.values()) <= 20, growth
    assert httpx.get(f"{machine.url}/healthz", timeout=60).status_code == 200


def test_nginx_refuses_it_by_itself(site) -> None:
    """The shipped site lets as much through as the product takes, and no more."""
    with site.front() as url:
        refused = send(f"{url}/api/v1/check", "application/json", declared=True)
        taken = httpx.post(f"{url}/api/v1/check", content=bytes(BODY_LIMIT - MB), timeout=60)

    assert refused in (413, 0)
    assert taken.status_code == 401
