"""What is done with studies that a collection de-identifies: options, syntax, review, retention.

The policy is read anew for each study, so that a change holds for all that is not published yet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, insert, select, update

from archive.database import reading, writing
from archive.errors import ArchiveError, NotFound
from archive.models import policy as table
from imaging.deidentify.files import HTJ2K_RPCL
from imaging.deidentify.profile import Option, Profile
from imaging.targets import LOSSY, TARGETS

if TYPE_CHECKING:
    from archive.archive import Archive

AS_RECEIVED: Final = "as-received"
UNCERTAIN, ALWAYS, NEVER = "uncertain", "always", "never"
REVIEW_RULES: Final = (UNCERTAIN, ALWAYS, NEVER)

DAY_S: Final = 24 * 3600
_MAX_KEEP_S: Final = 3650 * DAY_S

DEFAULT_OPTIONS: Final = frozenset(
    {
        Option.CLEAN_PIXEL_DATA,
        Option.CLEAN_RECOGNIZABLE_VISUAL_FEATURES,
        Option.CLEAN_GRAPHICS,
        Option.CLEAN_STRUCTURED_CONTENT,
        Option.CLEAN_DESCRIPTORS,
        Option.RETAIN_LONG_MODIFIED_DATES,
        Option.RETAIN_PATIENT_CHARACTERISTICS,
    }
)
DEFAULT_PROFILE: Final = Profile(DEFAULT_OPTIONS)


@dataclass(frozen=True, slots=True)
class Policy:
    """How a collection de-identifies.

    Attributes
    ----------
    stored_syntax
        The transfer syntax of images that it suits; None leaves them as they were received.
    keep_original_s
        How long an original is kept after its study is published; 0 erases it at once.
    keep_rejected_s
        The same of a study that was rejected, which may be tried again until then.
    review
        `UNCERTAIN`: a person looks where the machine is not sure; `ALWAYS`: at every image;
        `NEVER`: there is nobody, and what is not sure is rejected.
    """

    profile: Profile = DEFAULT_PROFILE
    stored_syntax: str | None = HTJ2K_RPCL
    keep_original_s: int = 0
    keep_rejected_s: int = 7 * DAY_S
    review: str = UNCERTAIN


DEFAULT: Final = Policy()


def insert_policy(connection: Connection, collection_id: int, policy: Policy = DEFAULT) -> None:
    """Write the policy of a new collection."""
    connection.execute(insert(table).values(collection_id=collection_id, **_columns(policy)))


def policy_of(archive: Archive, collection_id: int) -> Policy:
    """The policy as it is now.

    Raises
    ------
    NotFound
        The collection de-identifies nothing.
    """
    query = select(table).where(table.c.collection_id == collection_id)
    with reading(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("this collection has no policy of de-identification")
    return Policy(
        Profile.of(name for name in row.options.split(",") if name),
        row.stored_syntax or None,
        row.keep_original_s,
        row.keep_rejected_s,
        row.review,
    )


def change_policy(archive: Archive, collection_id: int, **changes: Any) -> Policy:
    """Change parts of a policy; what is published already stays as it is.

    Raises
    ------
    NotFound
        The collection de-identifies nothing.
    ArchiveError
        A part cannot be so; the message says which.
    """
    policy = replace(policy_of(archive, collection_id), **changes)
    _check(policy)
    with writing(archive.engine) as connection:
        connection.execute(
            update(table).where(table.c.collection_id == collection_id).values(**_columns(policy))
        )
    return policy


def _columns(policy: Policy) -> dict[str, Any]:
    return {
        "options": ",".join(sorted(policy.profile.options)),
        "stored_syntax": policy.stored_syntax or "",
        "keep_original_s": policy.keep_original_s,
        "keep_rejected_s": policy.keep_rejected_s,
        "review": policy.review,
    }


def _check(policy: Policy) -> None:
    lossless = {str(row.uid) for row in TARGETS if row.uid not in LOSSY and not row.from_syntax}
    if policy.stored_syntax is not None and policy.stored_syntax not in lossless:
        raise ArchiveError("images can be stored in a lossless transfer syntax that we write only")
    if policy.review not in REVIEW_RULES:
        raise ArchiveError(f"the review rule is one of: {', '.join(REVIEW_RULES)}")
    for kept in (policy.keep_original_s, policy.keep_rejected_s):
        if not 0 <= kept <= _MAX_KEEP_S:
            raise ArchiveError("originals are kept for 0 seconds to 10 years")
