"""What became of uploads, for people: a list by pages, and one upload. Programs ask `uploads`.

Who may see an upload is `archive.uploads`' to say. Nothing here leads to an original.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template, request

from archive import uploads
from archive.access import Scope, effective, person_name
from archive.archive import Archive
from archive.errors import BadSearch
from archive.uploads import PUBLISHED, REJECTED, REVIEW, STATES, WAITING
from community.accounts.signed_in import person_of
from community.guarding import ViewerOf, guard
from community.look.words import N_
from community.statements import UPLOAD, current
from community.uploading.confirmed import is_confirmed, subject_of

_UPLOADS_A_PAGE = 50
_FINAL = (PUBLISHED, REJECTED)
_LINKS = (
    ("playlists.several", N_("Playlists")),
    ("uploading.page", N_("Upload")),
    ("upload_pages.several", N_("Uploads")),
    ("review.waiting", N_("Review")),
)


def create_blueprint(archive: Archive, viewer_of: ViewerOf) -> Blueprint:
    """Make the blueprint of `/uploads`."""
    blueprint = Blueprint("upload_pages", __name__, template_folder="templates")
    guard(blueprint)

    @blueprint.app_context_processor
    def links() -> dict[str, Any]:
        return {"page_links": [link for link in _LINKS if link[0] in current_app.view_functions]}

    def may_review(collection: str) -> bool:
        asking = effective(archive, viewer_of())
        return asking is not None and asking.may(collection, Scope.REVIEW)

    @blueprint.get("/uploads")
    def several() -> str:
        state, before = _state(), _before()
        found = uploads.visible_uploads(
            archive, viewer_of(), state, before, limit=_UPLOADS_A_PAGE + 1
        )
        page = found[:_UPLOADS_A_PAGE]
        return render_template(
            "uploads.html",
            uploads=page,
            earlier=page[-1].id if len(found) > len(page) else None,
            is_first=before is None,
            state=state,
            states=STATES,
            needs_review=REVIEW,
            may_review=may_review,
        )

    @blueprint.get("/uploads/<token>")
    def one(token: str) -> str:
        upload = uploads.find_upload(archive, viewer_of(), token)
        person = person_of(request)
        if person is not None and person_name(person.id) not in upload.senders:
            person = None
        return render_template(
            "upload.html",
            upload=upload,
            needs_review=REVIEW,
            may_review=may_review(upload.collection),
            is_final=upload.state in _FINAL,
            is_live=upload.state in WAITING,
            is_theirs=person is not None,
            is_confirmed=person and is_confirmed(archive, person, subject_of(upload)),
            statement=current(UPLOAD),
        )

    return blueprint


def _state() -> str | None:
    state = request.args.get("state") or None
    if state is not None and state not in STATES:
        raise BadSearch(f"a state is one of: {', '.join(STATES)}")
    return state


def _before() -> int | None:
    text = request.args.get("before")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadSearch("'before' is taken from the link of a page")
    return int(text)
