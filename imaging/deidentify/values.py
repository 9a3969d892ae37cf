"""What the value of one element becomes: kept, cleaned, mapped or replaced.

References
----------
PS3.15 section E.1.1; PS3.5 section 6.2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from imaging.charsets import decode
from imaging.data_set import BINARY_VRS, UNSPLIT_VRS, DataSet, Element
from imaging.deidentify.actions import dummy
from imaging.deidentify.dates import shift
from imaging.deidentify.identity import Identity
from imaging.deidentify.profile import Option, Profile
from imaging.deidentify.secrets import Secret
from imaging.deidentify.text import REMOVED, clean_text
from imaging.deidentify.uids import is_well_known, map_uid

_PROSE: Final = frozenset({"LO", "LT", "SH", "ST", "UC", "UT", "UR", "AE", "CS"})
_TEMPORAL: Final = frozenset({"DA", "DT"})
# Coding schemes and their parts: UIDs of vocabularies, which PS3.15 leaves alone.
_VOCABULARIES: Final = frozenset({0x0008010C, 0x0008010D, 0x00080117, 0x00080118})

# What a valid value looks like where prose has no place: anything else may say anything.
_SHAPES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "AS": re.compile(r"\d{3}[DWMY]"),
        "CS": re.compile(r"[A-Z0-9 _.+-]{0,16}", re.IGNORECASE),
        "DS": re.compile(r"[0-9+\-.eE ]{0,32}"),
        "IS": re.compile(r"[0-9+\- ]{0,16}"),
        "TM": re.compile(r"\d{2}(:?\d{2}(:?\d{2}(\.\d{1,6})?)?)?"),
    }
)
_MAX_LENGTHS: Mapping[str, int] = MappingProxyType({"AE": 16, "CS": 16, "LO": 64, "SH": 16})


class Values:
    """What is done with the values of one instance.

    Attributes
    ----------
    texts_cleaned
        Places that were taken out of prose so far.
    """

    def __init__(
        self,
        identity: Identity,
        days: int,
        secret: Secret,
        collection: str,
        is_ours: Callable[[str], bool],
    ) -> None:
        self._identity = identity
        self._days = days
        self._secret = secret
        self._collection = collection
        self._is_ours = is_ours
        self.texts_cleaned = 0

    def done(self, action: str, holder: DataSet, element: Element, profile: Profile) -> Element:
        """An element with the value that an action leaves: one of D, K, C and U."""
        tag, vr = element.tag, element.vr
        if vr == "UI":
            return self._uids(action, holder, element)
        if action == "D":
            return Element(tag, vr, dummy(vr))
        if element.bulk is not None or vr in BINARY_VRS:
            return element
        values = self._split(holder, element)
        if action != "K":
            values = [self._cleaned(vr, value, profile) for value in values]
        return Element(tag, vr, "\\".join(values).encode())

    def _split(self, holder: DataSet, element: Element) -> list[str]:
        text = decode(element.value or b"", holder.charsets, element.vr).rstrip("\0")
        return [text] if element.vr in UNSPLIT_VRS else text.split("\\")

    def _cleaned(self, vr: str, value: str, profile: Profile) -> str:
        if vr in _TEMPORAL:
            return self._date(vr, value, profile)
        if vr == "PN":
            return ""
        shape = _SHAPES.get(vr)
        if shape is not None and not shape.fullmatch(value.strip()):
            return ""
        if vr not in _PROSE:
            return value
        cleaned = clean_text(value, self._identity)
        self.texts_cleaned += cleaned.removed
        if not cleaned.removed:
            return value
        longest = _MAX_LENGTHS.get(vr)
        if vr in ("CS", "AE") or (longest is not None and len(cleaned.text) > longest):
            return REMOVED if vr in ("LO", "SH") else ""
        return cleaned.text

    def _date(self, vr: str, value: str, profile: Profile) -> str:
        if Option.RETAIN_LONG_FULL_DATES in profile:
            return value if shift(vr, value, 0) is not None else ""
        if Option.RETAIN_LONG_MODIFIED_DATES in profile:
            return shift(vr, value, self._days) or ""
        return ""

    def _uids(self, action: str, holder: DataSet, element: Element) -> Element:
        values = holder.texts(element.tag)
        if action == "K" or element.tag in _VOCABULARIES:
            return element
        mapped = "\\".join(self._uid(value) for value in values)
        return Element(element.tag, "UI", mapped.encode("ascii", "replace"))

    def _uid(self, value: str) -> str:
        if not value or is_well_known(value) or self._is_ours(value):
            return value
        return map_uid(self._secret, self._collection, value)
