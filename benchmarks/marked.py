"""Parts of pages that a command writes, between words of people.

A part begins with ``<!-- NAME: begin -->`` and ends with ``<!-- NAME: end -->``.
"""

from __future__ import annotations

from pathlib import Path


def replace_part(page: Path, name: str, text: str) -> None:
    """Put text into a part of a page; at its end where there is none, or no page."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    old = page.read_text("utf-8") if page.exists() else ""
    before, found, rest = old.partition(begin)
    _, _, after = rest.partition(end) if found else ("", "", "\n")
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", "utf-8")
