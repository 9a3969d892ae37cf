"""Putting a release of the viewer where it can be served: once, and all of it or nothing."""

from __future__ import annotations

import hashlib
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
RECIPE = 3


def installed_path(cache: Path, version: str, base: str = "") -> Path:
    """Return where a release lies once it is installed; the folder exists only when complete.

    Parameters
    ----------
    base : str
        The path below which the whole server is seen: it is written into the files.
    """
    below = f"-{hashlib.sha256(base.encode()).hexdigest()[:12]}" if base else ""
    return cache / f"ohif-{version}-r{RECIPE}{below}"


def install(
    cache: Path,
    version: str,
    say: Callable[[str], None],
    tarball: Path | None = None,
    base: str = "",
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
    base : str
        The path below which the whole server is seen, such as ``/imaging``.

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
    target = installed_path(cache, version, base)
    if target.is_dir():
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="ohif-", dir=cache) as scratch:
            package = tarball or _fetch(version, Path(scratch), say)
            verify(package, release.integrity)
            _prepare(package, Path(scratch) / "dist", target, say, base + PREFIX)
    except OSError as exc:
        raise ViewerError(f"the viewer could not be written to {cache}: {exc.strerror}") from exc
    return target


def _fetch(version: str, scratch: Path, say: Callable[[str], None]) -> Path:
    say(f"Fetching the viewer, OHIF {version} (48 MB) …")
    return npm.pack(PACKAGE, version, scratch, say)


def _prepare(
    package: Path, scratch: Path, target: Path, say: Callable[[str], None], prefix: str
) -> None:
    say("Unpacking the viewer …")
    unpack(package, scratch)
    move_under(scratch, prefix)
    repair(scratch)
    say("Compressing the viewer's files …")
    write_siblings(scratch)
    try:
        scratch.rename(target)
    except OSError:
        if not target.is_dir():  # else another process was quicker, with the same bytes
            raise
