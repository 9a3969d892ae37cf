"""What a case has to have before others see it, and what its author has to have looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from archive.models import collection, study
from community.cases.errors import CaseError
from community.cases.model import (
    ALWAYS,
    DIAGNOSIS,
    Case,
    CaseStudy,
    KeyImage,
    Section,
)
from community.cases.screening import Finding, screen, spoilers
from community.look.words import N_


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that a case lacks; `words` say what to do, and are translated where shown."""

    field: str
    words: str


def missing_of(
    case: Case,
    sections: Iterable[Section],
    studies: Collection[CaseStudy],
    key_images: Iterable[KeyImage],
) -> list[Missing]:
    """What a case lacks before it can be shown to others."""
    kinds = {section.kind for section in sections}
    checks = (
        (case.title, "title", N_("Give the case a title.")),
        (case.specialty, "specialty", N_("Choose a specialty.")),
        (case.licence, "licence", N_("Choose a licence.")),
        (case.language, "language", N_("Choose the language that it is written in.")),
        (kinds, "history", N_("Write something in at least one section.")),
        (studies, "studies", N_("Add a study.")),
        (
            all(image.alt for image in key_images),
            "key_images",
            N_("Describe each key image for those who do not see it."),
        ),
        (
            not case.is_unknown or case.unknown_title,
            "unknown_title",
            N_("Give the unknown case a title that does not name the diagnosis."),
        ),
        (
            not case.is_unknown or DIAGNOSIS in kinds,
            DIAGNOSIS,
            N_("Write the diagnosis that is shown after the answer."),
        ),
    )
    return [Missing(field, words) for is_there, field, words in checks if not is_there]


def require_ready(
    case: Case,
    sections: Sequence[Section],
    studies: Collection[CaseStudy],
    key_images: Iterable[KeyImage],
) -> None:
    """Refuse to show a case that lacks something.

    Raises
    ------
    CaseError
        The first thing that is missing.
    """
    for lack in missing_of(case, sections, studies, key_images):
        words = lack.words[0].lower() + lack.words[1:].rstrip(".")
        raise CaseError(words, lack.field)


def require_there(connection: Connection, studies: Iterable[CaseStudy]) -> None:
    """Refuse to show a case with a study that nobody can look at.

    Raises
    ------
    CaseError
        One is on its way, as of a case that was imported just now, or is gone.
    """
    for one in studies:
        here = (
            select(study.c.id)
            .join(collection, collection.c.id == study.c.collection_id)
            .where(
                collection.c.name == one.collection,
                study.c.study_instance_uid == one.study_instance_uid,
            )
        )
        if connection.scalar(here) is None:
            raise CaseError(
                "a study of this case is still being de-identified, or is gone; wait for it, "
                "or take it from the case",
                "studies",
            )


def findings_of(
    case: Case, sections: Sequence[Section], key_images: Iterable[KeyImage]
) -> list[Finding]:
    """Every place of a case that its author should look at before others do."""
    shown = {"title": case.title, "unknown_title": case.unknown_title}
    shown.update({section.kind: section.markdown for section in sections})
    for image in key_images:
        shown[f"caption-{image.id}"], shown[f"alt-{image.id}"] = image.caption, image.alt
    found = [one for field, text in shown.items() for one in screen(text, field)]
    if case.is_unknown:
        found += spoilers(case.title, sections, _before_the_answer(case, sections, key_images))
    return found


def require_looked(
    case: Case,
    sections: Sequence[Section],
    key_images: Iterable[KeyImage],
    *,
    looked: bool,
    known: Collection[Finding] = (),
) -> None:
    """Refuse to show a case whose author did not look at what may identify somebody.

    Parameters
    ----------
    known
        What they looked at before.

    Raises
    ------
    CaseError
        Something is new, and they did not say that they looked.
    """
    if not looked and set(findings_of(case, sections, key_images)) - set(known):
        words = "look at the places that may identify somebody, and confirm that none does"
        raise CaseError(words, "looked")


def _before_the_answer(
    case: Case, sections: Iterable[Section], key_images: Iterable[KeyImage]
) -> dict[str, str]:
    shown = {"unknown_title": case.unknown_title}
    for section in sections:
        if section.reveal == ALWAYS and section.kind != DIAGNOSIS:
            shown[section.kind] = section.markdown
    for image in key_images:
        if not image.is_spoiler:
            shown[f"caption-{image.id}"], shown[f"alt-{image.id}"] = image.caption, image.alt
    return shown
