"""Sharing put on an app: pages, API, and who comes by links."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, request

from archive.access import Principal
from archive.archive import Archive
from archive.settings import OPEN
from community.api.document import Api
from community.sharing import api, entrance, link_pages, token_pages
from community.sharing.entrance import Origin
from community.sharing.guests import COOKIE, Guests, owns_case, person_now
from community.sharing.links import OwnsCase


def create_guests(archive: Archive, owns_case: OwnsCase = owns_case) -> Guests:
    """Say who comes by links to this archive.

    Parameters
    ----------
    owns_case
        Whose a case is to share.
    """
    return Guests(archive, person_now(archive), owns_case)


def mount(app: Flask, endpoints: Api, guests: Guests, origin: Origin) -> None:
    """Let people make links and tokens, and others come by them."""
    for blueprint in (
        entrance.create_blueprint(guests, origin),
        link_pages.create_blueprint(guests, origin),
        token_pages.create_blueprint(guests.archive),
    ):
        app.register_blueprint(blueprint)
    endpoints.register_blueprint(api.create_blueprint(guests, origin))


def viewer_with_links(
    guests: Guests,
    by_token: Callable[[], Principal | None],
    viewer: Callable[[Callable[[], Principal | None]], Principal | None],
) -> Principal | None:
    """Return who sends the request at hand, with what the links open that they came by.

    Parameters
    ----------
    by_token
        Says who it is by a token of the archive.
    viewer
        Says who it is by the first, or else by who is signed in.
    """

    def by_secret() -> Principal | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        guest = guests.by_bearer(secret.strip()) if scheme.lower() == "bearer" else None
        return guest or by_token()

    # With open access a secret opens nothing more in the archive, and pages show drafts by it.
    is_open = guests.archive.settings.access == OPEN
    found = viewer(by_token if is_open else by_secret)
    if request.headers.get("Authorization"):
        return found
    return guests.by_cookie(found, request.cookies.get(COOKIE, ""))
