"""`/admin/trail`: who did what, for operators; that they look at it is in it, too."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from archive.database import writing
from archive.errors import NotFound
from community.accounts.people import OPERATOR, find_by_handle
from community.accounts.requiring import require_person, role
from community.audit.actions import ACTIONS
from community.audit.reading import list_events
from community.audit.trail import by_person, record
from community.guarding import guard

max_number_digits = 15


def create_blueprint(archive: Archive) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("audit", __name__, template_folder="../templates")
    guard(blueprint)

    @blueprint.get("/admin/trail")
    @role(OPERATOR)
    def trail() -> ResponseReturnValue:
        args = request.args
        action, handle, before = args.get("action", ""), args.get("person", ""), _number("before")
        about = find_by_handle(archive, handle.removeprefix("@")) if handle else None
        if handle and about is None:
            raise NotFound("there is nobody of this name")
        found, older = list_events(archive, before, action, about.id if about else None)
        if not before:
            looked = about.id if about else None
            with writing(archive.engine) as connection:
                by = by_person(require_person().id)
                record(connection, by, "staff.saw_trail", subject=looked)
        return render_template(
            "audit/trail.html",
            events=found,
            older=older,
            before=before,
            actions=ACTIONS,
            action=action,
            handle=handle,
        )

    return blueprint


def _number(name: str) -> int:
    text = request.args.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) <= max_number_digits):
        raise NotFound("this list has no such place")
    return int(text)
