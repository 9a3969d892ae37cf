"""Who may do what: the one rule that every verb and every door applies.

A principal reads a collection as a whole where a grant says so. Of every other collection it reads
the studies that are shared with an audience of its own, and everybody, also nobody we know, what
is shared with the public. What an audience stands for (a person, a case, a link) is not known here.
What is held (`archive.holds`) nobody reads, whatever they may otherwise.

References
----------
docs/decisions/0174-access-by-audience.md, docs/decisions/0207-one-report-closes-all-doors.md
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    false,
    literal_column,
    select,
)

from archive.collections import Collection, get_collection
from archive.database import reading
from archive.direct import Question
from archive.errors import NotAllowed, NotFound, Unauthenticated
from archive.models import share, study, study_hold, tombstone
from archive.settings import OPEN

if TYPE_CHECKING:
    from archive.archive import Archive


class Scope(StrEnum):
    """What a grant allows in a collection."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    REVIEW = "review"


Grant = tuple[str, str]
"""The name of a collection and a scope."""

PUBLIC: Final = "public"
"""The audience that everybody is part of."""

_PERSON: Final = "person"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody we know. Nobody is None.

    Parameters
    ----------
    name : str
        For the log and the audit, such as ``token 12``.
    grants : frozenset of (collection, scope)
        What it may do.
    everything : bool
        It may do all: whoever reaches an archive of `open` access.
    audiences : frozenset of str
        What it reads beyond its grants: studies shared with one of these.
    within : frozenset of str, optional
        When given, it reads what is shared with one of these and nothing else.
    sees_held : bool
        It reads what is held, too: our own work, and who decides about a hold. No door has such
        a principal of its own accord; see `looking_into_holds`.
    """

    name: str
    grants: frozenset[Grant] = frozenset()
    everything: bool = False
    audiences: frozenset[str] = frozenset()
    within: frozenset[str] | None = None
    sees_held: bool = False

    def may(self, collection: str, scope: str) -> bool:
        """Whether this principal has the scope in the collection."""
        return self.everything or (collection, str(scope)) in self.grants

    def oversees(self, collection: str) -> bool:
        """Whether it may see what others send: machines that write there, people who review."""
        if person_of(self.name) is None and self.may(collection, Scope.WRITE):
            return True
        return self.may(collection, Scope.REVIEW)


LOCAL = Principal("local", everything=True)

INSIDE: Final = Principal("inside", everything=True, sees_held=True)
"""Our own work on what is stored, which goes on while nobody may look."""


class Sight(NamedTuple):
    """What of the rule differs between two who ask for one study.

    Attributes
    ----------
    whole
        A grant covers the whole collection: see `reads_all`.
    held
        They read what is held.
    """

    whole: bool
    held: bool


def person_name(person: str) -> str:
    """How principals of a person are called."""
    return f"{_PERSON} {person}"


def person_of(name: str) -> str | None:
    """Which person a principal of this name is; None of machines."""
    kind, _, person = name.partition(" ")
    return person if kind == _PERSON and person else None


def audience_of(person: str) -> str:
    """The audience that is one person."""
    return f"{_PERSON}:{person}"


def require(archive: Archive, principal: Principal | None, collection: str, scope: str) -> None:
    """Let the principal pass that has a grant, or raise.

    In `open` access whoever reaches the port is `LOCAL`, also without a token.

    Raises
    ------
    Unauthenticated
        Nobody we know asks.
    NotAllowed
        The principal lacks the scope.
    """
    asking = effective(archive, principal)
    if asking is None or not asking.may(collection, scope):
        raise _refusal(asking, collection, scope)


def require_reader(archive: Archive, principal: Principal | None, collection: Collection) -> None:
    """Let pass who could be shown anything of the collection; what, `readable` says.

    Raises
    ------
    Unauthenticated, NotAllowed
        Nobody we know, or a machine without a grant, where nothing is public.
    """
    asking = effective(archive, principal)
    if asking is not None:
        named = asking.audiences if asking.within is None else asking.within
        if named or asking.may(collection.name, Scope.READ):
            return
    if not _shows_something(archive, collection):
        raise _refusal(asking, collection.name, Scope.READ)


def find_collection(archive: Archive, principal: Principal | None, name: str) -> Collection:
    """The collection of a name; what may be read of it, `readable` says.

    Raises
    ------
    NotFound, Unauthenticated, NotAllowed
        There is none; only who could read it is told so.
    """
    try:
        return get_collection(archive, name)
    except NotFound:
        asking = effective(archive, principal)
        if asking is not None and asking.may(name, Scope.READ):
            raise
        raise _refusal(asking, name, Scope.READ) from None


def require_study(
    archive: Archive, principal: Principal | None, name: str, study_instance_uid: str
) -> None:
    """Let pass who may read a study; where the whole collection may be read, none need be there.

    Raises
    ------
    Unauthenticated, NotAllowed, NotFound
        As of a study that is not there at all.
    """
    collection = find_collection(archive, principal, name)
    asking = effective(archive, principal)
    if reads_all(asking, collection):
        return
    named = {"study": study_instance_uid, AUDIENCES: audiences_of(asking)}
    if _seen(collection, sight_of(asking, collection)).row(archive.engine, named) is None:
        with reading(archive.engine) as connection:
            check_seen(connection, asking, collection, study_instance_uid)


def check_seen(
    connection: Connection,
    asking: Principal | None,
    collection: Collection,
    study_instance_uid: str,
) -> None:
    """Refuse who may not even know whether there is such a study.

    What is private, what is erased and what never was are refused alike; only of what was public
    anybody may learn that it is gone.
    """
    if reads_all(asking, collection) or _is_seen(
        connection, asking, collection, study_instance_uid
    ):
        return
    if asking is not None and asking.within is not None:
        raise NotFound("no such study here")
    raise _refusal(asking, collection.name, Scope.READ)


def effective(archive: Archive, principal: Principal | None) -> Principal | None:
    """The principal that counts: `LOCAL` for nobody, where access is open."""
    if principal is None and archive.settings.access == OPEN:
        return LOCAL
    return principal


def narrowed(principal: Principal | None, audience: str) -> Principal:
    """Somebody who reads, for once, nothing but what is shared with one audience."""
    name = "nobody" if principal is None else principal.name
    return Principal(name, within=frozenset({audience}))


def looking_into_holds(principal: Principal) -> Principal:
    """Who reads, for once, also what is held: of those who decide about it, and of nobody else."""
    return replace(principal, sees_held=True)


def sight_of(principal: Principal | None, collection: Collection) -> Sight:
    """How a statement that is built once looks for somebody."""
    return Sight(reads_all(principal, collection), principal is not None and principal.sees_held)


def reads_all(principal: Principal | None, collection: Collection) -> bool:
    """Whether a grant covers the whole collection, so that no study's shares matter."""
    if collection.hidden or principal is None or principal.within is not None:
        return False
    return principal.may(collection.name, Scope.READ)


