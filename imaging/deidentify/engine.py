"""One data set walked from top to bottom: every element kept, cleaned, emptied or removed.

What is to be done with an element is asked of `profile` and `types`; what a value becomes is
`values`. Pixels are not touched here, and what must be looked at by somebody is only noted.

References
----------
PS3.15 sections E.1 to E.3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from pydicom.datadict import keyword_for_tag

from imaging.data_set import DataSet, Element
from imaging.deidentify import evidence
from imaging.deidentify.dates import days_of
from imaging.deidentify.identity import Identity, identity_of
from imaging.deidentify.private import is_safe_private
from imaging.deidentify.profile import Option, Profile, action_of
from imaging.deidentify.pseudonyms import patient_key, pseudonym
from imaging.deidentify.secrets import Secret
from imaging.deidentify.types import resolve, type_of
from imaging.deidentify.values import Values
from imaging.dictionary import vr_of

_MAX_META: Final = 0x0002FFFF
_SPECIFIC_CHARACTER_SET: Final = 0x00080005
_SOP_CLASS, _STUDY = 0x00080016, 0x0020000D
_PATIENT_NAME, _PATIENT_ID = 0x00100010, 0x00100020
_ISSUER, _BIRTH_DATE = 0x00100021, 0x00100030
UTF_8: Final = "ISO_IR 192"
_NOBODY: Final = Identity()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done to every instance of a collection.

    Attributes
    ----------
    collection
        Its name: what is derived from the key differs between collections.
    is_ours
        Whether a UID is that of something published there already, which keeps it: a report on a
        published study still points to it.
    patient
        The pseudonym under which the patient of a published study is known there: what is added
        to that study keeps it, and its dates, which were never those of the original.
    """

    profile: Profile
    secret: Secret = field(repr=False)
    collection: str
    is_ours: Callable[[str], bool] = lambda uid: False
    patient: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A data set without what identifies, and what was done to it.

    Attributes
    ----------
    data_set
        Its values in the byte order of the file, its text in UTF-8; long values lie where they
        lay.
    identity
        What was found that identifies: for the other texts of the study, and the second pass.
    counts
        How often each attribute met each action, by keyword and action. No values.
    texts_cleaned
        Places taken out of prose.
    """

    data_set: DataSet
    identity: Identity = field(repr=False)
    counts: Mapping[tuple[str, str], int]
    texts_cleaned: int


def deidentify(data_set: DataSet, plan: Plan, known: Identity = _NOBODY) -> Outcome:
    """Take out of a data set what identifies.

    Parameters
    ----------
    data_set
        As read; it is not changed.
    known
        What other instances of the study say of the same people.

    References
    ----------
    PS3.15 section E.1.1 (the steps that an application takes).
    """
    identity = known | identity_of(data_set)
    walk = _Walk(data_set, plan, identity)
    cleaned = walk.data_set(data_set, "")
    evidence.add(cleaned, plan.profile)
    return Outcome(
        cleaned, identity, MappingProxyType(dict(walk.counts)), walk.values.texts_cleaned
    )


def patient_of(data_set: DataSet) -> str:
    """By what the patient of an instance is known again; else by the study."""
    known = patient_key(
        data_set.text(_PATIENT_ID),
        data_set.text(_ISSUER),
        data_set.text(_PATIENT_NAME),
        data_set.text(_BIRTH_DATE),
    )
    return known or f"study\0{data_set.text(_STUDY)}"


class _Walk:
    """One data set on its way."""

    def __init__(self, data_set: DataSet, plan: Plan, identity: Identity) -> None:
        self._plan = plan
        self._sop_class = data_set.text(_SOP_CLASS)
        patient = patient_of(data_set)
        self._pseudonym = plan.patient or pseudonym(plan.secret, plan.collection, patient)
        self.values = Values(
            identity,
            0 if plan.patient else days_of(plan.secret, plan.collection, patient),
            plan.secret,
            plan.collection,
            plan.is_ours,
        )
        self.counts: Counter[tuple[str, str]] = Counter()

    def data_set(self, source: DataSet, within: str) -> DataSet:
        """The same elements, without what identifies."""
        result = DataSet(source.little_endian, (UTF_8,))
        for tag in sorted(source):
            if tag <= _MAX_META or not tag & 0xFFFF or tag == _SPECIFIC_CHARACTER_SET:
                continue
            if (kept := self._element(source, source[tag], within)) is not None:
                result[tag] = kept
        if not within:
            charset = Element(_SPECIFIC_CHARACTER_SET, "CS", UTF_8.encode())
            return _ordered(result, charset)
        return result

    def _element(self, holder: DataSet, element: Element, within: str) -> Element | None:
        tag = element.tag
        if tag >> 16 & 1:
            return self._private(holder, element)
        keyword = keyword_for_tag(tag)
        action = self._action(element, keyword, within)
        self.counts[keyword or f"({tag >> 16:04X},xxxx)", action] += 1
        if not within and tag in (_PATIENT_NAME, _PATIENT_ID):
            return Element(tag, element.vr, self._pseudonym.encode())
        return self._done(action, holder, element, keyword)

    def _action(self, element: Element, keyword: str, within: str) -> str:
        listed = action_of(element.tag, self._plan.profile)
        if listed is not None:
            return resolve(listed, type_of(self._sop_class, within, keyword))
        if not keyword and vr_of(element.tag) is None:
            # Nobody knows what an attribute without a name holds.
            return "X"
        return "C"

    def _done(self, action: str, holder: DataSet, element: Element, keyword: str) -> Element | None:
        if action == "X":
            return None
        if element.items is not None:
            return self._sequence(action, element, keyword)
        if action == "Z":
            return Element(element.tag, element.vr, b"")
        return self.values.done(action, holder, element, self._plan.profile)

    def _sequence(self, action: str, element: Element, keyword: str) -> Element:
        if action == "Z":
            return Element(element.tag, "SQ", items=[])
        # Dummy items would say less than the items themselves do once they are clean.
        items = [self.data_set(item, keyword or "?") for item in element.items or ()]
        return Element(element.tag, "SQ", items=items)

    def _private(self, holder: DataSet, element: Element) -> Element | None:
        retained = Option.RETAIN_SAFE_PRIVATE in self._plan.profile
        if not retained or not is_safe_private(holder, element):
            self.counts["private", "X"] += 1
            return None
        self.counts["private", "K"] += 1
        # Who reserved a block is told by the table word for word.
        action = "K" if 0x10 <= element.tag & 0xFFFF <= 0xFF else "C"
        return self.values.done(action, holder, element, self._plan.profile)


def _ordered(data_set: DataSet, first: Element) -> DataSet:
    data_set[first.tag] = first
    result = DataSet(data_set.little_endian, data_set.charsets)
    for tag in sorted(data_set):
        result[tag] = data_set[tag]
    return result
