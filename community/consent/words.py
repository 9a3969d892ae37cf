"""The words by which a reader is asked. What was agreed to is proven by their digest."""

from __future__ import annotations

import hashlib
from typing import Final

from community.look import languages
from community.look.words import N_

TITLE: Final = N_("May we count visits?")
QUESTION: Final = N_(
    "With your consent, Google Analytics counts which pages are read, and sets two cookies. "
    "It is never used for advertising. Without it everything works the same."
)
ACCEPT: Final = N_("Allow statistics")
REFUSE: Final = N_("No statistics")


def asked() -> tuple[str, ...]:
    """What the reader at hand read, in their language."""
    return tuple(map(languages.gettext, (TITLE, QUESTION, ACCEPT, REFUSE)))


def digest() -> bytes:
    """SHA-256 of what they read."""
    return hashlib.sha256("\n".join(asked()).encode()).digest()
