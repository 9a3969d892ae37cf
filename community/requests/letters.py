"""What people are written about their requests. In their language; never what others wrote of them.

To an address that nobody has confirmed goes nothing that somebody else could have typed, so that
nobody sends their words to others through us. An answer that may hold somebody's data is not in
the mail: it has the link where the answer is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from community.discussion.mail_choices import addresses_in
from community.look.languages import messages
from community.look.words import N_
from community.mail.letters import Letter, post
from community.requests import kinds
from community.requests.links import new_link
from community.requests.tickets import Ticket, note

MINE: Final = "/settings/requests"

_SAID: Final[Mapping[str, tuple[str, str]]] = {
    kinds.OPENED: (
        N_("[{reference}] We have your request"),
        N_(
            "Somebody wrote to us and gave this address as theirs. If it was you, open this "
            "address and say so; we answer by {due}. If it was not, do nothing: you will hear "
            "no more of it than an answer, at most."
        ),
    ),
    kinds.QUESTION: (
        N_("[{reference}] We have a question about your request"),
        N_("To answer your request we need to know something more. Please reply at this address:"),
    ),
    kinds.ANSWER: (
        N_("[{reference}] We have an answer to your request"),
        N_("Our answer to your request is at this address:"),
    ),
    kinds.ENDED: (
        N_("[{reference}] Your request is closed"),
        N_("We have closed your request. How it ended, and why, is at this address:"),
    ),
    kinds.CONFIRMED: (
        N_("[{reference}] Your request, and by when we answer it"),
        N_("Thank you. We answer by {due}. How it stands can be seen at this address:"),
    ),
}
"""What is mailed when something happens: a subject, and what stands before the link."""

_BYE: Final = N_("This mail was made by a machine, and nobody reads replies to it.")


def write_to(
    connection: Connection, found: Ticket, event: str, origin: str, words: str = ""
) -> bool:
    """Write to who asked about what happened to their request; False if there is no address.

    Parameters
    ----------
    origin
        The public address of this server.
    words
        What staff says; it is in the mail only where the kind of request lets it.
    """
    address = address_of(connection, found)
    if address is None:
        return False
    subject, before = _SAID[event]
    translated = messages(found.locale).gettext
    facts = {"reference": found.reference, "due": found.due_on.isoformat()}
    path = (
        f"{MINE}/{found.id}"
        if found.source == kinds.ACCOUNT
        else new_link(connection, found.id, was_mailed=True)
    )
    parts = [translated(before).format(**facts), f"{origin.rstrip('/')}{path}"]
    if words and found.confirmed_at and not kinds.KINDS[found.kind].needs_identity:
        parts.insert(0, words)
    body = "\n\n".join([*parts, f"-- \n{translated(_BYE)}"]) + "\n"
    subject = translated(subject).format(**facts)
    post(connection, Letter(address, subject, body, ticket=found.id))
    return True


def address_of(connection: Connection, found: Ticket) -> str | None:
    """Where who asked is written to."""
    if found.email:
        return found.email
    if found.person is None or found.source == kinds.PROVIDER:
        return None
    return next((one.email for one in addresses_in(connection, found.person)), None)


def lost(connection: Connection, written: Letter) -> None:
    """Note on its request that a letter could not be delivered."""
    if written.ticket is not None:
        note(connection, written.ticket, kinds.UNSENT, kinds.SYSTEM)
