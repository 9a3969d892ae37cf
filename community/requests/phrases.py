"""Words that say what a message is about, whatever its sender chose from the list.

The privacy policy promises that a message which says "data deletion request" is taken as one. It
is, in English and in every language that the site has, however it is written.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from community.look.languages import available, messages
from community.look.words import N_
from community.requests import kinds

DATA_DELETION: Final = N_("data deletion request")


def kind_said(kind: str, words: str) -> str:
    """What is asked: as it was chosen, unless the words say more than that did."""
    return kinds.ERASE if kind == kinds.CONTACT and says(words, DATA_DELETION) else kind


def says(words: str, phrase: str) -> bool:
    """Whether a text has a phrase of ours, in any of the languages of the site."""
    text = f" {_plain(words)} "
    spelled = {phrase, *(messages(tag).gettext(phrase) for tag in available())}
    return any(f" {_plain(one)} " in text for one in spelled)


def _plain(text: str) -> str:
    """A text without case, and with one space wherever it has no letter and no digit."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())
