"""nginx with answers that lie ready in files: what this machine can send at most.

May live here: its configuration and the files. It asks nobody who may read them.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path

import requests

from benchmarks.suite.data.corpus import Corpus
from benchmarks.suite.servers.server import Server
from tests.services import free_port, running, wait_until

FILES = 100
_HEAD = b"\r\n--limit\r\nContent-Type: application/octet-stream\r\n\r\n"
_TAIL = b"\r\n--limit--\r\n"
_CONFIGURATION = """
daemon off;
user {user};
worker_processes auto;
pid {home}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    open_file_cache max=1000;
    types {{ }}
    default_type 'multipart/related; type="application/octet-stream"; boundary=limit';
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    server {{ listen 127.0.0.1:{port}; root {home}/files; }}
}}
"""


@contextlib.contextmanager
def nginx(name: str, home: Path, corpus: Corpus) -> Iterator[Server]:
    """Start one that serves frames of the CT series, framed before."""
    _write_files(home / "files", corpus)
    port = free_port()
    configuration = home / "nginx.conf"
    configuration.write_text(_configuration(home, port), "utf-8")
    command = [program(), "-p", str(home), "-c", str(configuration), "-e", "stderr"]
    with running(command, home / "nginx.log") as process:
        root = f"http://127.0.0.1:{port}"
        wait_until(lambda: requests.get(f"{root}/1", timeout=5).ok, "nginx")
        yield Server(name, root, roots=lambda: {process.pid})


def _configuration(home: Path, port: int) -> str:
    return _CONFIGURATION.format(home=home, port=port, user=owner())


def program() -> str:
    """Where nginx is; the paths of those who are not root often leave it out."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        raise FileNotFoundError("nginx is not installed")
    return found


def owner() -> str:
    """Whom its workers are to be: us, as files of ours lie where nobody else may look."""
    return f"{pwd.getpwuid(os.getuid()).pw_name} {grp.getgrgid(os.getgid()).gr_name}"


def _write_files(folder: Path, corpus: Corpus) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for at, one in enumerate(corpus.ct[:FILES], 1):
        pixels = corpus.read(one)[-512 * 512 * 2 :]
        (folder / str(at)).write_bytes(_HEAD + pixels + _TAIL)
