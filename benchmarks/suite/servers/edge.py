"""Our server with Debian's nginx in front, by the configuration of `deploy/nginx`.

May live here: what has to be other than there, so that it runs in a folder of ours and is not held
back: addresses, folders, and how much one client may ask.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import requests

from benchmarks.suite.servers.nginx import owner, program
from benchmarks.suite.servers.ours import ours
from benchmarks.suite.servers.server import Server
from tests.product import ROOT
from tests.services import free_port, running, wait_until

DEPLOY = ROOT / "deploy" / "nginx"
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_MAIN = """
user {user};
daemon off;
worker_processes auto;
pid {home}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
access_log off;
keepalive_requests 1000000;
{temporary}
{common}
server {{ listen 127.0.0.1:{port}; include dicomtube/locations.conf; }}
}}
"""


@contextlib.contextmanager
def ours_behind_nginx(name: str, home: Path) -> Iterator[Server]:
    """Start both; requests go through nginx, which asks the server each time."""
    port = free_port()
    outside = f"http://127.0.0.1:{port}"
    told = {"DICOMTUBE_PUBLIC_URL": outside, "DICOMTUBE_TRUSTED_PROXIES": "127.0.0.1"}
    with ours(name, home / "home", told) as inner:
        inner_port = urlsplit(inner.root).port
        assert inner_port is not None
        configuration = write_configuration(home / "nginx", port, inner_port)
        command = [program(), "-p", str(configuration.parent), "-c", str(configuration)]
        with running([*command, "-e", "stderr"], home / "nginx.log") as process:
            wait_until(lambda: requests.get(f"{outside}/healthz", timeout=5).ok, "nginx in front")
            yield replace(
                inner,
                root=f"{outside}/dicom-web",
                roots=lambda: {process.pid, *inner.roots()},
                web_ports=(port, inner_port),
            )


def write_configuration(folder: Path, port: int, to_port: int) -> Path:
    """The files of `deploy/nginx`, and a main file that includes them."""
    own = folder / "dicomtube"
    own.mkdir(parents=True)
    for name in ("locations.conf", "passing.conf"):
        shutil.copy(DEPLOY / name, own / name)
    common = (DEPLOY / "http.conf").read_text("utf-8")
    for wanted, instead in (
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{to_port}"),
        (r"/var/cache/nginx/dicomtube", str(folder / "cache")),
        (r"rate=\d+r/s", "rate=1000000r/s"),
    ):
        common, count = re.subn(wanted, instead, common)
        if not count:
            raise ValueError(f"deploy/nginx/http.conf has no {wanted} any more")
    temporary = "\n".join(f"{one}_temp_path {folder}/{one};" for one in _TEMPORARY)
    path = folder / "nginx.conf"
    path.write_text(
        _MAIN.format(user=owner(), home=folder, temporary=temporary, common=common, port=port),
        "utf-8",
    )
    return path
