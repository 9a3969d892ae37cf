"""`/settings/links`: the capability links of whoever is signed in, and how often they were used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.access import audience_of
from archive.errors import ArchiveError
from archive.sharing import list_shared
from community.accounts.principals import principal_of
from community.accounts.requiring import require_person, signed_in
from community.guarding import guard
from community.sharing.counting import Uses, uses
from community.sharing.entrance import Origin, address_of
from community.sharing.guests import Guests
from community.sharing.links import STUDY, Wish, list_links, make_link, revoke_link
from community.sharing.token_pages import number_of

max_days: Final = 3_660


def create_blueprint(guests: Guests, origin: Origin) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("link_settings", __name__, template_folder="../templates")
    guard(blueprint)
    archive = guests.archive

    def page(address: str = "", problem: str = "") -> Response:
        person = require_person()
        links, now = list_links(archive, person.id), datetime.now(UTC)
        known = uses(archive, [one.id for one in links])
        body = render_template(
            "settings_links.html",
            links=[(one, one.works(now), known.get(one.id, Uses())) for one in links],
            studies=list_shared(archive, audience_of(person.id)),
            address=address,
            problem=problem,
            form=request.form,
            max_days=max_days,
            revoked="revoked" in request.args,
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)

    @blueprint.get("/settings/links")
    @signed_in
    def listing() -> ResponseReturnValue:
        return page()

    @blueprint.post("/settings/links")
    @signed_in
    def make() -> ResponseReturnValue:
        form = request.form
        try:
            wish = Wish(
                form.get("kind") or STUDY,
                form.get("target", ""),
                form.get("name", ""),
                ends_in(form.get("days", "")),
                form.get("password") or None,
            )
            asking = principal_of(require_person())
            made, secret = make_link(archive, asking, wish, guests.owns_case)
        except ArchiveError as error:
            return page(problem=str(error))
        return page(address=address_of(origin(), made, secret))

    @blueprint.post("/settings/links/revoke")
    @signed_in
    def revoke() -> ResponseReturnValue:
        revoke_link(archive, request.form.get("link", ""), require_person().id)
        return redirect(url_for(".listing", revoked="1"), HTTPStatus.SEE_OTHER)

    return blueprint


def ends_in(days: str) -> datetime | None:
    """When a link ends that is to last so many days; an empty text is never.

    Raises
    ------
    ArchiveError
        It is no such number.
    """
    if not days:
        return None
    count = number_of(days)
    if not 1 <= count <= max_days:
        raise ArchiveError(f"a link lasts 1 to {max_days} days, or until it is revoked")
    return datetime.now(UTC) + timedelta(days=count)
