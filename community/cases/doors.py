"""Who may open the DICOMweb root of a case, and who may give others a link to it.

What is read there is what is shared with the case's audience, and nothing else; here is only said
who is let in. See docs/decisions/0176-the-root-of-a-case.md.
"""

from __future__ import annotations

from collections.abc import Callable

from archive.access import Principal, audience_of
from archive.archive import Archive
from archive.database import reading
from community.cases.model import HIDDEN, SHOWN, TOMBSTONE
from community.cases.readers import opened_by
from community.cases.rows import find_case

Rule = Callable[[str, Principal | None], bool]
"""Takes the id of a case, and who asks."""


def may_open_case(archive: Archive) -> Rule:
    """Who reads a case reads its studies: see `reading.may_read`; and who may do all."""

    def rule(case_id: str, asking: Principal | None) -> bool:
        with reading(archive.engine) as connection:
            case = find_case(connection, case_id)
        if case is not None and case.state in HIDDEN:
            return False
        if asking is not None and (asking.everything or case_id in opened_by(asking)):
            return True
        if case is None or case.state == TOMBSTONE:
            return False
        return case.state in SHOWN or _is_owner(case.owner, asking)

    return rule


def owns_case(archive: Archive) -> Rule:
    """A case is its owner's to share, until it is removed, and theirs who may do all."""

    def rule(case_id: str, asking: Principal | None) -> bool:
        if asking is None:
            return False
        if asking.everything:
            return True
        with reading(archive.engine) as connection:
            case = find_case(connection, case_id)
        if case is None or case.state == TOMBSTONE or case.state in HIDDEN:
            return False
        return _is_owner(case.owner, asking)

    return rule


def _is_owner(owner: str | None, asking: Principal | None) -> bool:
    """Whether they are, and read as themselves: a token that only writes opens nothing."""
    return asking is not None and owner is not None and audience_of(owner) in asking.audiences
