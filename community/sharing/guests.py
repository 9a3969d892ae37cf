"""Who comes by a link: what it opens is added to whoever asks, be it nobody.

A program sends the secret as its bearer token; a browser has passes in a cookie. Each time the
link has to work, and its maker to be one who may still share what it leads to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from archive.access import Principal, Scope
from archive.archive import Archive
from archive.errors import Unauthenticated
from archive.tokens import PersonNow
from community.accounts.people import MAY_SIGN_IN, find_person
from community.accounts.principals import principal_of
from community.sharing import passes
from community.sharing.counting import count_program
from community.sharing.links import (
    CASE,
    COLLECTION,
    PREFIX,
    Link,
    OwnsCase,
    is_offered,
    working_link,
)

COOKIE: Final = "__Host-dt_links"
max_passes: Final = 8
"""Of one browser; who comes by a ninth link loses the first."""


def person_now(archive: Archive) -> PersonNow:
    """Say what people may do at the moment."""

    def now(person_id: str) -> Principal | None:
        found = find_person(archive, person_id)
        return principal_of(found) if found and found.state in MAY_SIGN_IN else None

    return now


@dataclass(frozen=True, slots=True)
class Guests:
    """Makes principals of those who come by links."""

    archive: Archive
    person_now: PersonNow
    owns_case: OwnsCase

    def by_bearer(self, secret: str) -> Principal | None:
        """Who sends the secret of a link, or a pass; None if it is neither.

        Raises
        ------
        Unauthenticated
            The link does not work, or has a password.
        """
        if secret.startswith(PREFIX):
            found = working_link(self.archive, secret)
            if found is not None and found.password_hash is not None:
                raise Unauthenticated(
                    "this link has a password: get a pass at POST /api/v1/links/passes"
                )
            links = [found] if found is not None else []
        elif secret.startswith(passes.PREFIX):
            links = passes.links_of(self.archive, [secret])
        else:
            return None
        guest = self._with(None, links)
        if guest is None:
            raise Unauthenticated("this link is unknown, revoked or expired")
        for one in links:
            count_program(self.archive, one.id)
        return guest

    def by_cookie(self, asking: Principal | None, cookie: str) -> Principal | None:
        """Whoever asks, with what the passes in their cookie open."""
        return self._with(asking, passes.links_of(self.archive, passes_in(cookie)))

    def links_in(self, cookie: str) -> list[Link]:
        """The links that work of the passes in a cookie."""
        found = passes.links_of(self.archive, passes_in(cookie))
        return [one for one in found if self._is_offered(one)]

    def _with(self, asking: Principal | None, links: Iterable[Link]) -> Principal | None:
        good = [one for one in links if self._is_offered(one)]
        if not good:
            return asking
        audiences = frozenset(one.audience for one in good)
        audiences |= {f"case:{one.target}" for one in good if one.kind == CASE}
        grants = {(one.target, Scope.READ.value) for one in good if one.kind == COLLECTION}
        guest = asking or Principal(f"link {good[0].id}")
        return replace(guest, grants=guest.grants | grants, audiences=guest.audiences | audiences)

    def _is_offered(self, one: Link) -> bool:
        return is_offered(self.archive, one, self.person_now, self.owns_case)


def passes_in(cookie: str) -> list[str]:
    """The passes of a cookie, the newest first."""
    return [one for one in cookie.split(".") if one][:max_passes]


def with_pass(cookie: str, made: str) -> str:
    """The cookie with one more pass."""
    return ".".join([made, *passes_in(cookie)][:max_passes])


def owns_case(_case: str, asking: Principal | None) -> bool:
    """Whether a case is somebody's to share who may do all: for operators' own commands."""
    return asking is not None and asking.everything
