"""Which UIDs of a header will be found nowhere any more, for the second pass to look for.

References
----------
PS3.15 section E.3.9 (Retain UIDs Option), and E.3.7 for those of devices.
"""

from __future__ import annotations

from collections.abc import Callable

from imaging.data_set import DataSet
from imaging.deidentify import structured
from imaging.deidentify.attributes import action_on
from imaging.deidentify.profile import KEEP, Profile
from imaging.deidentify.types import iod_of
from imaging.deidentify.uids import VOCABULARIES, is_well_known

_SOP_CLASS = 0x00080016
_VALUE = structured.VALUES["UIDREF"]


def replaced_uids(
    data_set: DataSet, profile: Profile, is_ours: Callable[[str], bool]
) -> tuple[set[str], set[str]]:
    """Give the UIDs that are mapped or removed, and those that are kept somewhere."""
    gone: set[str] = set()
    kept: set[str] = set()
    iod = iod_of(data_set.text(_SOP_CLASS))
    todo = [data_set]
    while todo:
        holder = todo.pop()
        for tag, element in holder.items():
            todo += element.items or ()
            if element.vr != "UI":
                continue
            uids = {uid for uid in holder.texts(tag) if uid and not is_well_known(uid)}
            stays = tag in VOCABULARIES or _action(holder, tag, iod, profile) == KEEP
            (kept if stays else gone).update(uids)
    kept |= {uid for uid in gone if is_ours(uid)}
    return gone - kept, kept


def _action(holder: DataSet, tag: int, iod: str, profile: Profile) -> str:
    if tag == _VALUE and structured.VALUE_TYPE in holder:
        return structured.item_action(holder, profile)
    return action_on(holder, tag, "", iod, profile)
