"""One data set walked from top to bottom: every element kept, cleaned, emptied or removed.

What is to be done with an element is asked of `profile` and `types`; what a value becomes is
`values`. Pixels are not touched here, and what must be looked at by somebody is only noted.

References
----------
PS3.15 sections E.1 to E.3.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from imaging.data_set import BINARY_VRS, DataSet, Element
from imaging.deidentify import documents, evidence, graphics, structured
from imaging.deidentify.actions import dummy, nobodys_code
from imaging.deidentify.attributes import action_on, in_its_vr
from imaging.deidentify.bare_profiles import ICC_PROFILE, bare_profile, max_profile_bytes
from imaging.deidentify.dates import days_of
from imaging.deidentify.identity import Identity, identity_of
from imaging.deidentify.private import safe_private
from imaging.deidentify.profile import Option, Profile
from imaging.deidentify.pseudonyms import patient_key, pseudonym
from imaging.deidentify.secrets import Secret
from imaging.deidentify.types import iod_of, type_of
from imaging.deidentify.uids import is_well_known, map_uid
from imaging.deidentify.values import Values
from imaging.dictionary import keyword_of
from imaging.documents.jobs import max_document_bytes
from imaging.write import ReadBulk

_MAX_META: Final = 0x0002FFFF
_SPECIFIC_CHARACTER_SET: Final = 0x00080005
_SOP_CLASS, _STUDY = 0x00080016, 0x0020000D
_PATIENT_NAME, _PATIENT_ID = 0x00100010, 0x00100020
_ISSUER, _BIRTH_DATE = 0x00100021, 0x00100030
UTF_8: Final = "ISO_IR 192"
_NOBODY: Final = Identity()
_AS_LISTED: Final[Mapping[int, str]] = MappingProxyType({})
_GRAPHIC_ANNOTATIONS: Final = 0x00700001
_CODES: Final = frozenset({0x00080100, 0x00080119, 0x00080120})
# Basic Voice Audio and General Audio: what is said there nobody has searched.
_SPEECH: Final = frozenset({"1.2.840.10008.5.1.4.1.1.9.4.1", "1.2.840.10008.5.1.4.1.1.9.4.2"})
_SPOKEN: Final = "a recording of sound cannot be cleaned"

max_text_bytes: Final = 1 << 20
"""Of one text that is read and cleaned; a longer one is replaced."""


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
    known_as
        The UID that something has in the collection already, if it got that from another key.
    """

    profile: Profile
    secret: Secret = field(repr=False)
    collection: str
    is_ours: Callable[[str], bool] = lambda uid: False
    patient: str | None = None
    known_as: Callable[[str], str | None] = lambda uid: None

    def new_uid(self, uid: str) -> str:
        """The UID in the place of one."""
        if is_well_known(uid) or self.is_ours(uid):
            return uid
        return self.known_as(uid) or map_uid(self.secret, self.collection, uid)


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
    review
        Why somebody has to look at it before others may.
    refused
        Why it cannot be published at all.
    """

    data_set: DataSet
    identity: Identity = field(repr=False)
    counts: Mapping[tuple[str, str], int]
    texts_cleaned: int
    review: tuple[str, ...] = ()
    refused: str | None = None


def deidentify(
    data_set: DataSet,
    plan: Plan,
    known: Identity = _NOBODY,
    read_bulk: ReadBulk | None = None,
) -> Outcome:
    """Take out of a data set what identifies.

    Parameters
    ----------
    data_set
        As read; it is not changed.
    known
        What other instances of the study say of the same people.
    read_bulk
        Gets a value that was left in the file; without it, long texts and documents are replaced
        by nothing that says anything, or refused.

    References
    ----------
    PS3.15 section E.1.1 (the steps that an application takes).
    """
    nobody = frozenset({plan.patient} if plan.patient else ())
    identity = known | identity_of(data_set, plan.profile, nobody)
    walk = _Walk(data_set, plan, identity, read_bulk)
    cleaned = walk.data_set(data_set, "")
    evidence.add(cleaned, plan.profile)
    return Outcome(
        cleaned,
        identity,
        MappingProxyType(dict(walk.counts)),
        walk.values.texts_cleaned,
        tuple(sorted({*walk.review, *graphics.reasons(data_set, plan.profile)})),
        walk.refused,
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

    def __init__(
        self, data_set: DataSet, plan: Plan, identity: Identity, read_bulk: ReadBulk | None
    ) -> None:
        self._plan = plan
        self._profile = plan.profile
        self._read_bulk = read_bulk
        sop_class = data_set.text(_SOP_CLASS)
        self._iod = iod_of(sop_class)
        patient = patient_of(data_set)
        self._pseudonym = plan.patient or pseudonym(plan.secret, plan.collection, patient)
        self.values = Values(
            identity,
            0 if plan.patient else days_of(plan.secret, plan.collection, patient),
            plan.new_uid,
        )
        self.counts: Counter[tuple[str, str]] = Counter()
        self.review: set[str] = set()
        self._document_length: int | None = None
        self.refused = _SPOKEN if sop_class in _SPEECH else None

    def data_set(
        self, source: DataSet, within: str, actions: Mapping[int, str] = _AS_LISTED
    ) -> DataSet:
        """The same elements, without what identifies.

        Parameters
        ----------
        actions
            What is done with some elements, whatever the table says of their attributes.
        """
        result = DataSet(source.little_endian, (UTF_8,))
        for tag in sorted(source if within else {*source, _SPECIFIC_CHARACTER_SET}):
            if tag == _SPECIFIC_CHARACTER_SET:
                if not within:
                    result[tag] = Element(tag, "CS", UTF_8.encode())
                continue
            if tag <= _MAX_META or not tag & 0xFFFF:
                continue
            kept = self._element(source, in_its_vr(source[tag]), within, actions.get(tag))
            if kept is not None:
                result[tag] = kept
        return result

    def _element(
        self, holder: DataSet, element: Element, within: str, action: str | None
    ) -> Element | None:
        tag = element.tag
        if tag >> 16 & 1:
            return self._private(holder, element)
        keyword = keyword_of(tag)
        action = action or action_on(holder, tag, within, self._iod, self._profile)
        self.counts[keyword or f"({tag >> 16:04X},xxxx)", action] += 1
        if not within and tag in (_PATIENT_NAME, _PATIENT_ID):
            return Element(tag, element.vr, self._pseudonym.encode())
        if action == "X":
            return None
        if element.items is not None:
            return self._sequence(action, element, keyword or "?")
        if action == "Z":
            return Element(tag, element.vr, b"")
        if tag == documents.DOCUMENT:
            return self._document(holder, element)
        if tag == documents.LENGTH and self._document_length is not None:
            order = "<" if holder.little_endian else ">"
            return Element(tag, "UL", struct.pack(f"{order}I", self._document_length))
        if tag == ICC_PROFILE:
            return self._colours(element)
        return self._valued(action, holder, element, within, keyword)

    def _valued(
        self, action: str, holder: DataSet, element: Element, within: str, keyword: str
    ) -> Element:
        if element.bulk is not None and element.vr not in BINARY_VRS and action != "D":
            element = self._inline(element)
        done = self.values.done(action, holder, element, self._profile)
        emptied = done.value is not None and not done.value.strip(b" \0") and element.value
        if emptied and type_of(self._iod, within, keyword)[0] == "1":
            return Element(done.tag, done.vr, dummy(done.vr))
        return done

    def _inline(self, element: Element) -> Element:
        """A long text, read; one that is too long, or cannot be had, says nothing."""
        bulk, read = element.bulk, self._read_bulk
        if bulk is None or bulk.length > max_text_bytes or read is None:
            return Element(element.tag, element.vr, dummy(element.vr))
        return Element(element.tag, element.vr, read(element))

    def _sequence(self, action: str, element: Element, keyword: str) -> Element | None:
        tag, items = element.tag, element.items or []
        if action == "Z":
            return Element(tag, "SQ", items=[])
        if tag == structured.CONTENT and action == "D":
            made = structured.least_tree(items, self._content_item)
        elif any(structured.VALUE_TYPE in item for item in items):
            made = structured.clean_tree(items, self._profile, self._content_item)
            if not made:
                return None
        elif action == "D" and any(not _CODES.isdisjoint(item) for item in items):
            made = [nobodys_code()]
        else:
            # Dummy items would say less than the items themselves do once they are clean.
            made = [self.data_set(item, keyword) for item in items]
        if tag == _GRAPHIC_ANNOTATIONS and action == "D":
            made = [graphics.least_annotation(item) for item in made]
        return Element(tag, "SQ", items=made)

    def _content_item(self, item: DataSet, action: str) -> DataSet:
        """A content item without those below it."""
        flat = DataSet(item.little_endian, item.charsets)
        flat.update((tag, each) for tag, each in item.items() if tag != structured.CONTENT)
        value = structured.VALUES.get(item.text(structured.VALUE_TYPE))
        return self.data_set(flat, "ContentSequence", {} if value is None else {value: action})

    def _document(self, holder: DataSet, element: Element) -> Element | None:
        """An encapsulated document, written anew."""
        media_type = holder.text(documents.MEDIA_TYPE)
        try:
            made = documents.clean_document(
                lambda: self._bytes_of(element),
                media_type,
                self._profile,
                self.values.prose,
                self._named_anew,
            )
        except documents.Refused as refusal:
            self.refused = str(refusal)
            return None
        self._document_length = len(made)
        if documents.may_be_face(media_type):
            self.review.add(documents.LOOK_AT_SURFACE)
        return Element(element.tag, element.vr, made)

    def _named_anew(self, name: str) -> str:
        """The name of a material, alike in the surface and in the file of its materials."""
        return f"m{self._plan.secret.derive('name', self._plan.collection, name).hex()[:16]}"

    def _colours(self, element: Element) -> Element | None:
        """A profile without its texts; one that cannot be read is of no use to anybody."""
        bulk, read = element.bulk, self._read_bulk
        if bulk is not None and (read is None or bulk.length > max_profile_bytes):
            return None
        value = read(element) if read is not None and bulk is not None else element.value or b""
        profile = bare_profile(value)
        return Element(element.tag, "OB", profile) if profile else None

    def _bytes_of(self, element: Element) -> bytes:
        if element.bulk is None:
            return element.value or b""
        if self._read_bulk is None or element.bulk.length > max_document_bytes:
            raise documents.Refused("the encapsulated document is too long to be read")
        return self._read_bulk(element)

    def _private(self, holder: DataSet, element: Element) -> Element | None:
        retained = Option.RETAIN_SAFE_PRIVATE in self._profile
        safe = safe_private(holder, element) if retained else None
        self.counts["private", "X" if safe is None else "K"] += 1
        if safe is None:
            return None
        if safe.items is not None:
            # Each of the nested ones on its own merits (E.3.10).
            items = [self.data_set(item, "?") for item in safe.items]
            return Element(safe.tag, "SQ", items=items)
        # Who reserved a block is told by the table word for word.
        action = "K" if 0x10 <= element.tag & 0xFFFF <= 0xFF else "C"
        return self.values.done(action, holder, safe, self._profile)
