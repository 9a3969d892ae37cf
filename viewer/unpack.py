"""From a tarball to the files that we keep, trusting neither its names nor its sizes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import tarfile
from pathlib import Path, PurePosixPath

from viewer.errors import PackageRefused

max_members = 5_000
max_unpacked_bytes = 512 * 1024 * 1024

_DIST = PurePosixPath("package/dist")
_LICENSE = PurePosixPath("package/LICENSE")

# What is not served: the ONNX runtime of an experimental segmentation tool (136 MB), source maps,
# scripts that would fetch from other origins, and set-up files for other hosts.
DROPPED_FOLDERS = frozenset({"ort"})
DROPPED_SUFFIXES = frozenset({".map"})
DROPPED_NAMES = frozenset({"google.js", "sw.js", "_headers", "_redirects", "serve.json"})


def verify(tarball: Path, integrity: str) -> None:
    """Compare the tarball with its pinned digest.

    Raises
    ------
    PackageRefused
        They differ.
    """
    algorithm, _, expected = integrity.partition("-")
    with tarball.open("rb") as stream:
        digest = hashlib.file_digest(stream, algorithm).digest()
    if not hmac.compare_digest(base64.b64encode(digest).decode(), expected):
        raise PackageRefused(
            f"{tarball.name} is not the package we know: its {algorithm} differs from the pinned "
            "one. Do not use it; fetch it again, and if it still differs, tell the maintainers."
        )


def unpack(tarball: Path, target: Path) -> None:
    """Write the files of the package's `dist` that we serve into `target`, and the licence.

    Raises
    ------
    PackageRefused
        A member is outside the package, or there is more than any release ever held.
    """
    total = 0
    with tarfile.open(tarball, "r:gz") as archive:
        for count, member in enumerate(archive, start=1):
            total += member.size
            if count > max_members or total > max_unpacked_bytes:
                raise PackageRefused(f"{tarball.name} holds more than a viewer should")
            place = _place(member)
            if place is None:
                continue
            path = target / place
            path.parent.mkdir(parents=True, exist_ok=True)
            source = archive.extractfile(member)
            if source is not None:
                path.write_bytes(source.read())


def _place(member: tarfile.TarInfo) -> PurePosixPath | None:
    """Return where a member goes below the target, or None if it is not kept."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
        raise PackageRefused(f"the package holds a member that is no plain file: {path.name!r}")
    if path == _LICENSE:
        return PurePosixPath("LICENSE.txt")
    if not member.isfile() or not path.is_relative_to(_DIST):
        return None
    place = path.relative_to(_DIST)
    return place if _is_kept(place) else None


def _is_kept(place: PurePosixPath) -> bool:
    return (
        place.parts[0] not in DROPPED_FOLDERS
        and place.suffix not in DROPPED_SUFFIXES
        and place.name not in DROPPED_NAMES
    )
