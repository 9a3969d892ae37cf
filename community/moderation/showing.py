"""What a matter is about, for who decides about it, and for whose it is: texts, and its studies.

It is found without asking who may read: whoever calls has decided that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, select

from community.case_models import medical_case
from community.cases.rows import find_case, parts_of
from community.cases.vocabulary import NAMES
from community.look.words import N_
from community.models import person
from community.moderation.model import CASE, COMMENT, PROFILE, STUDY, Matter
from community.talk_models import comment

_CAPTION: Final = N_("Caption")
_ALT: Final = N_("Description of an image")
_LABEL: Final = N_("Name of a study")
_COMMENT: Final = N_("Comment")
_NAME: Final = N_("Display name")
_ABOUT: Final = N_("About")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a matter is about.

    Attributes
    ----------
    title
        What it is called; empty of what has no name, or is gone.
    texts
        What it says: names of its parts, which are translated where they are shown, and their text.
    studies
        Collections and UIDs of the studies in it.
    path
        Where it stands, below the server's address.
    """

    title: str = ""
    texts: tuple[tuple[str, str], ...] = ()
    studies: tuple[tuple[str, str], ...] = ()
    path: str = ""


def shown_of(connection: Connection, found: Matter) -> Shown:
    """What a matter is about, as far as it is there still."""
    return _SHOWN[found.target.kind](connection, found)


def _case(connection: Connection, found: Matter) -> Shown:
    case = find_case(connection, found.target.name)
    if case is None:
        return Shown()
    parts = parts_of(connection, [case.id])
    texts = [(NAMES["unknown_title"], case.unknown_title)]
    texts += [(NAMES[one.kind], one.markdown) for one in parts.sections.get(case.id, ())]
    for image in parts.key_images.get(case.id, ()):
        texts += [(_CAPTION, image.caption), (_ALT, image.alt)]
    studies = parts.studies.get(case.id, ())
    texts += [(_LABEL, one.label) for one in studies]
    return Shown(
        case.title,
        tuple((name, text) for name, text in texts if text),
        tuple((one.collection, one.study_instance_uid) for one in studies),
        f"/cases/{case.slug}",
    )


def _comment(connection: Connection, found: Matter) -> Shown:
    query = (
        select(comment.c.markdown, medical_case.c.slug)
        .join(medical_case, medical_case.c.id == comment.c.case_id)
        .where(comment.c.id == found.target.name)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return Shown()
    texts = ((_COMMENT, row.markdown),) if row.markdown else ()
    return Shown(texts=texts, path=f"/cases/{row.slug}/comments/{found.target.name}")


def _study(_: Connection, found: Matter) -> Shown:
    return Shown(found.target.study[1], studies=(found.target.study,))


def _profile(connection: Connection, found: Matter) -> Shown:
    query = select(person).where(person.c.id == found.target.subject)
    row = connection.execute(query).one_or_none()
    if row is None:
        return Shown()
    texts = ((_NAME, row.display_name), (_ABOUT, row.bio))
    return Shown(row.handle, tuple((n, t) for n, t in texts if t), path=f"/u/{row.handle}")


_Show = Callable[[Connection, Matter], Shown]
_SHOWN: Final = MappingProxyType[str, _Show](
    {CASE: _case, COMMENT: _comment, STUDY: _study, PROFILE: _profile}
)
