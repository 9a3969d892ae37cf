"""Making a viewer that was built for `/` work under a prefix, by rewriting its files once.

The published build spells its own place in a few ways, all plain text; each is a row below, and
so is each fault of the build that would stop it on real studies. A row that finds nothing means
that OHIF changed: the installation stops rather than half working.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from viewer.errors import PackageRefused


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of spelling an address from the root.

    Parameters
    ----------
    files : str
        Glob below the viewer's folder.
    pattern : bytes
        Regular expression; ``<root>`` in it marks the `/` that the prefix replaces.
    what : str
        For the error message.
    """

    files: str
    pattern: bytes
    what: str

    def expression(self) -> re.Pattern[bytes]:
        """Return the expression with group 1 before the root and group 2 after it."""
        before, after = self.pattern.split(b"<root>")
        return re.compile(b"(" + before + b")/(" + after + b")")


RULES = (
    Rule("index.html", rb'(?:href|src|content)="<root>(?!/)', "links of the page"),
    Rule("index.html", rb"window\.PUBLIC_URL\s*=\s*['\"]<root>['\"]", "PUBLIC_URL"),
    Rule("*.js", rb'__webpack_require__\.p = "<root>"', "place of the bundles"),
    Rule("*.js", rb"browserImportFunction\('<root>dicom-microscopy", "slide viewer"),
    Rule("*.css", rb"url\(['\"]?<root>(?!/)", "fonts"),
    Rule("manifest.json", rb'"<root>assets/', "icons"),
)


@dataclass(frozen=True, slots=True)
class Repair:
    """A fault of the published build, and what we put in its place."""

    files: str
    pattern: bytes
    replacement: bytes
    what: str


REPAIRS = (
    # One study without any modality, whose Modalities in Study is rightly empty (PS3.18 F.2.2:
    # no `Value`), and the whole study list fails.
    Repair(
        "*.js",
        rb"ModalitiesInStudy\.Value\.length",
        b"(ModalitiesInStudy.Value || []).length",
        "list of modalities",
    ),
    # A study without Patient ID (PS3.3 C.7.1.1: it may be empty; unknown cases keep it back) is
    # said to be of "Multiple Patients": null is compared with undefined.
    Repair(
        "*.js",
        rb"if \(instance\.PatientID !== PatientID\)",
        b"if ((instance.PatientID || null) !== PatientID)",
        "comparison of patients",
    ),
)


def repair(dist: Path) -> None:
    """Mend what is known to be broken in the files below `dist`.

    Raises
    ------
    PackageRefused
        A fault is not found where it was: look whether it still needs mending.
    """
    for row in REPAIRS:
        _rewrite_all(dist, row.files, re.compile(row.pattern), row.replacement, row.what)


def move_under(dist: Path, prefix: str) -> None:
    """Rewrite the files below `dist` so that the viewer lives at `prefix`.

    Parameters
    ----------
    dist : Path
        The unpacked build.
    prefix : str
        With both slashes: ``/viewer/``.

    Raises
    ------
    PackageRefused
        A rule found nothing to rewrite.
    """
    replacement = rb"\1" + prefix.encode("ascii") + rb"\2"
    for rule in RULES:
        _rewrite_all(dist, rule.files, rule.expression(), replacement, rule.what)


def _rewrite_all(
    dist: Path, files: str, expression: re.Pattern[bytes], replacement: bytes, what: str
) -> None:
    counts = [_rewrite(path, expression, replacement) for path in sorted(dist.glob(files))]
    if not sum(counts):
        raise PackageRefused(
            f"this release spells its {what} in a way that we do not know ({files})"
        )


def _rewrite(path: Path, expression: re.Pattern[bytes], replacement: bytes) -> int:
    changed, count = expression.subn(replacement, path.read_bytes())
    if count:
        path.write_bytes(changed)
    return count
