"""What people say of their training: their own word, until a moderator has seen the proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, insert, select

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.errors import AccountError
from community.ids import new_id
from community.models import credential_claim

SELF: Final = "self"
PENDING: Final = "pending"
VERIFIED: Final = "verified"
REJECTED: Final = "rejected"

max_credential_chars: Final = 120
max_credentials: Final = 8


@dataclass(frozen=True, slots=True)
class Credential:
    """One line of a profile."""

    id: str
    text: str
    status: str

    @property
    def is_verified(self) -> bool:
        """Whether somebody has looked; all else is self-declared."""
        return self.status == VERIFIED


def of_person(archive: Archive, person_id: str) -> list[Credential]:
    """What somebody says of themselves, the first said first."""
    query = (
        select(credential_claim)
        .where(credential_claim.c.person == person_id)
        .order_by(credential_claim.c.id)
    )
    with reading(archive.engine) as connection:
        return [Credential(row.id, row.text, row.status) for row in connection.execute(query)]


def add(archive: Archive, person_id: str, text: str) -> None:
    """Say one thing more.

    Raises
    ------
    AccountError
        It is nothing, too long, or one too many.
    """
    kept = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not 0 < len(kept) <= max_credential_chars:
        raise AccountError(f"a credential has 1 to {max_credential_chars} characters")
    mine = select(func.count()).where(credential_claim.c.person == person_id)
    row = {"id": new_id(), "person": person_id, "text": kept, "status": SELF}
    with writing(archive.engine) as connection:
        if (connection.scalar(mine) or 0) >= max_credentials:
            raise AccountError(f"a profile shows {max_credentials} credentials; remove one first")
        connection.execute(insert(credential_claim).values(row))


def remove(archive: Archive, person_id: str, credential_id: str) -> None:
    """Say something no longer; what is not theirs stays."""
    with writing(archive.engine) as connection:
        connection.execute(
            delete(credential_claim).where(
                credential_claim.c.id == credential_id, credential_claim.c.person == person_id
            )
        )
