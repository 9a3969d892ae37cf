"""Making a viewer that was built for `/` work under a prefix, by rewriting its files once.

The published build spells its own place in a few ways, all plain text; each is a row below. A
row that finds nothing means that OHIF changed: the installation stops rather than half working.
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
        expression = rule.expression()
        counts = [_rewrite(path, expression, replacement) for path in sorted(dist.glob(rule.files))]
        if not sum(counts):
            raise PackageRefused(
                f"this release spells its {rule.what} in a way that we do not know ({rule.files})"
            )


def _rewrite(path: Path, expression: re.Pattern[bytes], replacement: bytes) -> int:
    changed, count = expression.subn(replacement, path.read_bytes())
    if count:
        path.write_bytes(changed)
    return count
