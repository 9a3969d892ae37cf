"""What is done with one element: by table E.1-1, and for attributes that it does not name.

References
----------
PS3.15 section E.1.1 and table E.1-1; PS3.6 (which attributes there are, and which are retired).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from pydicom.datadict import dictionary_is_retired

from imaging.data_set import BINARY_VRS, DataSet, Element
from imaging.deidentify.graphics import is_curve, is_plane, keeps_plane
from imaging.deidentify.profile import CLEAN, MAP_UID, REMOVE, Option, Profile, action_of, rule_of
from imaging.deidentify.types import resolve, type_of
from imaging.dictionary import keyword_of, vr_of

# What holds the original behind a lock, or vouches for bytes that are no more.
_NEVER: Final = frozenset(
    {
        0x00080001,  # Length to End
        0x04000500,  # Encrypted Attributes Sequence
        0x04000510,  # Encrypted Content Transfer Syntax UID
        0x04000520,  # Encrypted Content
        0x4FFE0001,  # MAC Parameters Sequence
    }
)
_PROSE: Final = frozenset({"LO", "LT", "SH", "ST", "UC", "UT"})


def action_on(holder: DataSet, tag: int, within: str, iod: str, profile: Profile) -> str:
    """Say what is done with an element: one of X, Z, D, K, C and U.

    Parameters
    ----------
    within
        Keyword of the sequence whose item `holder` is; empty at the top.
    iod
        From `types.iod_of`.
    """
    if is_plane(tag):
        # One that lies in the pixels loses its bits there.
        return CLEAN if keeps_plane(holder, tag >> 16, profile) else REMOVE
    return _action(tag, _is_binary(holder, tag), within, iod, profile.options)


@lru_cache(maxsize=16_384)
def _action(tag: int, is_binary: bool, within: str, iod: str, options: frozenset[Option]) -> str:
    if tag in _NEVER or is_curve(tag):
        return REMOVE
    keyword = keyword_of(tag)
    listed = action_of(tag, Profile(options))
    if listed == "X/Z/U*":
        # References to other images lead nowhere without the key, and are worth having.
        return MAP_UID
    if listed == CLEAN and is_binary:
        # Nobody can clean what cannot be read.
        listed = rule_of(tag).basic  # type: ignore[union-attr] # it is listed
    if listed is not None:
        return resolve(listed, type_of(iod, within, keyword))
    if not keyword or (vr_of(tag) in _PROSE and dictionary_is_retired(tag)):
        # Nobody knows what an attribute without a name holds, and nobody needs retired prose.
        return REMOVE
    return CLEAN


def _is_binary(holder: DataSet, tag: int) -> bool:
    element = holder.get(tag)
    return element is not None and element.items is None and element.vr in BINARY_VRS


def in_its_vr(element: Element) -> Element:
    """An element with a VR under which it is cleaned: text that claims to be bytes is text."""
    if element.vr not in BINARY_VRS or element.items is not None:
        return element
    known = vr_of(element.tag)
    if known in BINARY_VRS or " or " in known or element.tag >> 16 & 1:
        return element
    return Element(element.tag, known, element.value, bulk=element.bulk)
