"""Making a case, and changing its text: by its owner only, and only the version that they saw.

Every change of anything of a case goes through `claimed` and `touch`: the one locks the case and
says who may change it, the other counts its versions and tells those who keep something about it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from archive.archive import Archive
from archive.database import writing
from archive.errors import Gone, NotAllowed, NotFound
from community.accounts.people import ACTIVE, Person
from community.case_models import case_section, medical_case
from community.cases import checking, texts, vocabulary
from community.cases.errors import CaseError, CaseHidden, VersionConflict
from community.cases.model import (
    AFTER_ANSWER,
    ALWAYS,
    DIAGNOSIS,
    DRAFT,
    HIDDEN,
    KINDS,
    SHOWN,
    TOMBSTONE,
    Case,
    Section,
)
from community.cases.revisions import keep_revision
from community.cases.rows import CASE, case_from, find_case, parts_of
from community.finding.indexing import index_case
from community.ids import new_id

max_cases: Final = 5_000
"""Of one person."""

# Without vowels, and without what is taken for something else: no slug is ever a word.
_LETTERS: Final = "bcdfghjkmnpqrstvwxz23456789"
_SLUG_LENGTH: Final = 14


@dataclass(frozen=True, slots=True)
class CaseText:
    """All of a case that its owner writes or chooses, without its studies and key images."""

    title: str = ""
    unknown_title: str = ""
    is_unknown: bool = False
    specialty: str = ""
    body_part: str = ""
    modalities: tuple[str, ...] = ()
    certainty: str = ""
    proof: str = ""
    difficulty: str = ""
    age_band: str = ""
    sex: str = ""
    licence: str = vocabulary.USUAL_LICENCE
    language: str = vocabulary.USUAL_LANGUAGE
    sections: tuple[Section, ...] = field(default=())


_FACTS: Final = tuple(one.name for one in fields(CaseText) if one.name != "sections")


def text_of(case: Case, sections: Iterable[Section]) -> CaseText:
    """What is written in a case."""
    facts = {name: getattr(case, name) for name in _FACTS}
    return CaseText(**facts, sections=tuple(sections))


def make_case(archive: Archive, person: Person, text: CaseText | None = None) -> Case:
    """Make a draft.

    Raises
    ------
    NotAllowed
        They write nothing at the moment.
    CaseError
        Something about it cannot be, or they have as many cases as anybody may.
    """
    require_writer(person)
    checked = _checked(text or CaseText())
    now = datetime.now(UTC)
    row = {
        "id": new_id(),
        "slug": new_slug(),
        "owner": person.id,
        "state": DRAFT,
        "created_at": now,
        "changed_at": now,
        "version": 1,
        **_columns(checked),
    }
    with writing(archive.engine) as connection:
        owned = select(func.count()).where(medical_case.c.owner == person.id)
        if (connection.scalar(owned) or 0) >= max_cases:
            raise CaseError(f"one person has {max_cases} cases at most; remove some first")
        connection.execute(insert(medical_case).values(row))
        case = _found(connection, row["id"])
        _write_sections(connection, case.id, checked.sections)
        keep_revision(connection, case, checked.sections, person.id, "")
        _tell(connection, case.id)
    return case


def new_slug() -> str:
    """The last part of an address that no case has."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_SLUG_LENGTH))


def edit_case(
    archive: Archive,
    person: Person,
    case_id: str,
    version: int | None,
    text: CaseText,
    *,
    note: str = "",
    looked: bool = False,
) -> Case:
    """Change the text of a case; the same text again changes nothing.

    Parameters
    ----------
    version
        Which they saw; None is whatever there is.
    note
        Why it is changed, for those who look at its revisions.
    looked
        Of a case that others see: they looked at what may identify somebody in it.

    Raises
    ------
    VersionConflict
        It was changed meanwhile.
    CaseError
        Something about it cannot be; of one that others see, something is missing.
    NotFound, Gone, NotAllowed
        It is not theirs to change.
    """
    checked, why = _checked(text), texts.line(note, texts.max_note_chars, "note", "note")
    with writing(archive.engine) as connection:
        case = claimed(connection, person, case_id, version)
        parts = parts_of(connection, [case.id])
        before = text_of(case, parts.sections.get(case.id, ()))
        if checked == before:
            return case
        made = replace(case, **{name: getattr(checked, name) for name in _FACTS})
        images = parts.key_images.get(case.id, ())
        if case.state in SHOWN:
            studies = parts.studies.get(case.id, ())
            # Images that are not described yet are its owner's alone, and no reason to wait.
            checking.require_ready(made, checked.sections, studies, ())
            known = checking.findings_of(case, before.sections, images)
            checking.require_looked(made, checked.sections, images, looked=looked, known=known)
        connection.execute(delete(case_section).where(case_section.c.case_id == case.id))
        _write_sections(connection, case.id, checked.sections)
        case = touch(connection, case, **_columns(checked))
        keep_revision(connection, case, checked.sections, person.id, why)
    return case


