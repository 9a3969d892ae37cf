"""Who sees a case: from the draft to the public, back again, and away.

::

    draft ⇄ unlisted ⇄ public → removed

From each of the first three it may be hidden for a while; see `community.cases.holding`.
A draft that nobody else ever saw goes without a trace. Of what others saw a row stays that says
that it is gone, and nothing else of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from archive.archive import Archive
from archive.database import writing
from archive.errors import ArchiveError
from community import statements
from community.accounts.people import Person
from community.audit.trail import by_person, record
from community.cases import checking
from community.cases.editing import CaseText, claimed, touch
from community.cases.errors import CaseError
from community.cases.model import DRAFT, PUBLIC, UNLISTED, Case
from community.cases.removing import remove_case
from community.cases.revisions import keep_revision
from community.cases.rows import parts_of
from community.discussion.notifying import tell_of_case

_EMPTY: Final = CaseText(licence="", language="")


def audience_of(case_id: str) -> str:
    """How the archive calls those who read a case."""
    return f"case:{case_id}"


def subject_of(collection: str, study_instance_uid: str) -> str:
    """How a record of what was confirmed calls a study."""
    return f"study:{collection}/{study_instance_uid}"


def publish(
    archive: Archive,
    person: Person,
    case_id: str,
    version: int | None,
    statement_version: str,
    *,
    state: str = PUBLIC,
    looked: bool = False,
) -> Case:
    """Show a case to everybody, or, unlisted, to whoever knows its address.

    Parameters
    ----------
    statement_version
        Of the words that they confirm; see `community.statements`.
    looked
        They looked at the places that may identify somebody.

    Raises
    ------
    CaseError
        Something is missing, or to be looked at, or other words hold by now.
    VersionConflict, NotFound, Gone, NotAllowed
        As `editing.edit_case`.
    """
    if state not in (PUBLIC, UNLISTED):
        raise CaseError("a case is shown as 'public' or as 'unlisted'", "state")
    with writing(archive.engine) as connection:
        case = claimed(connection, person, case_id, version)
        parts = parts_of(connection, [case.id])
        sections = parts.sections.get(case.id, ())
        images, studies = parts.key_images.get(case.id, ()), parts.studies.get(case.id, ())
        checking.require_ready(case, sections, studies, images)
        checking.require_there(connection, studies)
        checking.require_looked(case, sections, images, looked=looked)
        subjects = [audience_of(case.id)]
        subjects += [subject_of(one.collection, one.study_instance_uid) for one in studies]
        confirm(connection, person, statement_version, subjects)
        if case.state == state:
            return case
        first = case.published_at or datetime.now(UTC)
        case = touch(connection, case, state=state, published_at=first)
        keep_revision(connection, case, sections, person.id, "")
        if state == PUBLIC:
            tell_of_case(connection, case)
        record(
            connection,
            by_person(person.id),
            "case.published",
            target=f"case {case.id}",
            subject=person.id,
            facts={"state": state, "statement": statement_version},
        )
    return case


def unlist(archive: Archive, person: Person, case_id: str, version: int | None = None) -> Case:
    """Take a public case out of every list; whoever knows its address reads it."""
    return _step_back(archive, person, case_id, version, UNLISTED, from_states=(PUBLIC,))


def withdraw(archive: Archive, person: Person, case_id: str, version: int | None = None) -> Case:
    """Make a case a draft again, which nobody else sees; what others wrote to it stays with it."""
    return _step_back(archive, person, case_id, version, DRAFT, from_states=(PUBLIC, UNLISTED))


def tombstone(archive: Archive, person: Person, case_id: str, version: int | None = None) -> None:
    """Remove a case for good, with its texts, revisions and key images; its studies stay theirs.

    Raises
    ------
    VersionConflict, NotFound, Gone, NotAllowed
        As `editing.edit_case`.
    """
    with writing(archive.engine) as connection:
        case = claimed(connection, person, case_id, version, hidden_too=True)
        remove_case(connection, case)


def confirm(
    connection: Connection, person: Person, statement_version: str, subjects: list[str]
) -> None:
    """Keep that somebody confirmed the words of publishing.

    Raises
    ------
    CaseError
        Other words hold by now.
    """
    try:
        statements.confirm(
            connection, person.id, statements.PUBLISH, statement_version, subjects
        )  # fmt: skip
    except ArchiveError as error:
        raise CaseError(str(error), "confirmed") from error


def _step_back(
    archive: Archive,
    person: Person,
    case_id: str,
    version: int | None,
    state: str,
    *,
    from_states: tuple[str, ...],
) -> Case:
    with writing(archive.engine) as connection:
        case = claimed(connection, person, case_id, version)
        if case.state == state:
            return case
        if case.state not in from_states:
            raise CaseError(f"a case that is {case.state} cannot become {state} this way", "state")
        return touch(connection, case, state=state)
