"""Who knocks, and from where: the principal behind a request, and the pages that may send one.

With `open` access everybody who reaches the port may read and write, and the port is on loopback.
Other sites' pages in the same browser reach it too, so three headers are looked at that a page
cannot forge: Host (a name that was rebound to 127.0.0.1 is still that name), Origin and
Sec-Fetch-Site. What a principal may do is decided in `archive.access`, not here.

References
----------
RFC 6750 (Bearer tokens), Fetch Metadata Request Headers (W3C), RFC 6454 (Origin).
"""

from __future__ import annotations

from http import HTTPStatus

from werkzeug.datastructures import Headers

from archive.access import LOCAL, Principal
from archive.archive import Archive
from archive.errors import Unauthenticated
from archive.settings import OPEN, Settings
from archive.tokens import PersonNow, authenticate
from dicomweb.errors import Refusal
from dicomweb.proxies import is_our_host


def principal_of(
    archive: Archive, headers: Headers, person_now: PersonNow = lambda _: None
) -> Principal | None:
    """Return who asks; None is nobody.

    Parameters
    ----------
    person_now
        What a person may do whose token it is; see `archive.tokens.authenticate`.

    Raises
    ------
    Unauthenticated
        A token was given that is not, or no longer, good.
    """
    if archive.settings.access == OPEN:
        return LOCAL
    scheme, _, secret = headers.get("Authorization", "").partition(" ")
    if not scheme:
        return None
    principal = None
    if scheme.lower() == "bearer":
        principal = authenticate(archive, secret.strip(), person_now)
    if principal is None:
        raise Unauthenticated("this token is unknown, revoked or expired")
    return principal


def check_host(settings: Settings, host: str) -> None:
    """Refuse a Host that is not ours, where a rebound name would open the archive to a page.

    Raises
    ------
    Refusal
        400 without a Host, which HTTP/1.1 demands; 421 with `open` access and a foreign name.

    References
    ----------
    RFC 9112 section 3.2.
    """
    if not host:
        raise Refusal(HTTPStatus.BAD_REQUEST, "a request names the server it means, in Host")
    if settings.access == OPEN and not is_our_host(settings, host):
        raise Refusal(
            HTTPStatus.MISDIRECTED_REQUEST,
            "this server is reached by the name of its own machine only "
            "(127.0.0.1 or localhost); other names need DICOMTUBE_ACCESS=accounts",
        )


def check_writer(headers: Headers, host: str, cors_origins: frozenset[str]) -> None:
    """Refuse a write that another site's page sends.

    Programs send neither Origin nor Sec-Fetch-Site and pass.

    Raises
    ------
    Refusal
        403 for a page that is neither ours nor one of `cors_origins`.
    """
    origin = headers.get("Origin")
    if origin is not None:
        if origin.lower() in cors_origins or origin.partition("://")[2].lower() == host.lower():
            return
    elif headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none"):
        return
    raise Refusal(HTTPStatus.FORBIDDEN, "pages of other sites may not write here")
