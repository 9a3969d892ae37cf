"""A case as `build_ai_payload` is given it: read out of the tables, with all that speaks against.

This is the one place that reads cases for a text service. What it hands on has no field for an
id, a person or an image; the names that it hands on are there to be looked for, not to be told.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from community.assistant.payload import CaseWords
from community.assisting import rows
from community.assisting.settings import AssistantSettings
from community.assisting.terms import TERMS
from community.cases import vocabulary
from community.cases.model import Case
from community.cases.rows import parts_of
from community.cases.screening import screen
from community.models import identity, person
from community.rights.purposes import ASSISTANT, may_use


def may_identify(text: str) -> bool:
    """The screen of cases, as a yes or no."""
    return bool(screen(text))


def words_of(connection: Connection, case: Case, settings: AssistantSettings) -> CaseWords:
    """A case with all that a service may be told of it, and all that speaks against it."""
    sections = parts_of(connection, [case.id]).sections.get(case.id, ())
    return CaseWords(
        title=case.title,
        sections={one.kind: one.markdown for one in sections},
        specialty=vocabulary.SPECIALTIES.get(case.specialty, ""),
        body_part=vocabulary.BODY_PARTS.get(case.body_part, ""),
        modalities=tuple(
            vocabulary.MODALITIES[one] for one in case.modalities if one in vocabulary.MODALITIES
        ),
        language=case.language if case.language in vocabulary.LANGUAGES else "",
        state=case.state,
        opted_in=opted_in(connection, case, settings),
        is_restricted=case.owner is None or not may_work_for(connection, case.owner),
        own_names=_names_of(connection, case.owner),
    )


def opted_in(connection: Connection, case: Case, settings: AssistantSettings) -> bool:
    """Whether the owner of a case agreed to the words that hold now."""
    row = rows.consent_of(connection, case.id)
    return (
        row is not None
        and row.person == case.owner
        and row.statement_version == TERMS[settings.tier].version
    )


def may_work_for(connection: Connection, person_id: str) -> bool:
    """Whether cases of somebody may be told of at all: neither restricted nor objected to."""
    return may_use(connection, person_id, ASSISTANT)


def _names_of(connection: Connection, owner: str | None) -> tuple[str, ...]:
    """What the author is called, here and by who let them in."""
    known = connection.execute(
        select(person.c.handle, person.c.display_name).where(person.c.id == owner)
    ).one_or_none()
    if known is None:
        return ()
    told = connection.execute(
        select(identity.c.given_name, identity.c.email).where(identity.c.person == owner)
    )
    names = [*known]
    for row in told:
        names += [row.given_name, (row.email or "").partition("@")[0]]
    return tuple(dict.fromkeys(filter(None, names)))
