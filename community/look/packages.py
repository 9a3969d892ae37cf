"""The npm packages whose files we serve, each pinned by its digest, and putting them in place.

Nothing of a package is executed; of each only the files named here are kept, and its licence. How
a tarball is brought is given at the top.

References
----------
Subresource Integrity (W3C), section 3.1: how a digest is spelled.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

max_file_bytes: Final = 4 * 1024 * 1024

Say = Callable[[str], None]
Pack = Callable[[str, str, Path, Say], Path]
"""Brings ``package@version`` as a tarball into a folder: package, version, folder, who is told."""


class PackageRefused(Exception):  # noqa: N818 - past tense names read in sentences here
    """The package's bytes are not those we pinned."""


@dataclass(frozen=True, slots=True)
class Package:
    """One published package.

    Attributes
    ----------
    integrity
        Subresource Integrity of the tarball: ``sha512-<base64>``.
    files
        What is kept: its path inside the package, and the name it is served by.
    layered
        Served names of style sheets that are put into a cascade layer, so that whatever we say
        outranks them.
    """

    name: str
    version: str
    integrity: str
    files: Mapping[str, str] = field(default_factory=dict)
    layered: tuple[str, ...] = ()


_ATKINSON = "atkinson-hyperlegible"


def _font(kind: str, integrity: str, *styles: str) -> Package:
    """A variable typeface: Latin and the rest of Latin, in upright or also in italics."""
    files = {
        f"files/{_ATKINSON}-{kind}-{subset}-wght-{style}.woff2": f"{kind}-{subset}-{style}.woff2"
        for subset in ("latin", "latin-ext")
        for style in styles
    }
    return Package(f"@fontsource-variable/{_ATKINSON}-{kind}", "5.3.0", integrity, files)


PACKAGES: Final = (
    Package(
        "bootstrap",
        "5.3.9",
        "sha512-20cU0rcfw8WdxtVbmfU+xT2EjvVTw9Ror/h1Qvd7DXCujRg8OO9mdBCsmTHdJFf3BuadmBNJtgIuUXsBqSkk/w==",
        {
            "dist/css/bootstrap.min.css": "bootstrap.css",
            "dist/css/bootstrap.rtl.min.css": "bootstrap.rtl.css",
        },
        ("bootstrap.css", "bootstrap.rtl.css"),
    ),
    Package(
        "htmx.org",
        "2.0.11",
        "sha512-Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==",
        {"dist/htmx.min.js": "htmx.js"},
    ),
    _font(
        "next",
        "sha512-UnLzNUy1RWoLDfydAatP4NaRm99X/WbQEph7q/PymJnCFIOOwKOx3pBmp5ys8trO0dM+CKGuJgeZP9fAR4mQpA==",
        "normal",
        "italic",
    ),
    _font(
        "mono",
        "sha512-0IbthhO18EEpLe69h+cmrsxCkl4yk80gMk+fAN3+9M5zQvoR1JlkzoJRR6U9/UXLYpVBGEXu+Md2LO8TIp30dw==",
        "normal",
    ),
)


def installed_path(cache: Path) -> Path:
    """Where the files lie; the folder is there only when complete, and changes with the table."""
    digest = hashlib.sha256(repr(PACKAGES).encode()).hexdigest()[:12]
    return cache / f"look-{digest}"


def install(cache: Path, pack: Pack, say: Say) -> Path:
    """Fetch, verify and unpack every package, unless that was done before.

    Parameters
    ----------
    cache
        Folder for the files and for what is made on the way; made if missing.
    pack
        Brings a package.
    say
        Told what is being done, one line at a time.

    Returns
    -------
    Path
        The folder to serve.

    Raises
    ------
    PackageRefused
        Some package is not what was pinned; nothing was installed.
    """
    target = installed_path(cache)
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    say("Fetching Bootstrap, htmx and the typefaces of the pages (2 MB) …")
    with tempfile.TemporaryDirectory(prefix="look-", dir=cache) as scratch:
        finished = Path(scratch) / "finished"
        finished.mkdir()
        for number, package in enumerate(PACKAGES):
            folder = Path(scratch) / str(number)
            folder.mkdir()
            unpack(package, pack(package.name, package.version, folder, say), finished)
        try:
            finished.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was quicker, with the same bytes
                raise
    return target


def unpack(package: Package, tarball: Path, target: Path) -> None:
    """Write the files of a package that we keep into `target`, after its digest was compared.

    Raises
    ------
    PackageRefused
        The digest differs, or a file is missing or larger than any should be.
    """
    _verify(package, tarball)
    with tarfile.open(tarball, "r:gz") as archive:
        for source, name in package.files.items():
            data = _read(archive, f"package/{source}", package)
            if name in package.layered:
                data = b"@layer vendor{" + data.replace(b'@charset "UTF-8";', b"") + b"}"
            (target / name).write_bytes(data)
        licence = f"{package.name.rpartition('/')[2]}.LICENSE.txt"
        (target / licence).write_bytes(_read(archive, "package/LICENSE", package))


def _verify(package: Package, tarball: Path) -> None:
    algorithm, _, expected = package.integrity.partition("-")
    with tarball.open("rb") as stream:
        digest = hashlib.file_digest(stream, algorithm).digest()
    if not hmac.compare_digest(base64.b64encode(digest).decode(), expected):
        raise PackageRefused(
            f"{package.name} {package.version} is not the package we know: its {algorithm} differs "
            "from the pinned one. Fetch it again; if it still differs, tell the maintainers."
        )


def _read(archive: tarfile.TarFile, name: str, package: Package) -> bytes:
    try:
        member = archive.getmember(name)
    except KeyError:
        raise PackageRefused(f"{package.name} {package.version} holds no {name}") from None
    stream = archive.extractfile(member) if member.size <= max_file_bytes else None
    if stream is None:
        raise PackageRefused(f"{name} of {package.name} is not a file of the size we expect")
    return stream.read()
