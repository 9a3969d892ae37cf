"""Coming by a link: the address with its secret, the question for its password, where it leads.

The secret is taken out of the address at once: the browser gets a pass and the same address
without it, so that neither history, nor a shared screen, nor the next site is told.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from archive.archive import Archive
from archive.collections import get_collection
from archive.errors import NotFound
from community.accounts.errors import TooOften
from community.accounts.limiting import Limiter
from community.accounts.signed_in import set_private_cookie
from community.guarding import PRIVATE_POLICY, guard, problem
from community.sharing.counting import count_page
from community.sharing.guests import COOKIE, Guests, with_pass
from community.sharing.links import CASE, PREFIX, STUDY, Link
from community.sharing.passes import KEPT_FOR, PasswordNeeded, WrongPassword, open_pass

Origin = Callable[[], str]
"""The address by which the reader reached us, with our prefix."""

PARAMETER: Final = "k"
max_openings_per_minute: Final = 60

_MACHINES = ("/api/", "/wado")


def create_blueprint(guests: Guests, origin: Origin) -> Blueprint:
    """Make the blueprint of `/shared`, and have every page take the secret of a link."""
    blueprint = Blueprint("shared", __name__, template_folder="../templates")
    guard(blueprint)
    limiter = Limiter(max_openings_per_minute)

    @blueprint.before_app_request
    def take_secret() -> BaseResponse | None:
        # Every request comes by here, and few have a query that is worth taking apart.
        secret = request.args.get(PARAMETER, "") if request.query_string else ""
        if not secret.startswith(PREFIX) or not _is_page():
            return None
        answer = _enter(guests.archive, limiter, secret, None, _here())
        answer.headers.update(PRIVATE_POLICY)
        return answer

    @blueprint.post("/shared/open")
    def open_with_password() -> BaseResponse:
        form = request.form
        secret, password = form.get(PARAMETER, ""), form.get("password", "")
        return _enter(guests.archive, limiter, secret, password, local_path(form.get("next", "")))

    @blueprint.get("/shared/<link_id>")
    def landing(link_id: str) -> Response:
        links = {one.id: one for one in guests.links_in(request.cookies.get(COOKIE, ""))}
        found = links.get(link_id)
        if found is None:
            raise NotFound("this link is unknown, revoked or expired; open it anew")
        return Response(
            render_template(
                "shared.html",
                link=found,
                root=origin() + root_of(guests.archive, found),
                viewer=viewer_of(found),
            )
        )

    return blueprint


def address_of(ours: str, one: Link, secret: str) -> str:
    """The address that is given away."""
    return f"{ours}/shared/{one.id}?{urlencode({PARAMETER: secret})}"


def root_of(archive: Archive, one: Link) -> str:
    """The DICOMweb root that a link opens, below the server's address."""
    if one.kind == CASE:
        return f"/cases/{one.target}/dicom-web"
    name = one.study[0] if one.kind == STUDY else one.target
    return get_collection(archive, name).root_path


def viewer_of(one: Link) -> str:
    """The viewer on what a link opens, below the server's address."""
    if one.kind == STUDY:
        collection, uid = one.study
        return "/viewer/viewer?" + urlencode({"StudyInstanceUIDs": uid, "datasources": collection})
    source = f"case-{one.target}" if one.kind == CASE else one.target
    return "/viewer/?" + urlencode({"datasources": source})


def local_path(text: str) -> str:
    """An address of ours to go on to; the start for anything else."""
    parts = urlsplit(text)
    outside = parts.scheme or parts.netloc or text.startswith(("//", "/\\"))
    is_plain = text.startswith("/") and text.isprintable() and "\\" not in text
    return text if is_plain and not outside else "/"


def _is_page() -> bool:
    path = request.path
    return (
        request.method in ("GET", "HEAD")
        and "/dicom-web" not in path
        and not path.startswith(_MACHINES)
    )


def _here() -> str:
    """This address without the secret."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER]
    return request.path + (f"?{urlencode(kept)}" if kept else "")


def _enter(
    archive: Archive, limiter: Limiter, secret: str, password: str | None, path: str
) -> BaseResponse:
    try:
        limiter.take(request.remote_addr or "")
        found, made = open_pass(archive, secret, password)
    except (PasswordNeeded, WrongPassword) as refusal:
        return _ask_password(secret, path, wrong=isinstance(refusal, WrongPassword))
    except TooOften as error:
        answer = problem(HTTPStatus.TOO_MANY_REQUESTS, str(error))
        answer.headers["Retry-After"] = "60"
        return answer
    except NotFound as error:
        return problem(HTTPStatus.NOT_FOUND, str(error))
    count_page(archive, found.id)
    onward = redirect(request.script_root + path, HTTPStatus.SEE_OTHER)
    cookie = with_pass(request.cookies.get(COOKIE, ""), made)
    set_private_cookie(onward, COOKIE, cookie, int(KEPT_FOR.total_seconds()))
    return onward


def _ask_password(secret: str, path: str, *, wrong: bool) -> Response:
    page = render_template("link_password.html", secret=secret, next=path, wrong=wrong)
    return Response(page, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK)
