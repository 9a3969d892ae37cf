"""Changing the policy of a collection while studies are on their way through it.

What a policy is, and which parts it may have, is `archive.policies`'. Here is what studies that
were received under the old one forbid.
"""

from __future__ import annotations

from typing import Any

from archive.archive import Archive
from archive.collections import Collection
from archive.errors import ArchiveError
from archive.policies import Policy, change_policy, policy_of
from archive.uploads import RECEIVED, REVIEW, WORKING, list_uploads
from imaging.deidentify.profile import Option

_ON_THEIR_WAY = (RECEIVED, WORKING, REVIEW)


def set_policy(archive: Archive, place: Collection, **changes: Any) -> Policy:
    """Change parts of a policy for what is not published yet.

    Raises
    ------
    NotFound
        The collection de-identifies nothing.
    ArchiveError
        A part cannot be so, or not yet; the message says which.
    """
    profile = changes.get("profile")
    if profile is not None:
        before = Option.RETAIN_UIDS in policy_of(archive, place.id).profile
        if before != (Option.RETAIN_UIDS in profile):
            _check_none_on_their_way(archive, place)
    return change_policy(archive, place.id, **changes)


def _check_none_on_their_way(archive: Archive, place: Collection) -> None:
    """Their senders were told under which UIDs they will be; who breaks that has to ask again."""
    if any(list_uploads(archive, place.name, state, limit=1) for state in _ON_THEIR_WAY):
        raise ArchiveError(
            "studies are on their way under UIDs that their senders were told: publish or reject "
            "them before 'retain_uids' is changed (see `uploads list`)"
        )
