"""Verbs of an author on what a service proposed: to accept it, or to have it go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, delete, update

from archive.archive import Archive
from archive.database import note_deletion, reading, writing
from archive.errors import NotAllowed, NotFound
from community.accounts.people import Person
from community.assistant_models import assistant_suggestion
from community.assisting import rows
from community.assisting.rows import Suggestion
from community.assisting.working import LANGUAGE, SUMMARY, TAGS
from community.cases import editing
from community.cases.editing import claimed, text_of
from community.cases.model import CaseView
from community.finding import tagging
from community.ids import is_id

NOTE: Final = "Language as a machine recognised it"


def accept(archive: Archive, person: Person, view: CaseView, suggestion_id: str) -> None:
    """Have a case be as a service proposed.

    Raises
    ------
    NotFound
        There is no such proposal.
    CaseError, NotAllowed
        The case cannot be so, or is not theirs to change.
    """
    found = _find(archive, view, suggestion_id, rows.OPEN)
    _TAKE[found.kind](archive, person, view, found.text)
    decided = {"state": rows.ACCEPTED, "decided_at": datetime.now(UTC)}
    with writing(archive.engine) as connection:
        claimed(connection, person, view.case.id)
        if found.kind == SUMMARY:
            _forget_earlier(connection, view.case.id)
        connection.execute(
            update(assistant_suggestion)
            .where(assistant_suggestion.c.id == found.id)
            .values(**decided)
        )


def dismiss(archive: Archive, view: CaseView, suggestion_id: str) -> None:
    """Have a proposal go, or a summary that was accepted; again changes nothing."""
    if not view.is_owner:
        raise NotAllowed("only the author of a case decides about it")
    of_case = assistant_suggestion.c.case_id == view.case.id
    with writing(archive.engine) as connection:
        connection.execute(
            delete(assistant_suggestion).where(of_case, assistant_suggestion.c.id == suggestion_id)
        )
        note_deletion(connection)


def summary_of(archive: Archive, view: CaseView) -> Suggestion | None:
    """The summary that is shown with a case, to who may know all of it."""
    if view.is_hiding:
        return None
    with reading(archive.engine) as connection:
        accepted = rows.suggestions_of(connection, view.case.id, rows.ACCEPTED)
    return next((one for one in accepted if one.kind == SUMMARY), None)


def _forget_earlier(connection: Connection, case_id: str) -> None:
    """A case has one summary: an earlier one goes when another is accepted."""
    table = assistant_suggestion.c
    earlier = (table.case_id == case_id, table.kind == SUMMARY, table.state == rows.ACCEPTED)
    connection.execute(delete(assistant_suggestion).where(*earlier))
    note_deletion(connection)


def _find(archive: Archive, view: CaseView, suggestion_id: str, *states: str) -> Suggestion:
    if not view.may_edit:
        raise NotAllowed("only the author of a case decides about it")
    if is_id(suggestion_id):
        with reading(archive.engine) as connection:
            for one in rows.suggestions_of(connection, view.case.id, *states):
                if one.id == suggestion_id:
                    return one
    raise NotFound("there is no such proposal any more")


def _take_tag(archive: Archive, _person: Person, view: CaseView, label: str) -> None:
    tagging.add_tag(archive, view, label)


def _take_language(archive: Archive, person: Person, view: CaseView, language: str) -> None:
    text = replace(text_of(view.case, view.sections), language=language)
    editing.edit_case(archive, person, view.case.id, None, text, note=NOTE)


def _take_summary(_archive: Archive, _person: Person, _view: CaseView, _text: str) -> None:
    """Nothing of the case itself is changed: it is shown beside it, as a machine's."""


_TAKE: Final[Mapping[str, Callable[[Archive, Person, CaseView, str], None]]] = {
    TAGS: _take_tag,
    LANGUAGE: _take_language,
    SUMMARY: _take_summary,
}
