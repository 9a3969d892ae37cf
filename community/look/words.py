"""Marking words that are translated where they are shown, not where they are written."""

from __future__ import annotations


def N_(message: str) -> str:  # noqa: N802 - the name that extractors of messages look for
    """Give back a message; `gettext` is asked for it later."""
    return message
