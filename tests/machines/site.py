"""Several processes of the product behind nginx, sharing one PostgreSQL and one Chroma server."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "deploy" / "nginx.conf"
NAME = "scoping.city.example"
START_S = 120.0


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(ready: Callable[[], bool], what: str, process: subprocess.Popen[bytes]) -> None:
    """Returns when it is ready; fails when the process ends or takes too long."""
    deadline = time.monotonic() + START_S
    while not ready():
        assert process.poll() is None, f"{what} stopped"
        assert time.monotonic() < deadline, f"{what} does not answer"
        time.sleep(0.1)


def listens(port: int) -> bool:
    """Whether somebody does on this port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def environment(**settings: str) -> dict[str, str]:
    """The environment of a process: ours, with these settings and no others of the product."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")}
    return {**kept, "PYTHONPATH": str(ROOT), **{f"ASSISTANT_{name}": text for name, text in settings.items()}}


@dataclass
class Machine:
    """One process of the product with a data folder of its own, as on a machine of its own."""

    data_dir: Path
    settings: Mapping[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its own address, past nginx."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it has written to standard error."""
        return self.data_dir / "log"

    def start(self) -> None:
        """Starts it; `wait` says when it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "assistant", "serve", "--port", str(self.port)],
                env=environment(DATA_DIR=str(self.data_dir), **self.settings),
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def wait(self) -> None:
        """Waits until it answers."""
        assert self.process is not None
        wait_for(self._answers, f"the process on port {self.port}", self.process)

    def kill(self) -> None:
        """Ends it with no chance to tidy up."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False


def nginx_program() -> str | None:
    """Debian's nginx, if it is installed."""
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


def nginx_files(folder: Path, port: int, machines: Sequence[Machine], *, sticky: bool = True) -> Path:
    """The shipped site with other addresses and no certificate, in a configuration that needs no rights."""
    site = SITE.read_text(encoding="utf-8")
    site = re.sub(r"server \{\n    listen 80;.*?\n\}\n", "", site, count=1, flags=re.DOTALL)
    site = re.sub(r"listen 443 ssl;", f"listen 127.0.0.1:{port};", site, count=1)
    site = re.sub(r"    ssl_\w+ .*\n", "", site)
    servers = "\n".join(f"    server 127.0.0.1:{m.port} max_fails=1 fail_timeout=5s;" for m in machines)
    site = re.sub(r"(    server 127\.0\.0\.1:\d+ .*\n)+", servers + "\n", site, count=1)
    if not sticky:
        site = site.replace("    hash $scoping_visitor consistent;\n", "")
    (folder / "site.conf").write_text(site, encoding="utf-8")
    places = "\n".join(
        f"    {kind}_temp_path {folder / kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off;\nworker_processes 1;\npid {folder / 'pid'};\nerror_log {folder / 'error.log'};\n"
        f"events {{}}\nhttp {{\n{places}\n    include {folder / 'site.conf'};\n}}\n",
        encoding="utf-8",
    )
    return main


@contextmanager
def nginx(folder: Path, machines: Sequence[Machine], *, sticky: bool = True) -> Iterator[str]:
    """nginx in front of these processes; its address."""
    program, port = nginx_program(), free_port()
    assert program
    folder.mkdir(parents=True, exist_ok=True)
    main = nginx_files(folder, port, machines, sticky=sticky)
    command = [program, "-c", str(main), "-p", str(folder), "-e", str(folder / "error.log")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: listens(port), "nginx", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@dataclass
class ChromaServer:
    """A Chroma server, started as an operator starts it."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it and waits until it listens."""
        command = [str(Path(sys.executable).parent / "chroma"), "run", "--path", str(self.folder)]
        self.process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(self.port)],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(lambda: listens(self.port), "the Chroma server", self.process)

    def stop(self) -> None:
        """Ends it."""
        if self.process:
            self.process.terminate()
            self.process.wait(10)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Down inside the block, up again after it."""
        self.stop()
        try:
            yield
        finally:
            self.start()
