"""What an attribute's place in its IOD allows: may it be absent, empty, or must it have a value?

Resolving the actions of table E.1-1 by attribute types lives here, and nothing else.

References
----------
PS3.15 section E.1.1 and the notes to table E.1-1 (what combinations of actions mean);
PS3.5 section 7.4 (types); PS3.3 annex A (which module asks for what).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from imaging.deidentify.tables import load

OPTIONAL = "3"

# By the least that is left of an attribute of type 1, 2 and 3: an action is never weaker than the
# table has it, and never leaves less than the IOD demands.
_RESOLVED: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "X": ("D", "Z", "X"),
        "Z": ("D", "Z", "Z"),
        "D": ("D", "D", "D"),
        "X/Z": ("D", "Z", "X"),
        "X/D": ("D", "Z", "X"),
        "Z/D": ("D", "Z", "Z"),
        "X/Z/D": ("D", "Z", "X"),
        "X/Z/U*": ("U", "Z", "X"),
        "U": ("U", "U", "U"),
        "K": ("K", "K", "K"),
        "C": ("C", "C", "C"),
    }
)


def iod_of(sop_class_uid: str) -> str:
    """Name the IOD of a class; of one that the standard does not know, that of plain images."""
    return str(load("types")["iods"].get(sop_class_uid, "computed-radiography-image"))


def type_of(iod: str, within: str, keyword: str) -> str:
    """Say the type of an attribute: 1, 1C, 2, 2C or 3.

    Parameters
    ----------
    iod
        From `iod_of`.
    within
        Keyword of the sequence that holds it; empty at the top of the data set.
    """
    tables = load("types")
    if within:
        return str(tables["nested"].get(within, {}).get(keyword, OPTIONAL))
    return str(tables["top"].get(iod, {}).get(keyword, OPTIONAL))


def resolve(action: str, attribute_type: str) -> str:
    """Resolve an action of table E.1-1 to one of X, Z, D, K, C and U.

    A conditional attribute that is present is taken as demanded: its condition is not known here.
    """
    return _RESOLVED[action][min(int(attribute_type[0]), 3) - 1]
