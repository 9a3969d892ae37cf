"""The words that say nothing about anybody: those of anatomy, of protocols, of the standard.

A descriptor keeps these and drops others; a name that is one of them is looked for with more care.

References
----------
PS3.15 section E.3.5 (Clean Descriptors Option); PS3.6 and PS3.16, whose words they are.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from imaging.deidentify.tables import load

# Coding schemes whose meanings are published: nobody writes a patient's name into them.
PUBLIC_SCHEMES: Final = frozenset(
    {
        "BARI", "BI", "DCM", "FMA", "I10", "I10P", "I9", "I9C", "IBSI", "ITIS_TSN", "LN", "MA",
        "MDC", "MSH", "NCDR", "NCIt", "NDC", "NEU", "PUBCHEM_CID", "RADELEMENT", "RADLEX",
        "RADPAT", "RXNORM", "SCT", "SNM3", "SRT", "UCUM", "UMLS", "UNS",
    }
)  # fmt: skip


@cache
def common_words() -> frozenset[str]:
    """Give them, folded."""
    return frozenset(load("words")["words"])


def is_common(word: str) -> bool:
    """Whether a folded word is one of them."""
    return word in common_words()
