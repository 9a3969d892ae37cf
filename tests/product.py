"""The whole product as processes, started the way `make run` starts it.

May live here: starting, watching and killing those processes, and small clients of their doors.
May not: anything of the product's own code; the tests see it from outside only.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

import requests
from pynetdicom import AE
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from tests.services import free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent
#: What of a child's command line tells its role.
ROLES = {"web": "granian", "worker": "celery", "dimse": "dimse"}
JSON = "application/dicom+json"


class Product:
    """Web, worker and DIMSE under the supervisor, on free ports of loopback."""

    def __init__(self, home: Path, environment: Mapping[str, str] = {}) -> None:
        self.home = home
        self.http_port, self.dimse_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.root = f"{self.url}/dicom-web"
        self.log = home / "product.log"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("DICOMTUBE_")},
            "DICOMTUBE_HTTP_BIND": f"127.0.0.1:{self.http_port}",
            "DICOMTUBE_DIMSE_BIND": f"127.0.0.1:{self.dimse_port}",
            "DICOMTUBE_HOME": str(home),
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, timeout_s: float = 120.0, *, echo: bool = True) -> None:
        """Start everything and wait until it is ready; `echo` also asks C-ECHO of a stranger."""
        self._ask_echo = echo
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ops", "run"],
                cwd=ROOT, env=self.environment, stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        try:
            wait_until(self._ready, "the product to be ready", timeout_s)
        except TimeoutError:
            self.stop()
            raise RuntimeError(f"did not start:\n{self.log.read_text()[-4000:]}") from None

    def _ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"the supervisor ended: {self.log.read_text()[-4000:]}")
        return requests.get(f"{self.url}/healthz", timeout=5).ok and (
            not self._ask_echo or self.echo()
        )

    def echo(self) -> bool:
        """Does C-ECHO answer?"""
        ae = AE(ae_title="ECHO")
        ae.add_requested_context(Verification)
        assoc = ae.associate("127.0.0.1", self.dimse_port, ae_title="DICOMTUBE")
        if not assoc.is_established:
            return False
        status = assoc.send_c_echo()
        assoc.release()
        return bool(status) and status.Status == 0

    def stop(self) -> None:
        """Terminate as Ctrl-C would; what lingers is killed."""
        if self.process is None:
            return
        children = self.descendants()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in children:
            kill(pid)
        self.process = None

    def command(self, *arguments: str, check: bool = True) -> str:
        """Run an operator's command (`python -m ops …`) and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "ops", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(f"ops {arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    # ---- its processes
    def descendants(self) -> list[int]:
        assert self.process is not None
        return descendants(self.process.pid)

    def pids(self, role: str) -> list[int]:
        """The processes of one role: web, worker or dimse."""
        word = ROLES[role]
        return [pid for pid in self.descendants() if word in command_line(pid)]

    def peak_memory_mib(self) -> dict[str, int]:
        """The highest resident set any process of each role has had, in MiB."""
        return {role: max((peak_mib(p) for p in self.pids(role)), default=0) for role in ROLES}


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """Every process below `pid`, from /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        todo += (below := children.get(todo.pop(), []))
        found += below
    return found


def command_line(pid: int) -> str:
    try:
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    except OSError:
        return ""


def peak_mib(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    match = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(match[1]) // 1024 if match else 0


# ---- small clients
def stow_body(instances: Iterable[bytes], boundary: str | None = None) -> tuple[bytes, str]:
    """A multipart/related body of Part 10 parts, and its Content-Type."""
    boundary = boundary or uuid.uuid4().hex
    parts = b"".join(
        b"--%s\r\nContent-Type: application/dicom\r\n\r\n%s\r\n" % (boundary.encode(), data)
        for data in instances
    )
    body = parts + b"--%s--\r\n" % boundary.encode()
    return body, f'multipart/related; type="application/dicom"; boundary={boundary}'


def stow(
    root: str,
    instances: Iterable[bytes],
    *,
    timeout_s: float = 120,
    headers: Mapping[str, str] = {},
) -> requests.Response:
    """Store `instances` in one request at `root`."""
    body, content_type = stow_body(instances)
    return requests.post(
        f"{root}/studies",
        data=body,
        headers={"Content-Type": content_type, "Accept": JSON, **headers},
        timeout=timeout_s,
    )


def wait_processed(product: Product, timeout_s: float = 120) -> None:
    """Wait until the worker has nothing left to do."""
    wait_until(lambda: backlog(product) == 0, "the worker to finish", timeout_s)


def backlog(product: Product) -> float:
    """How many studies wait for the worker, as /metrics tells."""
    text = requests.get(f"{product.url}/metrics", timeout=10).text
    match = re.search(r"^dicomtube_unprocessed_studies(?:\{[^}]*\})? ([0-9.e+]+)$", text, re.M)
    assert match, "the metric dicomtube_unprocessed_studies is missing"
    return float(match[1])


def time_left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
