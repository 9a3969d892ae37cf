"""Spelling Markdown: tables, lists and code. Nothing here knows what is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows under a head."""
    lines = [_row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join(lines)


def bullets(items: Iterable[str]) -> str:
    """Return a list."""
    return "\n".join(f"- {item}" for item in items)


def code(text: str) -> str:
    """Return text as it would be typed."""
    return f"`{text}`"


def codes(texts: Iterable[str]) -> str:
    """Return several such texts."""
    return ", ".join(map(code, texts))


def size(count: int) -> str:
    """Return a number of bytes in the largest unit that divides it."""
    for power, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if count and count % (1 << power) == 0:
            return f"{count >> power} {unit}"
    return f"{count} bytes"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") or "–" for cell in cells) + " |"
