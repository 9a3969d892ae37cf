"""What an author agrees to before a service is told anything of a case; by the service's tier.

Words that somebody agreed to are never changed here: changed words are a new version. Another
tier has other words, so whoever agreed to one did not agree to the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from community.assisting.settings import FREE, PAID
from community.look.words import N_
from community.statements import Statement

TERMS: Final[Mapping[str, Statement]] = {
    PAID: Statement(
        "2026-11-paid",
        N_(
            "Gemini, a text service of Google, may read the title, the texts and the describing "
            "words of this case, to propose tags, a summary in plain words, and its language. It "
            "gets no image, no comment, no reference, no name, no date and nothing of who I am. "
            "By its terms Google does not train its models with it. What was sent cannot be called "
            "back."
        ),
    ),
    FREE: Statement(
        "2026-11-free",
        N_(
            "Gemini, a text service of Google, may read the title, the texts and the describing "
            "words of this case, to propose tags, a summary in plain words, and its language. It "
            "gets no image, no comment, no reference, no name, no date and nothing of who I am. "
            "This server uses the free tier: Google may use these texts to improve its models, "
            "and people at Google may read them. What was sent cannot be called back."
        ),
    ),
}

NOTICES: Final[Mapping[str, str]] = {
    PAID: N_(
        "If you allow it for this case, a text service of Google helps with its words. It never "
        "gets images, and nothing before you allow it."
    ),
    FREE: N_(
        "If you allow it for this case, a text service of Google helps with its words, and Google "
        "may use them to improve its models. It never gets images, and nothing before you allow it."
    ),
}
"""Shown where the text of a case is written."""
