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

from sqlalchemy import Connection, delete, select

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
    """Give a case a tag; again changes nothing.

    Raises
    ------
    NotAllowed
        It is not the reader's.
    CaseError
        It is no tag, it may identify somebody, or the case has enough.
    """
    _check_editor(view)
    made = _checked(label)
    with writing(archive.engine) as connection:
        known = _slugs_of(connection, view.case.id)
        if len(known | {made.slug}) > max_tags:
            raise CaseError(f"a case may have {max_tags} tags; remove one first", "tag")
        _give(connection, view.case.id, [made])
        index_case(connection, view.case.id)
    return made


def replace_tags(archive: Archive, view: CaseView, labels: Sequence[str]) -> None:
    """Give a case these tags and no others.

    Raises
    ------
    NotAllowed, CaseError
        As `add_tag`.
    """
    _check_editor(view)
    wanted = {one.slug: one for one in map(_checked, labels)}
    if len(wanted) > max_tags:
        raise CaseError(f"a case may have {max_tags} tags; these are {len(wanted)}", "tags")
    with writing(archive.engine) as connection:
        gone = _slugs_of(connection, view.case.id) - set(wanted)
        connection.execute(
            delete(case_tag).where(case_tag.c.case_id == view.case.id, case_tag.c.tag.in_(gone))
        )
        _give(connection, view.case.id, list(wanted.values()))
        index_case(connection, view.case.id)


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


def _slugs_of(connection: Connection, case_id: str) -> set[str]:
    return set(connection.scalars(select(case_tag.c.tag).where(case_tag.c.case_id == case_id)))


def _give(connection: Connection, case_id: str, tags: Sequence[Tag]) -> None:
    now = datetime.now(UTC)
    rows = [
        {
            "slug": one.slug, "label": one.label, "scheme": one.scheme, "code": one.code,
            "created_at": now,
        }
        for one in sorted(tags, key=lambda one: one.slug)
    ]  # fmt: skip
    if rows:
        insert_missing(connection, tag, rows, ["slug"])
        pairs = [{"case_id": case_id, "tag": row["slug"]} for row in rows]
        insert_missing(connection, case_tag, pairs, ["case_id", "tag"])


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
