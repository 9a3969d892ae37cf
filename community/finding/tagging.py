"""Tags: words that the author of a case gives it, so that it is found beside its likes.

A tag that is called as a term of a coding scheme is (`terms`) has that term's code. Tags of an
unknown case say what it is: they are shown when that is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select

from archive.archive import Archive
from archive.database import insert_missing, reading, writing
from archive.errors import NotAllowed
from community.cases.errors import CaseError
from community.cases.model import CaseView
from community.cases.screening import screen
from community.finding.indexing import index_case
from community.finding.terms import find_term
from community.finding.words import fold
from community.finding_models import case_tag, facet_count, tag

max_tags: Final = 20
"""Of one case."""
max_tag_chars: Final = 48
max_listed: Final = 300

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag; `scheme` and `code` are empty unless it is a term of a scheme."""

    slug: str
    label: str
    scheme: str = ""
    code: str = ""


def slug_of(label: str) -> str:
    """How a tag is spelled in addresses: two that differ in case or accents only are one."""
    return "-".join(_WORD.findall(fold(label)))[:64].strip("-")


def tags_of(archive: Archive, view: CaseView) -> list[Tag]:
    """The tags of a case that its reader may know."""
    if view.is_hiding:
        return []
    query = (
        select(tag)
        .join(case_tag, case_tag.c.tag == tag.c.slug)
        .where(case_tag.c.case_id == view.case.id)
        .order_by(tag.c.label)
    )
    with reading(archive.engine) as connection:
        return [_tag(row) for row in connection.execute(query)]


def labels_of(connection: Connection, slugs: Sequence[str]) -> Mapping[str, str]:
    """How tags are called that some case has which anybody finds."""
    if not slugs:
        return {}
    query = (
        select(tag.c.slug, tag.c.label)
        .join(facet_count, facet_count.c.value == tag.c.slug)
        .where(facet_count.c.facet == "tag", tag.c.slug.in_(slugs))
    )
    return {row.slug: row.label for row in connection.execute(query)}


def most_used(archive: Archive, limit: int = max_listed) -> list[tuple[Tag, int]]:
    """The tags that most cases have which anybody finds, and how many those are."""
    query = (
        select(tag, facet_count.c.cases)
        .join(facet_count, facet_count.c.value == tag.c.slug)
        .where(facet_count.c.facet == "tag", facet_count.c.cases > 0)
        .order_by(facet_count.c.cases.desc(), tag.c.slug)
        .limit(limit)
    )
    with reading(archive.engine) as connection:
        return [(_tag(row), row.cases) for row in connection.execute(query)]


def add_tag(archive: Archive, view: CaseView, label: str) -> Tag:
    """Give a case a tag.

    Raises
    ------
    NotAllowed
        It is not the reader's.
    CaseError
        It is no tag, it may identify somebody, or the case has enough.
    """
    _check_editor(view)
    made = _checked(label)
    now = datetime.now(UTC)
    row = {"slug": made.slug, "label": made.label, "scheme": made.scheme, "code": made.code}
    with writing(archive.engine) as connection:
        given = select(func.count()).where(case_tag.c.case_id == view.case.id)
        if connection.execute(given).scalar_one() >= max_tags:
            raise CaseError(f"a case may have {max_tags} tags; remove one first", "tag")
        insert_missing(connection, tag, [{**row, "created_at": now}], ["slug"])
        pair = {"case_id": view.case.id, "tag": made.slug}
        insert_missing(connection, case_tag, [pair], ["case_id", "tag"])
        index_case(connection, view.case.id)
    return made


def remove_tag(archive: Archive, view: CaseView, slug: str) -> None:
    """Take a tag from a case; again changes nothing.

    Raises
    ------
    NotAllowed
        It is not the reader's.
    """
    _check_editor(view)
    with writing(archive.engine) as connection:
        connection.execute(
            delete(case_tag).where(case_tag.c.case_id == view.case.id, case_tag.c.tag == slug)
        )
        index_case(connection, view.case.id)


def _check_editor(view: CaseView) -> None:
    if not view.may_edit:
        raise NotAllowed("only the author of a case gives it tags")


def _checked(label: str) -> Tag:
    words = " ".join("".join(c if c.isprintable() else " " for c in label).split())
    slug = slug_of(words)
    if not slug:
        raise CaseError("write a word", "tag")
    if len(words) > max_tag_chars:
        raise CaseError(
            f"a tag may have {max_tag_chars} characters; this one has {len(words)}", "tag"
        )
    term = find_term(words)
    if term is not None:
        return Tag(slug, term.label, term.scheme, term.code)
    if screen(words):
        raise CaseError("this may identify somebody: a tag has no names, dates or numbers", "tag")
    return Tag(slug, words)


def _tag(row: Any) -> Tag:
    return Tag(row.slug, row.label, row.scheme, row.code)
