"""A badge for a README: how many of the demanded checks hold."""

from __future__ import annotations

from html import escape

from conformance.model import Outcome, Run


def to_badge(run: Run) -> str:
    """An SVG picture with a text for those who do not see it."""
    counts = run.counts()
    held, failed = counts[Outcome.PASS] + counts[Outcome.WEAK], counts[Outcome.FAIL]
    words = f"{held} of {held + failed} held" if held + failed else "nothing decided"
    colour = "#9f1d1d" if failed else "#1b6b3a" if held else "#5b5f66"
    left, right = 74, 12 + 7 * len(words)
    title = escape(f"DICOMweb: {words}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{title}"><title>{title}</title>'
        f'<rect width="{left}" height="20" fill="#2b2f36"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="6" y="14">DICOMweb</text><text x="{left + 6}" y="14">{escape(words)}</text>'
        "</g></svg>\n"
    )