def audiences_of(principal: Principal | None) -> list[str]:
    """The audiences that decide where no grant does, in one order."""
    if principal is None:
        return [PUBLIC]
    if principal.within is not None:
        return sorted(principal.within)
    return sorted(principal.audiences | {PUBLIC})


@lru_cache(maxsize=512)
def readable(principal: Principal | None, collection: Collection) -> ColumnElement[bool]:
    """The studies of `collection` that `principal` may read, as a condition on `study`.

    Hidden collections (quarantine) have no reader, not even `LOCAL`. It depends on nothing but
    the two: what else decides is asked of the index, by the condition itself. Who finds what is
    shared by other means begins from `standing`.
    """
    sight = sight_of(principal, collection)
    return _condition(collection, None if sight.whole else audiences_of(principal), sight)


AUDIENCES: Final = "audiences"
"""The parameter of `readable_by_some`: a list of them."""


@lru_cache(maxsize=512)
def readable_by_some(collection: Collection, sight: Sight) -> ColumnElement[bool]:
    """`readable`, for statements that are built once for everybody who looks alike.

    Where the `sight` is not of the whole, `AUDIENCES` are given when it is executed.
    """
    audiences: BindParameter[Any] = bindparam(AUDIENCES, expanding=True)
    return _condition(collection, None if sight.whole else audiences, sight)


