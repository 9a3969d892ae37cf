"""A document as plain text: one statement a line, moved in by how deep it stands.

References
----------
PS3.18 section 8.7.4 (text/plain).
"""

import re
from collections.abc import Iterator
from typing import Final

from imaging.documents.model import Block, Document

# Controls would move the cursor of whoever reads this in a terminal.
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STEP: Final = "  "


def to_text(document: Document, charset: str = "utf-8") -> bytes:
    """Write a document as lines of text; what `charset` lacks becomes a question mark."""
    return "\n".join(_lines(document)).encode(charset, "replace") + b"\n"


def _lines(document: Document) -> Iterator[str]:
    title = _clean(document.title)
    yield from (title, "=" * min(len(title), 79))
    for name, value in document.facts:
        yield f"{_clean(name)}: {_clean(value)}"
    for block in document.blocks:
        yield ""
        yield from lines_of(block)


def lines_of(block: Block, depth: int = 0) -> Iterator[str]:
    """The lines of one block and those within it."""
    indent = _STEP * depth
    label = _clean(block.label)
    first, *rest = _clean(block.text).splitlines() or [""]
    said = f"{label}: {first}" if label and first else label or first
    if block.notes:
        said = f"{said} ({_clean('; '.join(block.notes))})".strip()
    if said:
        yield indent + said
    for one in rest:
        yield indent + _STEP + one
    for row in block.rows:
        yield indent + _STEP + " | ".join(_clean(cell) for cell in row)
    for child in block.children:
        yield from lines_of(child, depth + 1)


def _clean(text: str) -> str:
    return _CONTROLS.sub(
        "\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n")
    )
