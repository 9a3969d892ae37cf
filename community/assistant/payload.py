"""What a text service is told of a case: a closed list of fields, made by one pure function.

Title, sections, specialty, region, modality and language: nothing else has a field here, so
nothing else can leave. No picture, no person, no comment, no id, no date, no address.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final

from community.assistant.words import Screen, must_stay, without_addresses

SECTIONS: Final = (
    "history", "findings", "diagnosis", "differential", "discussion", "teaching",
)  # fmt: skip
"""Sections that are told; references are not, as they are names and years."""

STATES: Final = frozenset({"draft", "unlisted", "public"})
"""Of cases that may be told of; one that is held, restricted or removed may not."""

max_section_chars: Final = 6_000
max_title_chars: Final = 300

NO_OPT_IN: Final = "no_opt_in"
NOT_OPEN: Final = "not_open"
RESTRICTED: Final = "restricted"
IDENTIFIES: Final = "identifies"
NOTHING: Final = "nothing"


class Withheld(Exception):  # noqa: N818 - an outcome, and no fault of anybody
    """Nothing of a case is told.

    Attributes
    ----------
    reason
        One of the words above.
    field
        Where something stands that may identify somebody.
    """

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(f"nothing is told of this case: {reason}")
        self.reason, self.field = reason, field


@dataclass(frozen=True, slots=True)
class CaseWords:
    """A case as its owner has it, and what speaks against telling of it.

    Attributes
    ----------
    sections
        Markdown by the kind of the section.
    specialty, body_part, modalities
        Words of closed lists, in English.
    language
        What its author says that it is written in, as a tag.
    is_restricted
        Its author, or the case, is not to be worked on.
    own_names
        What its author is called, here and by their providers.
    """

    title: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)
    specialty: str = ""
    body_part: str = ""
    modalities: tuple[str, ...] = ()
    language: str = ""
    state: str = ""
    opted_in: bool = False
    is_restricted: bool = True
    own_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AiPayload:
    """All that a text service is told of a case."""

    title: str
    sections: tuple[tuple[str, str], ...]
    specialty: str
    body_part: str
    modalities: tuple[str, ...]
    language: str

    @property
    def told(self) -> tuple[str, ...]:
        """The names of the fields that say something."""
        plain = [one.name for one in fields(self) if one.name != "sections"]
        return (
            *(name for name in plain if getattr(self, name)),
            *(kind for kind, _ in self.sections),
        )

    @property
    def texts(self) -> str:
        """What its author wrote, in one."""
        return "\n".join((self.title, *(text for _, text in self.sections)))

    def spelled(self) -> str:
        """The payload as JSON, always in the same spelling."""
        values = {
            "title": self.title,
            "specialty": self.specialty,
            "body_part": self.body_part,
            "modalities": list(self.modalities),
            "language": self.language,
            "sections": dict(self.sections),
        }
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))

    @property
    def sha256(self) -> bytes:
        """Of the payload as it is spelled: what the log of calls keeps of it."""
        return hashlib.sha256(self.spelled().encode()).digest()


def build_ai_payload(case: CaseWords, screen: Screen) -> AiPayload:
    """What may be told of a case.

    Parameters
    ----------
    screen
        Whether something in a text may identify somebody.

    Raises
    ------
    Withheld
        Nothing may be, or there is nothing to tell.
    """
    _require_open(case)
    title = _told(case.title, "title", case, screen)[:max_title_chars]
    every = ((kind, _told(case.sections.get(kind, ""), kind, case, screen)) for kind in SECTIONS)
    sections = tuple((kind, _beginning(text)) for kind, text in every if text)
    if not sections:
        raise Withheld(NOTHING)
    return AiPayload(
        title=title,
        sections=sections,
        specialty=case.specialty,
        body_part=case.body_part,
        modalities=case.modalities,
        language=case.language,
    )


def _require_open(case: CaseWords) -> None:
    for is_so, reason in (
        (not case.opted_in, NO_OPT_IN),
        (case.state not in STATES, NOT_OPEN),
        (case.is_restricted, RESTRICTED),
    ):
        if is_so:
            raise Withheld(reason)


def _told(text: str, name: str, case: CaseWords, screen: Screen) -> str:
    found = without_addresses(text)
    if must_stay(found, case.own_names, screen):
        raise Withheld(IDENTIFIES, name)
    return found


def _beginning(text: str) -> str:
    """As much of a text as is told, to the end of a word."""
    if len(text) <= max_section_chars:
        return text
    return text[:max_section_chars].rpartition(" ")[0] or text[:max_section_chars]
