"""The search sections: keys of each level, how each is matched and whether it is returned.

References
----------
PS3.4 C.2.2.2; PS3.18 10.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from archive.attributes import ATTRIBUTES, Attribute, Index, Level, returned_at
from archive.criteria import WILDCARDS
from dicomweb.capabilities import matching_of
from ops.conformance.markdown import code, codes, table

_INDEXES: Mapping[Index, str] = MappingProxyType(
    {
        Index.NONE: "",
        Index.VALUE: "yes",
        Index.TEXT: "yes, for every wild card",
    }
)
# By the names that `matching_of` gives; a test holds this against every VR of the table.
MATCHING: Mapping[str, str] = MappingProxyType(
    {
        "single value": "The value itself. Persons' names are compared without case and accents, "
        "and by each of their groups. Of several values in the instance, one has to match.",
        "wild card": "`*` any characters, `?` one. For VR " + ", ".join(sorted(WILDCARDS)) + ".",
        "list of UID": "UIDs separated by commas or backslashes.",
        "range": "`20240101-20241231`, `20240101-`, `-20241231`. A date range and a range of the "
        "time that belongs to it are one span of time.",
        "fuzzy": "With `fuzzymatching=true`: every word of the key begins, or sounds like, a word "
        "of the name.",
        "sequence": "Keys inside a sequence are joined by dots "
        "(`RequestAttributesSequence.RequestedProcedureID=7`) and matched in one item.",
        "universal": "An empty key matches everything, and so does `*`. One exception: an empty "
        "Patient ID finds patients without an ID.",
        "empty value": 'With `emptyvaluematching=true`: `""` finds what is absent or empty.',
    }
)
_USUAL = ("universal", "empty value")


def matching() -> str:
    """The kinds of matching."""
    return table(("Matching", "How"), MATCHING.items())


def keys(level: Level) -> str:
    """The table of a level's keys that have an index of their own, or are counted by us."""
    always = returned_at(level)
    rows = [
        (
            code(one.keyword),
            ".".join(f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in one.path),
            one.vr,
            ", ".join(kind for kind in matching_of(one.vr) if kind not in _USUAL),
            _INDEXES[one.index],
            "always" if one in always else "on request",
        )
        for one in _at(level)
        if one.column or one.computed
    ]
    return table(("Key", "Tag", "VR", "Matching", "Index", "Returned"), rows)


def further_keys(level: Level) -> str:
    """Keys of a level without an index of their own."""
    return codes(one.keyword for one in _at(level) if not (one.column or one.computed))


def _at(level: Level) -> list[Attribute]:
    return [one for one in ATTRIBUTES if one.level is level]