def claimed(
    connection: Connection,
    person: Person,
    case_id: str,
    version: int | None = None,
    *,
    hidden_too: bool = False,
) -> Case:
    """The case that somebody wants to change, locked until the transaction ends.

    Parameters
    ----------
    hidden_too
        Also one that nobody is shown at present.

    Raises
    ------
    NotFound, Gone, NotAllowed, VersionConflict
        As `edit_case`.
    """
    require_writer(person)
    case = locked(connection, case_id)
    if case is None:
        raise NotFound("there is no such case")
    if case.owner != person.id:
        if case.state in SHOWN:
            raise NotAllowed("only whose case it is may change it")
        raise NotFound("there is no such case")
    if case.state == TOMBSTONE:
        raise Gone("case", case.changed_at)
    if case.state in HIDDEN and not hidden_too:
        raise CaseHidden(case.state)
    if version is not None and version != case.version:
        raise VersionConflict(case.version)
    return case


def locked(connection: Connection, case_id: str) -> Case | None:
    """A case in whatever state, locked until the transaction ends."""
    query = select(*CASE).where(medical_case.c.id == case_id).with_for_update()
    row = connection.execute(query).one_or_none()
    return None if row is None else case_from(row)


def touch(connection: Connection, case: Case, **values: Any) -> Case:
    """Note that something of a case was changed; returns it as it is now."""
    changed = {"version": case.version + 1, "changed_at": datetime.now(UTC)}
    connection.execute(
        update(medical_case).where(medical_case.c.id == case.id).values({**changed, **values})
    )
    _tell(connection, case.id)
    return _found(connection, case.id)


def require_writer(person: Person) -> None:
    """Let pass who may write at all.

    Raises
    ------
    NotAllowed
        Their account is restricted.
    """
    if person.state != ACTIVE:
        raise NotAllowed("your account may read, and write nothing at the moment")


def _tell(connection: Connection, case_id: str) -> None:
    """Tell those who keep something about cases, in the transaction that changed one."""
    index_case(connection, case_id)


def _found(connection: Connection, case_id: str) -> Case:
    case = find_case(connection, case_id)
    assert case is not None  # it is locked, or was just made
    return case


def _columns(text: CaseText) -> dict[str, Any]:
    facts = {name: getattr(text, name) for name in _FACTS}
    return {**facts, "modalities": " ".join(text.modalities)}


def _write_sections(connection: Connection, case_id: str, sections: Iterable[Section]) -> None:
    rows = [
        {
            "case_id": case_id,
            "kind": section.kind,
            "markdown": section.markdown,
            "reveal": section.reveal,
        }
        for section in sections
    ]
    if rows:
        connection.execute(insert(case_section), rows)


def _checked(text: CaseText) -> CaseText:
    """A text as it is kept.

    Raises
    ------
    CaseError
        A text is too long, or a word is none of its list.
    """
    for name, known in vocabulary.WORDS.items():
        if getattr(text, name) not in ("", *known):
            raise CaseError(f"choose the {name.replace('_', ' ')} from its list", name)
    wanted = set(text.modalities)
    if wanted - vocabulary.MODALITIES.keys():
        raise CaseError("choose the modalities from their list", "modalities")
    most = texts.max_title_chars
    return replace(
        text,
        title=texts.line(text.title, most, "title", "title"),
        unknown_title=texts.line(text.unknown_title, most, "unknown_title", "unknown title"),
        modalities=tuple(one for one in vocabulary.MODALITIES if one in wanted),
        sections=_checked_sections(text.sections),
    )


def _checked_sections(sections: Iterable[Section]) -> tuple[Section, ...]:
    found: dict[str, Section] = {}
    for section in sections:
        if section.kind not in KINDS or section.reveal not in (ALWAYS, AFTER_ANSWER):
            raise CaseError("there is no such section", section.kind)
        if section.kind in found:
            raise CaseError("a case has each section once", section.kind)
        words = texts.prose(
            section.markdown, texts.max_section_chars, section.kind, f"section '{section.kind}'"
        )
        reveal = AFTER_ANSWER if section.kind == DIAGNOSIS else section.reveal
        if words:
            found[section.kind] = Section(section.kind, words, reveal)
    return tuple(found[kind] for kind in KINDS if kind in found)
