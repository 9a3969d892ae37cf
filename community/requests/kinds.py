"""The words of a request: its kind, state, outcome, where it came from, who asks. Tables, pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from community.look.words import N_

CONTACT: Final = "contact"
ACCESS: Final = "access"
RECTIFY: Final = "rectify"
ERASE: Final = "erase"
RESTRICT: Final = "restrict"
OBJECT: Final = "object"
PORTABILITY: Final = "portability"
TAKEDOWN: Final = "takedown"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is asked.

    Attributes
    ----------
    words
        As the form offers it.
    name
        As lists and mails call it.
    needs_identity
        Nothing is released or changed before it is known that who asks is who it is about.
    """

    words: str
    name: str
    needs_identity: bool = True


KINDS: Final[Mapping[str, Kind]] = {
    CONTACT: Kind(N_("A question, or something else"), N_("Question"), needs_identity=False),
    TAKEDOWN: Kind(
        N_("Something on this site shows or names me"), N_("Removal"), needs_identity=False
    ),
    ACCESS: Kind(N_("I want a copy of my data"), N_("Copy of data")),
    RECTIFY: Kind(N_("My data is wrong or incomplete"), N_("Correction")),
    ERASE: Kind(N_("Erase my data"), N_("Erasure")),
    RESTRICT: Kind(N_("Keep my data, but do not use it for now"), N_("Restriction")),
    OBJECT: Kind(N_("I object to a use of my data"), N_("Objection")),
    PORTABILITY: Kind(N_("Hand my data over to me or to somebody else"), N_("Portability")),
}

OPEN: Final = "open"
ASKED: Final = "asked"
CLOSED: Final = "closed"
STATES: Final[Mapping[str, str]] = {
    OPEN: N_("To be answered"),
    ASKED: N_("Waits for who asked"),
    CLOSED: N_("Closed"),
}
MAY_BECOME: Final[Mapping[str, frozenset[str]]] = {
    OPEN: frozenset({OPEN, ASKED, CLOSED}),
    ASKED: frozenset({OPEN, ASKED, CLOSED}),
    CLOSED: frozenset({OPEN}),
}
"""The clock runs on while somebody is asked: their time is not lost by our question."""

DONE: Final = "done"
PARTLY: Final = "partly"
NOTHING: Final = "nothing"
REFUSED: Final = "refused"
UNPROVEN: Final = "unproven"
WITHDRAWN: Final = "withdrawn"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended; `is_done`: something was released or changed for it."""

    words: str
    is_done: bool = False


OUTCOMES: Final[Mapping[str, Outcome]] = {
    DONE: Outcome(N_("Done"), is_done=True),
    PARTLY: Outcome(N_("Done in part"), is_done=True),
    NOTHING: Outcome(N_("Nothing is held")),
    REFUSED: Outcome(N_("Refused")),
    UNPROVEN: Outcome(N_("It stayed unknown who asked")),
    WITHDRAWN: Outcome(N_("Withdrawn")),
}

FORM: Final = "form"
ACCOUNT: Final = "account"
PROVIDER: Final = "provider"
MAIL: Final = "mail"
PHONE: Final = "phone"
POST: Final = "post"
SOURCES: Final[Mapping[str, str]] = {
    FORM: N_("Contact form"),
    ACCOUNT: N_("Account"),
    PROVIDER: N_("Sign-in provider"),
    MAIL: N_("E-mail"),
    PHONE: N_("Telephone"),
    POST: N_("Letter"),
}
BY_HAND: Final = (MAIL, PHONE, POST)
"""What staff enters that came another way."""

QUESTIONS: Final = "questions"
DOCUMENT: Final = "document"
ADDRESS: Final = "address"
IDENTITIES: Final[Mapping[str, str]] = {
    ACCOUNT: N_("Signed in to the account"),
    PROVIDER: N_("The sign-in provider vouches"),
    ADDRESS: N_("Confirmed the address that the account has"),
    QUESTIONS: N_("Answered what only they can know"),
    DOCUMENT: N_("Showed a document; no copy is kept"),
}
CHECKED_BY_HAND: Final = (ADDRESS, QUESTIONS, DOCUMENT)
"""How staff comes to know who asks; the others are seen by the server itself."""

# What happened to a request: the words for it, and whether who asked is shown it.
OPENED: Final = "opened"
CONFIRMED: Final = "confirmed"
ROUTED: Final = "routed"
TAKEN: Final = "taken"
NOTE: Final = "note"
QUESTION: Final = "question"
REPLY: Final = "reply"
IDENTITY: Final = "identity"
ANSWER: Final = "answer"
REMINDED: Final = "reminded"
OVERDUE: Final = "overdue"
UNSENT: Final = "unsent"
ENDED: Final = "closed"
REOPENED: Final = "reopened"
EVENTS: Final[Mapping[str, tuple[str, bool]]] = {
    OPENED: (N_("Received"), True),
    CONFIRMED: (N_("Address confirmed"), True),
    ROUTED: (N_("Sorted anew"), True),
    TAKEN: (N_("Taken"), False),
    NOTE: (N_("Note"), False),
    QUESTION: (N_("Question"), True),
    REPLY: (N_("Reply"), True),
    IDENTITY: (N_("It is known who asks"), True),
    ANSWER: (N_("Answer"), True),
    REMINDED: (N_("Reminder"), False),
    OVERDUE: (N_("Overdue"), False),
    UNSENT: (N_("A mail could not be delivered"), False),
    ENDED: (N_("Closed"), True),
    REOPENED: (N_("Opened again"), True),
}

PERSON: Final = "person"
STAFF: Final = "staff"
SYSTEM: Final = "system"
SIDES: Final[Mapping[str, str]] = {
    PERSON: N_("Who asked"),
    STAFF: N_("Staff"),
    SYSTEM: N_("This server"),
}
"""From whose side something happened."""
