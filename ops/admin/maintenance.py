"""`migrate`, `viewer install`, `look install`: what a server needs before it can run."""

from __future__ import annotations

import argparse
from pathlib import Path

from archive.archive import migrate
from archive.settings import Settings
from community.look import packages
from community.look.settings import LookSettings
from ops.admin.opening import Subparsers, command, group
from viewer import npm
from viewer.install import install
from viewer.releases import RELEASES
from viewer.settings import ViewerSettings


def register(commands: Subparsers) -> None:
    """Add the commands to the parser."""
    command(commands, "migrate", "bring the database to the newest form", _migrate)
    inner = group(commands, "viewer", "the OHIF viewer's files")
    parser = command(inner, "install", "fetch the viewer, unless it is there", _install)
    parser.add_argument(
        "--version",
        choices=tuple(RELEASES),
        help="which release (default: DICOMTUBE_VIEWER_VERSION, else the newest)",
    )
    parser.add_argument("--tarball", type=Path, help="the package, where npm cannot fetch it")
    inner = group(commands, "look", "the style sheets, scripts and typefaces of the pages")
    command(inner, "install", "fetch them, unless they are there", _install_look)


def _migrate(_: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    settings.home.mkdir(parents=True, exist_ok=True)
    migrate(settings)
    return 0


def _install(arguments: argparse.Namespace) -> int:
    settings = ViewerSettings.from_environment()
    version = arguments.version or settings.version
    place = install(settings.cache, version, print, arguments.tarball, settings.base)
    print(f"Installed at {place}")
    return 0


def _install_look(_: argparse.Namespace) -> int:
    place = packages.install(LookSettings.from_environment().cache, npm.pack, print)
    print(f"Installed at {place}")
    return 0
