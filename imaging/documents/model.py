"""A document as blocks of text, whatever it came from and whatever it will be written as.

Values and their spelling as JSON live here, since some documents are read in a child process.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from imaging.errors import LimitExceeded

max_blocks: Final = 20_000
"""Blocks of one document; what has more is no reading matter."""

max_characters: Final = 8 * 1024 * 1024
"""Of all texts of one document together."""

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A statement, with what belongs to it.

    Parameters
    ----------
    label
        What it is about: a heading when there is no text.
    text
        What it says; may have several lines.
    notes
        Said in passing: units, codes, when it was observed.
    rows
        A table; the first row is its head.
    identifier
        What other blocks refer to it by.
    href
        Where the thing itself is.
    language
        Of the block and those within it, as in RFC 5646, when it differs from what is around it.
    """

    label: str = ""
    text: str = ""
    notes: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    children: "tuple[Block, ...]" = ()
    identifier: str = ""
    href: str = ""
    language: str = ""

    def texts(self) -> Iterator[str]:
        """Every text of the block and those within it."""
        yield from (self.label, self.text, *self.notes, self.identifier)
        for row in self.rows:
            yield from row
        for child in self.children:
            yield from child.texts()


@dataclass(frozen=True, slots=True)
class Document:
    """A document.

    Parameters
    ----------
    facts
        Names and values of what stands above it: whose it is, when and by whom it was written.
    """

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    blocks: tuple[Block, ...] = ()
    language: str = ""

    def texts(self) -> Iterator[str]:
        """Every text of the document."""
        yield self.title
        for name, value in self.facts:
            yield from (name, value)
        for block in self.blocks:
            yield from block.texts()


def checked(document: Document) -> Document:
    """The document, if it is not too long.

    Raises
    ------
    LimitExceeded
        It has more than `max_blocks` or `max_characters`.
    """
    if sum(1 for _ in _all(document.blocks)) > max_blocks:
        raise LimitExceeded(f"the document has more than {max_blocks} statements")
    if sum(map(len, document.texts())) > max_characters:
        raise LimitExceeded(f"the document has more than {max_characters} characters")
    return document


def _all(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        yield from _all(block.children)


def to_json(document: Document) -> bytes:
    """Spell a document for the way into or out of a child process."""
    return json.dumps(asdict(document)).encode()


def from_json(data: bytes) -> Document:
    """Read what `to_json` wrote."""
    said = json.loads(data)
    return Document(
        title=said["title"],
        facts=tuple((name, value) for name, value in said["facts"]),
        blocks=tuple(map(_block, said["blocks"])),
        language=said["language"],
    )


def _block(said: dict[str, Any]) -> Block:
    return replace(
        Block(**said),
        notes=tuple(said["notes"]),
        rows=tuple(tuple(row) for row in said["rows"]),
        children=tuple(map(_block, said["children"])),
    )
