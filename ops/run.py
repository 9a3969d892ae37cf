"""`python -m ops run`: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import http.client
import os
import subprocess
import sys
import time

from archive.private import write_for_ourselves
from archive.settings import Bind, Settings
from community.accounts.settings import FAKE_PROVIDERS_URL, wants_development_sign_in
from community.look import packages
from community.look.settings import LookSettings
from ops import programs
from ops.broker import own_broker
from ops.children import Program
from ops.errors import OperatorError
from ops.lock import only_one
from ops.ports import free_bind, reachable, require_free
from ops.supervisor import Supervisor
from ops.welcome import welcome
from telemetry.processes import fresh_directory
from viewer import npm
from viewer.errors import ViewerError
from viewer.install import install
from viewer.settings import ViewerSettings

max_start_s = 120.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `run` takes."""
    parser.add_argument(
        "--logs",
        choices=("files", "terminal"),
        default="files",
        help="where the servers' log lines go: DICOMTUBE_HOME/logs (default) or this terminal",
    )


def run(arguments: argparse.Namespace) -> int:
    """Start everything, say when it is ready, and stay until told to stop."""
    settings = Settings.from_environment()
    viewer = ViewerSettings.from_environment()
    write_for_ourselves()
    settings.home.mkdir(parents=True, exist_ok=True)
    with only_one(settings.home):
        require_free(settings.http_bind, "DICOMTUBE_HTTP_BIND")
        require_free(settings.dimse_bind, "DICOMTUBE_DIMSE_BIND")
        _install_viewer(viewer)
        _install_look(LookSettings.from_environment())
        environment, parts = _product(settings, viewer)
        supervisor = Supervisor(settings.home, _say, arguments.logs == "terminal")
        with supervisor.running():
            _say("Preparing the database …")
            _migrate(environment)
            _say("Starting broker, web, worker and DIMSE …")
            supervisor.start(parts)
            _announce(settings, supervisor)
            supervisor.watch()
            _say(f"Stopping ({supervisor.stopped_by}) …")
    _say("Stopped.")
    return 0


def _product(settings: Settings, viewer: ViewerSettings) -> tuple[dict[str, str], list[Program]]:
    """Return the children's environment and the programs, foundations first."""
    additions = {
        "DICOMTUBE_VIEWER_CACHE": str(viewer.cache),
        "DICOMTUBE_LOOK_CACHE": str(LookSettings.from_environment().cache),
        **fresh_directory(settings.home),
    }
    stand_ins = _stand_ins(settings)
    if stand_ins is not None:
        additions[FAKE_PROVIDERS_URL] = f"http://localhost:{stand_ins.port}"
    environment = programs.child_environment(os.environ, settings.home, additions)
    parts: list[Program] = []
    if stand_ins is not None:
        parts.append(programs.providers(stand_ins, environment))
    if settings.broker_url is None:
        broker = own_broker(settings.home, os.environ)
        environment["DICOMTUBE_BROKER_URL"] = broker.url
        parts.append(broker.program)
    parts += [
        programs.web(settings.http_bind, environment),
        programs.worker(environment),
        programs.beat(settings.home, environment),
        programs.dimse(environment),
    ]
    return environment, parts


def _stand_ins(settings: Settings) -> Bind | None:
    """Where stand-ins of the identity providers are to listen, if they are wanted."""
    if os.environ.get(FAKE_PROVIDERS_URL) or not wants_development_sign_in(settings, os.environ):
        return None
    return free_bind()


def _install_viewer(viewer: ViewerSettings) -> None:
    """Have the viewer's files; an archive without a viewer is still worth running."""
    try:
        install(viewer.cache, viewer.version, _say, base=viewer.base)
    except ViewerError as exc:
        _say(f"Going on without the viewer: {exc}")


def _install_look(look: LookSettings) -> None:
    """Have the files of the pages; without them pages are plainer, and work."""
    try:
        packages.install(look.cache, npm.pack, _say)
    except (ViewerError, packages.PackageRefused, OSError) as exc:
        _say(f"Going on with plainer pages: {exc}")


def _migrate(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "ops", "migrate"]
    if subprocess.run(command, env=environment, check=False).returncode:  # noqa: S603 — our own command
        raise OperatorError("The database could not be prepared; the reason stands above.")


def _announce(settings: Settings, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + max_start_s
    supervisor.watch(until=lambda: _is_ready(settings) or time.monotonic() > deadline)
    if supervisor.stopping:
        return
    if time.monotonic() > deadline:
        raise OperatorError(
            f"The server did not become ready within {max_start_s:.0f} s; "
            f"its logs are in {settings.home / 'logs'}."
        )
    supervisor.ready = True
    _say(welcome(settings, wants_development_sign_in(settings, os.environ)))


def _is_ready(settings: Settings) -> bool:
    bind = reachable(settings.http_bind)
    connection = http.client.HTTPConnection(bind.host, bind.port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _say(line: str) -> None:
    print(line, flush=True)
