"""What moderation is about, as values and tables of words. No database, no request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from community.look.words import N_

CASE: Final = "case"
COMMENT: Final = "comment"
STUDY: Final = "study"
PROFILE: Final = "profile"
KINDS: Final = MappingProxyType(
    {
        CASE: N_("A case"),
        COMMENT: N_("A comment"),
        STUDY: N_("A study"),
        PROFILE: N_("A profile"),
    }
)
"""Of what can be reported."""

IDENTIFYING: Final = "identifying"
REASONS: Final = MappingProxyType(
    {
        IDENTIFYING: N_("A patient can be recognised: a name, a number, a date, a face"),
        "abuse": N_("It attacks or mocks somebody"),
        "wrong": N_("It is wrong in a way that can do harm"),
        "copyright": N_("It belongs to somebody else"),
        "other": N_("Something else"),
    }
)
"""Why something is reported, what is most urgent first."""

OPEN: Final = "open"
DECIDED: Final = "decided"
APPEALED: Final = "appealed"
CLOSED: Final = "closed"
STATES: Final = MappingProxyType(
    {
        OPEN: N_("Waits for a decision"),
        APPEALED: N_("Appealed"),
        DECIDED: N_("Decided"),
        CLOSED: N_("Closed"),
    }
)
WAITING: Final = (OPEN, APPEALED)
"""States in which a moderator has something to do."""

KEEP: Final = "keep"
EDIT: Final = "edit"
REMOVE: Final = "remove"
ERASE: Final = "erase"
VERBS: Final = MappingProxyType(
    {
        KEEP: N_("Nothing is wrong: it is shown as before"),
        EDIT: N_("It has to be changed: it is a draft again, and its earlier texts are erased"),
        REMOVE: N_("It stays hidden, and is removed when the time for an appeal is over"),
        ERASE: N_("It is erased now, with its images: they identify a patient"),
    }
)
"""What can be decided."""

VERBS_OF: Final = MappingProxyType(
    {
        CASE: (KEEP, EDIT, REMOVE, ERASE),
        COMMENT: (KEEP, REMOVE),
        STUDY: (KEEP, ERASE),
        PROFILE: (KEEP, REMOVE),
    }
)

max_words_chars: Final = 2_000
"""Of a report, a decision, an appeal."""
max_reports: Final = 50
"""That are kept of one matter; who comes later is thanked all the same."""
appeal_time: Final = timedelta(days=14)
"""After a decision."""
page_size: Final = 30


@dataclass(frozen=True, slots=True)
class Target:
    """Something that can be reported.

    Attributes
    ----------
    name
        The id of a case or a comment, ``<collection>/<uid>`` of a study; nothing of a profile.
    subject
        Id of the person whose it is.
    """

    kind: str
    name: str
    subject: str | None = None

    @property
    def study(self) -> tuple[str, str]:
        """Collection and Study Instance UID of a study."""
        collection, _, uid = self.name.partition("/")
        return collection, uid


@dataclass(frozen=True, slots=True)
class Matter:
    """All that is said about one thing until it is decided.

    Attributes
    ----------
    is_identifying
        Somebody says that a patient can be recognised.
    is_holding
        Nobody is shown what it is about.
    claimed_by
        Id of the moderator who looks after it.
    """

    id: str
    target: Target
    is_identifying: bool
    is_holding: bool
    state: str
    claimed_by: str | None
    claimed_at: datetime | None
    opened_at: datetime
    appeal: str | None
    appealed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Report:
    """What one person said of it; `reporter` is None of somebody who was not signed in."""

    reporter: str | None
    reason: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What a moderator decided, and told the person whose it is."""

    decided_by: str | None
    verb: str
    words: str
    is_of_appeal: bool
    at: datetime
