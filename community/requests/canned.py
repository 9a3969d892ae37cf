"""Words that staff begins an answer with, so that none forgets what has to be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from community.look.languages import messages
from community.look.words import N_
from community.requests import kinds
from community.requests.tickets import Ticket

_ALL: Final = frozenset(kinds.KINDS)
_RIGHTS: Final = frozenset(name for name, one in kinds.KINDS.items() if one.needs_identity)


@dataclass(frozen=True, slots=True)
class Template:
    """A beginning of an answer, for requests of some kinds."""

    name: str
    title: str
    words: str
    kinds: frozenset[str]


TEMPLATES: Final = (
    Template(
        "who",
        N_("Who asks?"),
        N_(
            "Before we hand out or change anything, we have to know that it is you. If you have an "
            "account here, sign in and write to us again from there; that is enough. If you have "
            "none, tell us something that only you can know about what you ask. Please send no "
            "copy of an identity card."
        ),
        _RIGHTS,
    ),
    Template(
        "where",
        N_("Which page?"),
        N_("Please tell us the address of the page, and what on it is about you."),
        frozenset({kinds.TAKEDOWN, kinds.CONTACT, kinds.RECTIFY, kinds.OBJECT}),
    ),
    Template(
        "self",
        N_("They can do it themselves"),
        N_(
            "You can do this yourself, at once: sign in, and open “Privacy” in the menu of your "
            "account. If anything there does not do what you want, write again; this request "
            "stays open until then."
        ),
        _RIGHTS,
    ),
    Template(
        "erased",
        N_("It is erased"),
        N_(
            "We have erased what you asked for. Copies in our backups are overwritten within the "
            "time that our privacy policy names, and are erased again if one has to be used "
            "before that. What others copied from the public pages is out of our reach."
        ),
        frozenset({kinds.ERASE, kinds.TAKEDOWN}),
    ),
    Template(
        "nothing",
        N_("Nothing is held"),
        N_("We looked for data about you under what you told us, and hold none."),
        _RIGHTS,
    ),
    Template(
        "refused",
        N_("Refused"),
        N_(
            "We cannot do what you ask, because …\n\nYou may complain about this to the authority "
            "that supervises data protection, at your place or at ours, and you may go to court."
        ),
        _ALL,
    ),
)


def fitting(kind: str) -> tuple[Template, ...]:
    """Those for requests of a kind."""
    return tuple(one for one in TEMPLATES if kind in one.kinds)


def words(name: str, found: Ticket) -> str:
    """What a template says in the language of who asked; nothing if there is no such template."""
    said = next((one.words for one in fitting(found.kind) if one.name == name), "")
    return messages(found.locale).gettext(said) if said else ""
