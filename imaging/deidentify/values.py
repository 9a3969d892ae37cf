"""What the value of one element becomes: kept, cleaned, mapped or replaced.

References
----------
PS3.15 section E.1.1; PS3.5 section 6.2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from imaging.charsets import decode
from imaging.data_set import BINARY_VRS, UNSPLIT_VRS, DataSet, Element
from imaging.deidentify.actions import dummy
from imaging.deidentify.dates import shift
from imaging.deidentify.identity import Identity
from imaging.deidentify.profile import DUMMY, KEEP, Option, Profile, rule_of
from imaging.deidentify.spelling import fold, words
from imaging.deidentify.text import REMOVED, clean_text, has_identity
from imaging.deidentify.uids import VOCABULARIES
from imaging.deidentify.vocabulary import PUBLIC_SCHEMES, is_common

_PROSE: Final = frozenset({"LO", "LT", "SH", "ST", "UC", "UT", "UR", "AE", "CS"})
_TEMPORAL: Final = frozenset({"DA", "DT"})
_SCHEME: Final = 0x00080102
_CODE: Final = frozenset({0x00080100, 0x00080119, 0x00080120})
_MEANING: Final = 0x00080104
# What names codes and context groups.
_OF_CODES: Final = frozenset({_SCHEME, 0x00080103, 0x00080105, 0x0008010F, 0x0040DB00})
_TEXT_VALUE: Final = 0x0040A160
_PATIENT_AGE: Final = 0x00101010
_MAX_AGE: Final = 90

# What a valid value looks like where prose has no place: anything else may say anything.
_SHAPES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "AS": re.compile(r"\d{3}[DWMY]", re.ASCII),
        "CS": re.compile(r"[A-Z0-9 _.+-]{0,16}", re.IGNORECASE | re.ASCII),
        "DS": re.compile(r"[0-9+\-.eE ]{0,32}", re.ASCII),
        "IS": re.compile(r"[0-9+\- ]{0,16}", re.ASCII),
        "TM": re.compile(r"\d{2}(:?\d{2}(:?\d{2}(\.\d{1,6})?)?)?", re.ASCII),
    }
)
_MAX_LENGTHS: Mapping[str, int] = MappingProxyType(
    {"AE": 16, "CS": 16, "LO": 64, "SH": 16, "ST": 1024, "LT": 10240}
)
_UID_LIKE: Final = re.compile(r"[0-9.]{0,64}", re.ASCII)
_SHORT_MARK: Final = "[X]"


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
        new_uid: Callable[[str], str],
    ) -> None:
        self._identity = identity
        self._days = days
        self._new_uid = new_uid
        self.texts_cleaned = 0

    def done(self, action: str, holder: DataSet, element: Element, profile: Profile) -> Element:
        """An element with the value that an action leaves: one of D, K, C and U."""
        tag, vr = element.tag, element.vr
        if vr == "UI":
            return self._uids(action, holder, element)
        if action == DUMMY:
            return Element(tag, vr, dummy(vr))
        if element.bulk is not None or vr in BINARY_VRS:
            return element
        values = self._split(holder, element)
        if action != KEEP:
            values = [self._cleaned(holder, tag, vr, value, profile) for value in values]
        else:
            values = [self._kept(tag, vr, value) for value in values]
        return Element(tag, vr, "\\".join(values).encode())

    def prose(self, text: str, *, only_known: bool = True) -> str:
        """A text of any length, cleaned."""
        cleaned = clean_text(text, self._identity, only_known=only_known)
        self.texts_cleaned += cleaned.removed
        return cleaned.text

    def _split(self, holder: DataSet, element: Element) -> list[str]:
        text = decode(element.value or b"", holder.charsets, element.vr).rstrip("\0")
        return [text] if element.vr in UNSPLIT_VRS else text.split("\\")

    def _cleaned(self, holder: DataSet, tag: int, vr: str, value: str, profile: Profile) -> str:
        if vr in _TEMPORAL:
            return self._date(vr, value, profile)
        if vr == "PN":
            return ""
        shape = _SHAPES.get(vr)
        if shape is not None and not shape.fullmatch(value.strip()):
            return ""
        if vr == "CS":
            return self._term(value, only_known=_is_descriptor(tag))
        if vr not in _PROSE:
            return value
        if tag in _CODE or tag in _OF_CODES:
            return self._code(holder, value)
        if tag == _MEANING:
            return self._meaning(holder, vr, value)
        return self._text(vr, value, only_known=_is_descriptor(tag))

    def _kept(self, tag: int, vr: str, value: str) -> str:
        """What an option keeps, without those that it does not keep: a station's name may hold
        that of the institution."""
        if tag == _PATIENT_AGE:
            return _age(value)
        shape = _SHAPES.get(vr)
        if shape is not None and not shape.fullmatch(value.strip()):
            return ""
        if vr == "CS":
            return self._term(value)
        return self._text(vr, value, general=False) if vr in _PROSE else value

    def _text(self, vr: str, value: str, *, only_known: bool = False, general: bool = True) -> str:
        cleaned = clean_text(value, self._identity, only_known=only_known, general=general)
        self.texts_cleaned += cleaned.removed
        if not cleaned.removed:
            return value
        longest = _MAX_LENGTHS.get(vr)
        if longest is None or len(cleaned.text) <= longest:
            return cleaned.text
        shorter = cleaned.text.replace(REMOVED, _SHORT_MARK)
        return shorter if len(shorter) <= longest else REMOVED[:longest]

    def _term(self, value: str, *, only_known: bool = False) -> str:
        """A term of the standard, even if somebody is called like it; else nobody's name."""
        plain = value.strip()
        if _is_term(plain):
            return value
        if only_known:
            self.texts_cleaned += 1
            return "REMOVED"
        return self._unless_known(value, "")

    def _code(self, item: DataSet, value: str) -> str:
        if item.text(_SCHEME) in PUBLIC_SCHEMES:
            return value
        return self._unless_known(value, REMOVED)

    def _unless_known(self, value: str, otherwise: str) -> str:
        if not has_identity(value, self._identity):
            return value
        self.texts_cleaned += 1
        return otherwise

    def _meaning(self, item: DataSet, vr: str, value: str) -> str:
        """What a code means: as published, or, of somebody's own scheme, the words of the trade."""
        if item.text(_SCHEME) not in PUBLIC_SCHEMES:
            return self._text(vr, value, only_known=True)
        if all(is_common(fold(value[start:end])) for start, end in words(value)):
            return value
        return self._text(vr, value, general=False)

    def _date(self, vr: str, value: str, profile: Profile) -> str:
        if Option.RETAIN_LONG_FULL_DATES in profile:
            return value if shift(vr, value, 0) is not None else ""
        if Option.RETAIN_LONG_MODIFIED_DATES in profile:
            return shift(vr, value, self._days) or ""
        return ""

    def _uids(self, action: str, holder: DataSet, element: Element) -> Element:
        values = holder.texts(element.tag)
        if action == KEEP or element.tag in VOCABULARIES:
            kept = (value if _is_like_uid(value) else self._uid(value) for value in values)
            return Element(element.tag, "UI", "\\".join(kept).encode("ascii", "replace"))
        mapped = "\\".join(self._uid(value) for value in values)
        return Element(element.tag, "UI", mapped.encode("ascii", "replace"))

    def _uid(self, value: str) -> str:
        return self._new_uid(value) if value else value


@lru_cache(maxsize=4096)
def _is_term(text: str) -> bool:
    return all(is_common(fold(text[start:end])) for start, end in words(text))


@lru_cache(maxsize=8192)
def _is_descriptor(tag: int) -> bool:
    """Whether an attribute is kept by Clean Descriptors or its like, for its words alone."""
    rule = rule_of(tag)
    return tag == _TEXT_VALUE or (rule is not None and "C" in rule.options.values())


def _is_like_uid(value: str) -> bool:
    """Whether a value has the letters of a UID: what has others may say anything."""
    return _UID_LIKE.fullmatch(value) is not None


def _age(value: str) -> str:
    """An age of ninety and more says too much of somebody: all of them are ninety."""
    found = re.fullmatch(r"(\d{3})Y", value.strip(), re.ASCII)
    return f"0{_MAX_AGE}Y" if found and int(found[1]) >= _MAX_AGE else value
