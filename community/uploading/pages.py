"""`/upload`: the page on which people bring studies, and the form for those without its script.

Files that a script sends go to the DICOMweb root of the collection; what it asks besides is
`uploading.api`. The form's files come here.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from archive.access import Principal, Scope, require
from archive.archive import Archive
from archive.collections import COMMUNITY, get_collection
from archive.policies import policy_of
from community.accounts.limiting import Limiter
from community.accounts.requiring import require_person
from community.guarding import PRIVATE_POLICY, ViewerOf, guard, problem
from community.look.languages import gettext
from community.statements import ADVICE, UPLOAD, current
from community.uploading.confirmed import confirm_sending, confirm_uploads
from community.uploading.rules import rules_json
from community.uploading.taking import Taken, take

max_form_bytes: Final = 512 * 1024**2
max_form_files: Final = 2_000
max_forms_per_minute: Final = 20

FILES: Final = "files"
_FIELDS: Final = 20


def create_blueprint(archive: Archive, viewer_of: ViewerOf) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("uploading", __name__, template_folder="../templates")
    limiter = Limiter(max_forms_per_minute)

    @blueprint.before_request
    def take_many_files() -> None:
        request.max_form_parts = max_form_files + _FIELDS

    @blueprint.after_request
    def allow_worker(response: Response) -> Response:
        policy = PRIVATE_POLICY["Content-Security-Policy"]
        response.headers["Content-Security-Policy"] = f"{policy}; worker-src 'self'"
        return response

    guard(blueprint, {"uploading.send": max_form_bytes})

    @blueprint.errorhandler(RequestEntityTooLarge)
    def refuse_length(_: RequestEntityTooLarge) -> Response:
        reason = gettext("this form takes at most %(number)s MiB and %(files)s files at once")
        room = {"number": max_form_bytes // 1024**2, "files": max_form_files}
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason % room)

    @blueprint.get("/upload")
    def page() -> str:
        return _page(archive, _sender(archive, viewer_of()))

    @blueprint.post("/upload", endpoint="send")
    def send() -> tuple[str, int]:
        principal = _sender(archive, viewer_of())
        person = require_person()
        limiter.take(request.remote_addr or "")
        files = [one for one in request.files.getlist(FILES) if one.filename]
        problems = list(_problems(bool(files)))
        if problems:
            return _page(archive, principal, problems=problems), 422
        version = request.form["confirm"]
        confirm_sending(archive, person, version)
        taken = take(archive, COMMUNITY, (one.stream for one in files), principal.name)
        confirm_uploads(archive, principal, person, version, taken.uploads[:100])
        return _page(archive, principal, taken=taken), 200

    @blueprint.post("/uploads/<token>/confirmation")
    def confirm(token: str) -> BaseResponse:
        principal = _sender(archive, viewer_of())
        limiter.take(request.remote_addr or "")
        version = request.form.get("confirm", "")
        confirm_uploads(archive, principal, require_person(), version, [token])
        return redirect(url_for("upload_pages.one", token=token), HTTPStatus.SEE_OTHER)

    @blueprint.get("/upload/rules.json")
    def rules() -> Response:
        _sender(archive, viewer_of())
        profile = policy_of(archive, get_collection(archive, COMMUNITY).id).profile
        return Response(rules_json(profile), content_type="application/json")

    return blueprint


def _sender(archive: Archive, principal: Principal | None) -> Principal:
    """Who may bring studies: somebody who is signed in, and may write.

    Raises
    ------
    Unauthenticated, NotAllowed
        Nobody is, or they may not.
    """
    require_person()
    require(archive, principal, COMMUNITY, Scope.WRITE)
    assert principal is not None  # somebody is signed in
    return principal


def _problems(has_files: bool) -> list[tuple[str, str]]:
    found = []
    if not has_files:
        found.append(("files", gettext("Choose at least one DICOM file or ZIP archive.")))
    if request.form.get("confirm") != current(UPLOAD).version:
        found.append(
            ("confirm", gettext("Read and confirm the statement before anything is sent."))
        )
    return found


def _page(
    archive: Archive,
    principal: Principal,
    problems: list[tuple[str, str]] | None = None,
    taken: Taken | None = None,
) -> str:
    return render_template(
        "uploading.html",
        problems=problems or [],
        taken=taken,
        advice=ADVICE,
        statement=current(UPLOAD),
        may_review=principal.may(COMMUNITY, Scope.REVIEW),
        root=get_collection(archive, COMMUNITY).root_path,
        max_mib=max_form_bytes // 1024**2,
    )