def _condition(
    collection: Collection, audiences: list[str] | BindParameter[Any] | None, sight: Sight
) -> ColumnElement[bool]:
    if collection.hidden:
        return false()
    inside = standing(collection, sight)
    return inside if audiences is None else and_(inside, is_shared(audiences))


def standing(collection: Collection, sight: Sight) -> ColumnElement[bool]:
    """The studies of a collection that nothing keeps back, whoever may read them.

    The UIDs that are held are few, and found once for a statement: not for each row.
    """
    here = study.c.collection_id == collection.id
    if sight.held:
        return here
    held = select(study_hold.c.study_instance_uid).where(
        study_hold.c.collection_id == collection.id
    )
    return and_(here, study.c.study_instance_uid.not_in(held))


def is_shared(audiences: list[str] | BindParameter[Any]) -> ColumnElement[bool]:
    """Whether a row of `study` is shared with one of these.

    One look into the primary key of `share` for each row that is tried. A scalar subquery, as
    planners turn an EXISTS into a join with all that was ever shared.
    """
    found: Select[Any] = (
        select(literal_column("1"))
        .where(share.c.collection_id == study.c.collection_id)
        .where(share.c.study_instance_uid == study.c.study_instance_uid)
        .where(share.c.audience.in_(audiences))
        .limit(1)
        # Without a row of `study` around it, it is an error, never a yes.
        .correlate_except(share)
    )
    return found.scalar_subquery().is_not(None)


def is_public(archive: Archive, collection: Collection, study_instance_uid: str) -> bool:
    """Whether anybody at all may read a study, so that caches between us may keep it.

    Not where access is `open`: that means whoever is on this machine.
    """
    if archive.settings.access == OPEN or collection.hidden:
        return False
    asked = {"study": study_instance_uid, AUDIENCES: [PUBLIC]}
    return _seen(collection, sight_of(None, collection)).row(archive.engine, asked) is not None


def public_too(collection: Collection) -> ColumnElement[bool]:
    """`is_public` as a column beside `study`, where access is by accounts."""
    if collection.hidden:
        return false()
    return and_(standing(collection, Sight(whole=False, held=False)), is_shared([PUBLIC]))


@lru_cache(maxsize=512)
def _seen(collection: Collection, sight: Sight) -> Question:
    """Whether a study may be read by who looks so."""
    return Question(
        select(study.c.id)
        .where(readable_by_some(collection, sight))
        .where(study.c.study_instance_uid == bindparam("study"))
    )


def _refusal(asking: Principal | None, collection: str, scope: str) -> Unauthenticated | NotAllowed:
    if asking is None:
        return Unauthenticated("this needs a token, or somebody who is signed in")
    return NotAllowed(f"this needs the scope '{scope}' in the collection '{collection}'")


def _shows_something(archive: Archive, collection: Collection) -> bool:
    query = select(share.c.audience).where(
        share.c.collection_id == collection.id, share.c.audience == PUBLIC
    )
    with reading(archive.engine) as connection:
        return connection.scalar(query.limit(1)) is not None


def _is_seen(
    connection: Connection, asking: Principal | None, collection: Collection, uid: str
) -> bool:
    here = select(study.c.id).where(readable(asking, collection), study.c.study_instance_uid == uid)
    if connection.scalar(here) is not None:
        return True
    if asking is not None and asking.within is not None:
        return False
    erased = select(tombstone.c.was_public).where(
        tombstone.c.collection_id == collection.id,
        tombstone.c.study_instance_uid == uid,
        tombstone.c.series_instance_uid == "",
        tombstone.c.was_public,
    )
    return connection.scalar(erased) is not None
