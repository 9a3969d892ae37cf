"""Putting a release of the viewer where it can be served: once, and all of it or nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from viewer import npm
from viewer.compress import write_siblings
from viewer.errors import ViewerError
from viewer.releases import PACKAGE, find_release
from viewer.rewrite import move_under, repair
from viewer.unpack import unpack, verify

PREFIX = "/viewer/"

# Goes up when what we do to a package changes, so that copies made the old way are not used.
RECIPE = 2


def installed_path(cache: Path, version: str) -> Path:
    """Return where a release lies once it is installed; the folder exists only when complete."""
    return cache / f"ohif-{version}-r{RECIPE}"


def install(
    cache: Path, version: str, say: Callable[[str], None], tarball: Path | None = None
) -> Path:
    """Fetch, verify, unpack, rewrite and compress a release, unless that was done before.

    Parameters
    ----------
    cache : Path
        Folder that holds releases side by side; made if missing.
    version : str
        One of `viewer.releases`.
    say : callable
        Told what is being done, one line at a time.
    tarball : Path, optional
        The package, where it was brought by hand; otherwise npm fetches it.

    Returns
    -------
    Path
        The folder to serve.

    Raises
    ------
    ViewerError
        Nothing was installed; the message says why and what to do.
    """
    release = find_release(version)
    target = installed_path(cache, version)
    if target.is_dir():
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="ohif-", dir=cache) as scratch:
            package = tarball or _fetch(version, Path(scratch), say)
            verify(package, release.integrity)
            _prepare(package, Path(scratch) / "dist", target, say)
    except OSError as exc:
        raise ViewerError(f"the viewer could not be written to {cache}: {exc.strerror}") from exc
    return target


def _fetch(version: str, scratch: Path, say: Callable[[str], None]) -> Path:
    say(f"Fetching the viewer, OHIF {version} (48 MB) …")
    return npm.pack(PACKAGE, version, scratch, say)


def _prepare(package: Path, scratch: Path, target: Path, say: Callable[[str], None]) -> None:
    say("Unpacking the viewer …")
    unpack(package, scratch)
    move_under(scratch, PREFIX)
    repair(scratch)
    say("Compressing the viewer's files …")
    write_siblings(scratch)
    try:
        scratch.rename(target)
    except OSError:
        if not target.is_dir():  # else another process was quicker, with the same bytes
            raise
