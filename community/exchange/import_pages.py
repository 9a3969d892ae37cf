"""`/cases/import`: an ordinary form that takes a file with a case, and tells what became of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import RequestEntityTooLarge

from archive.archive import Archive
from archive.errors import ArchiveError
from community.accounts.errors import TooOften
from community.accounts.limiting import Limiter
from community.accounts.requiring import require_person
from community.cases.editing import require_writer
from community.exchange.importing import Imported, import_case
from community.guarding import guard, problem
from community.look.languages import gettext
from community.statements import ADVICE, UPLOAD, current
from community.uploading.confirmed import confirm_sending

max_form_bytes: Final = 1 << 30
max_imports_per_minute: Final = 10
FILE: Final = "file"


def create_blueprint(archive: Archive) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("importing", __name__, template_folder="../templates")
    guard(blueprint, {"importing.send": max_form_bytes})
    limiter = Limiter(max_imports_per_minute)

    @blueprint.errorhandler(RequestEntityTooLarge)
    def refuse_length(_: RequestEntityTooLarge) -> Response:
        reason = gettext("this form takes a file of at most %(number)s MiB")
        return problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason % {"number": max_form_bytes >> 20}
        )

    @blueprint.errorhandler(TooOften)
    def wait(error: TooOften) -> Response:
        answer = problem(HTTPStatus.TOO_MANY_REQUESTS, str(error))
        answer.headers["Retry-After"] = "60"
        return answer

    @blueprint.get("/cases/import")
    def page() -> str:
        require_writer(require_person())
        return _page()

    @blueprint.post("/cases/import", endpoint="send")
    def send() -> tuple[str, int]:
        person = require_person()
        require_writer(person)
        limiter.take(request.remote_addr or "")
        file = request.files.get(FILE)
        problems = _problems(bool(file and file.filename))
        if problems or file is None:
            return _page(problems=problems), HTTPStatus.UNPROCESSABLE_ENTITY
        confirm_sending(archive, person, request.form["confirm"])
        try:
            made = import_case(archive, person, file.stream)
        except ArchiveError as error:
            words = f"{str(error)[:1].upper()}{str(error)[1:].rstrip('.')}."
            return _page(problems=[("f-file", words)]), HTTPStatus.UNPROCESSABLE_ENTITY
        return _page(made=made), HTTPStatus.CREATED

    return blueprint


def _problems(has_file: bool) -> list[tuple[str, str]]:
    found = []
    if not has_file:
        found.append(("f-file", gettext("Choose a file with a case.")))
    if request.form.get("confirm") != current(UPLOAD).version:
        words = gettext("Read and confirm the statement before anything is sent.")
        found.append(("f-confirm", words))
    return found


def _page(problems: list[tuple[str, str]] | None = None, made: Imported | None = None) -> str:
    return render_template(
        "exchange/import.html",
        problems=problems or [],
        made=made,
        advice=ADVICE,
        statement=current(UPLOAD),
        max_mib=max_form_bytes >> 20,
    )
