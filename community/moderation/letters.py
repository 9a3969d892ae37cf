"""What somebody is written about a decision: what it is about, what was decided, and why."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, select

from community.discussion.mail_choices import addresses_in
from community.look.languages import messages
from community.look.words import N_
from community.mail.letters import Letter, post
from community.models import person
from community.moderation.model import EDIT, ERASE, KEEP, REMOVE, Decision, Matter

MINE: Final = "/settings/decisions"

_SUBJECT: Final = N_("A decision about something of yours")
_DECIDED: Final = MappingProxyType(
    {
        KEEP: N_("Something of yours was reported. We found nothing wrong; it is shown as before."),
        EDIT: N_("A case of yours has to be changed before others see it again."),
        REMOVE: N_("Something of yours was hidden, and will be removed."),
        ERASE: N_("Something of yours was erased, as a patient could be recognised in it."),
    }
)
_HOW: Final = N_("What it is about, and how you can appeal, stands here:")


def tell(connection: Connection, found: Matter, made: Decision, origin: str) -> bool:
    """Write to whose it is; False of somebody who is no more, or has no address."""
    if found.target.subject is None or not origin:
        return False
    known = addresses_in(connection, found.target.subject)
    if not known:
        return False
    chosen = select(person.c.locale).where(person.c.id == found.target.subject)
    translated = messages(connection.scalar(chosen) or "en").gettext
    body = "\n\n".join(
        (
            translated(_DECIDED[made.verb]),
            made.words,
            f"{translated(_HOW)}\n{origin.rstrip('/')}{MINE}",
        )
    )
    letter = Letter(known[0].email, translated(_SUBJECT), body + "\n", found.target.subject)
    post(connection, letter)
    return True
