"""``/api/v1/cases``: cases read, written, published and removed by programs.

What is read is a `CaseView`, so that a program knows of an unknown case what a page would tell.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from flask import current_app, request

from archive.archive import Archive
from archive.errors import NotAllowed
from community import statements
from community.api.asking import asking, origin, require_writer
from community.api.blueprint import ApiBlueprint, made
from community.api.problems import Statuses
from community.api.versions import given_version, tagged
from community.cases import api_schemas as schemas
from community.cases import checking, editing, pictures, publishing, revisions, studies, vocabulary
from community.cases.editing import CaseText, text_of
from community.cases.errors import VersionConflict
from community.cases.model import CaseView, Section
from community.cases.pictures import Place, Shown
from community.cases.readers import ANSWERED_AS, Reader, opened_by
from community.cases.reading import CaseQuery, list_cases, view_case

max_text_bytes: Final = 4 * 1024 * 1024
_CHANGES: Final = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.GONE,
    HTTPStatus.PRECONDITION_FAILED,
)


def create_blueprint(archive: Archive) -> ApiBlueprint:
    """Make the blueprint."""
    rooms = dict.fromkeys(("make", "change"), max_text_bytes)
    statuses: Statuses = {VersionConflict: HTTPStatus.PRECONDITION_FAILED}
    api = ApiBlueprint("cases_api", "Cases", statuses=statuses, rooms=rooms)
    for add in (_add_reading, _add_writing, _add_publishing, _add_studies, _add_images):
        add(api, archive)
    return api


def reader() -> Reader:
    """Who sends the request at hand, as cases know readers."""
    found, known = asking(), current_app.extensions.get(ANSWERED_AS)
    return Reader(
        found.reader, known(request) if known is not None else None, opened_by(found.principal)
    )


def _told(view: CaseView) -> tuple[dict[str, Any], dict[str, str]]:
    # Another tag before the answer: nobody keeps the short form when the long one is theirs.
    tag = f"{view.case.version}-kept-back" if view.is_hiding else view.case.version
    return schemas.case_json(view, origin()), tagged(tag)


def _add_reading(api: ApiBlueprint, archive: Archive) -> None:
    @api.get("/cases")
    @api.takes(schemas.CaseQuerySchema, "query")
    @api.gives(schemas.CasesSchema)
    def several(query: dict[str, Any]) -> Any:
        """List cases: those of everybody that are public, or your own.

        They come without their texts, and with the key image that stands for each.
        """
        wanted = CaseQuery(query["owner"], query["state"], query["specialty"])
        found = list_cases(archive, reader(), wanted, query["cursor"] or "", query["limit"])
        body = {
            "items": [schemas.case_json(view, origin()) for view in found.items],
            "next": found.next_cursor,
        }
        return body, {}

    @api.get("/cases/<case>")
    @api.gives(schemas.CaseSchema)
    @api.refuses(HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
    def one(case: str) -> Any:
        """Tell what you may know of a case, by its id or its slug."""
        return _told(view_case(archive, reader(), case))

    @api.get("/cases/<case>/revisions")
    @api.gives(schemas.RevisionSchema(many=True))
    @api.refuses(HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
    def history(case: str) -> Any:
        """List what a case was earlier, the newest first."""
        return revisions.list_revisions(archive, view_case(archive, reader(), case))

    @api.get("/cases/vocabulary")
    @api.gives({"type": "object"})
    def words() -> Any:
        """Tell the words that a case may be described with, by field."""
        known = {**vocabulary.WORDS, "modalities": vocabulary.MODALITIES}
        return current_app.json.response({name: dict(several) for name, several in known.items()})


def _add_writing(api: ApiBlueprint, archive: Archive) -> None:
    @api.post("/cases")
    @api.takes(schemas.TextSchema)
    @api.gives(schemas.CaseSchema, HTTPStatus.CREATED)
    @api.refuses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    def make(wanted: dict[str, Any]) -> Any:
        """Make a draft."""
        case = editing.make_case(archive, require_writer(), _changed(CaseText(), wanted))
        body, headers = _told(view_case(archive, reader(), case.id))
        return body, headers | _location(case.id)

    @api.patch("/cases/<case>")
    @api.takes(schemas.ChangeSchema)
    @api.gives(schemas.CaseSchema)
    @api.refuses(*_CHANGES, HTTPStatus.PRECONDITION_REQUIRED)
    def change(wanted: dict[str, Any], case: str) -> Any:
        """Change the text of a case of yours."""
        person, version = require_writer(), given_version()
        view = _own(archive, case)
        text = _changed(text_of(view.case, view.sections), wanted)
        editing.edit_case(
            archive,
            person,
            view.case.id,
            version,
            text,
            note=wanted["note"],
            looked=wanted["looked"],
        )
        return _told(view_case(archive, reader(), view.case.id))

    @api.delete("/cases/<case>")
    @api.gives_nothing
    @api.refuses(*_CHANGES)
    def remove(case: str) -> None:
        """Remove a case of yours for good."""
        person, version = require_writer(), given_version(required=False)
        publishing.tombstone(archive, person, _own(archive, case).case.id, version)


def _add_publishing(api: ApiBlueprint, archive: Archive) -> None:
    @api.get("/cases/<case>/check")
    @api.gives(schemas.CheckSchema)
    @api.refuses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
    def check(case: str) -> Any:
        """Tell what a case of yours lacks, and which places of it you should look at."""
        require_writer()
        view = _own(archive, case)
        if not view.may_edit:
            raise NotAllowed("this case is somebody else's")
        statement = statements.current(statements.PUBLISH)
        return {
            "missing": checking.missing_of(view.case, view.sections, view.studies, view.key_images),
            "findings": checking.findings_of(view.case, view.sections, view.key_images),
            "statement": {"version": statement.version, "words": statement.words},
        }

    @api.post("/cases/<case>/publish")
    @api.takes(schemas.CasePublishSchema)
    @api.gives(schemas.CaseSchema)
    @api.refuses(*_CHANGES, HTTPStatus.PRECONDITION_REQUIRED)
    def publish(wanted: dict[str, Any], case: str) -> Any:
        """Show a case of yours to others."""
        person, version = require_writer(), given_version()
        found = _own(archive, case).case.id
        publishing.publish(
            archive,
            person,
            found,
            version,
            wanted["statement"],
            state=wanted["state"],
            looked=wanted["looked"],
        )
        return _told(view_case(archive, reader(), found))

    @api.post("/cases/<case>/unlist")
    @api.gives(schemas.CaseSchema)
    @api.refuses(*_CHANGES)
    def unlist(case: str) -> Any:
        """Take a case of yours out of every list."""
        person, version = require_writer(), given_version(required=False)
        publishing.unlist(archive, person, _own(archive, case).case.id, version)
        return _told(view_case(archive, reader(), case))

    @api.post("/cases/<case>/withdraw")
    @api.gives(schemas.CaseSchema)
    @api.refuses(*_CHANGES)
    def withdraw(case: str) -> Any:
        """Make a case of yours a draft again."""
        person, version = require_writer(), given_version(required=False)
        publishing.withdraw(archive, person, _own(archive, case).case.id, version)
        return _told(view_case(archive, reader(), case))


def _add_studies(api: ApiBlueprint, archive: Archive) -> None:
    @api.post("/cases/<case>/studies")
    @api.takes(schemas.StudyWishSchema)
    @api.gives(schemas.CaseSchema, HTTPStatus.CREATED)
    @api.refuses(*_CHANGES)
    def add_study(wanted: dict[str, Any], case: str) -> Any:
        """Give a case of yours one more study."""
        person, version = require_writer(), given_version(required=False)
        changed = studies.add_study(
            archive,
            person,
            _own(archive, case).case.id,
            wanted["study_instance_uid"],
            label=wanted["label"],
            relative_day=wanted["relative_day"],
            statement_version=wanted["statement"],
            version=version,
        )
        body, headers = _told(view_case(archive, reader(), changed.id))
        return body, headers | _location(changed.id)

    @api.put("/cases/<case>/studies/<study>")
    @api.takes(schemas.StudyWordsSchema)
    @api.gives(schemas.CaseSchema)
    @api.refuses(*_CHANGES)
    def change_study(wanted: dict[str, Any], case: str, study: str) -> Any:
        """Say what a study of a case of yours is called, and its day."""
        person, version = require_writer(), given_version(required=False)
        found = _own(archive, case).case.id
        studies.edit_study(archive, person, found, study, **wanted, version=version)
        return _told(view_case(archive, reader(), found))

    @api.delete("/cases/<case>/studies/<study>")
    @api.gives_nothing
    @api.refuses(*_CHANGES)
    def remove_study(case: str, study: str) -> None:
        """Take a study from a case of yours, with its key images."""
        person, version = require_writer(), given_version(required=False)
        found = _own(archive, case).case.id
        studies.remove_study(archive, person, found, study, version=version)


def _add_images(api: ApiBlueprint, archive: Archive) -> None:
    @api.post("/cases/<case>/key-images")
    @api.takes(schemas.ImageWishSchema)
    @api.gives(schemas.CaseSchema, HTTPStatus.CREATED)
    @api.refuses(*_CHANGES)
    def add_image(wanted: dict[str, Any], case: str) -> Any:
        """Show a frame beside the text of a case of yours."""
        person, version = require_writer(), given_version(required=False)
        place = Place(*(wanted[name] for name in Place._fields))
        found = _own(archive, case).case.id
        pictures.add_key_images(archive, person, found, [place], _shown(wanted), version=version)
        body, headers = _told(view_case(archive, reader(), found))
        return body, headers | _location(found)

    @api.put("/cases/<case>/key-images/<image>")
    @api.takes(schemas.ImageChangeSchema)
    @api.gives(schemas.CaseSchema)
    @api.refuses(*_CHANGES)
    def change_image(wanted: dict[str, Any], case: str, image: str) -> Any:
        """Say what a key image of a case of yours shows."""
        person, version = require_writer(), given_version(required=False)
        found = _own(archive, case).case.id
        pictures.edit_key_image(
            archive, person, found, image, _shown(wanted), looked=wanted["looked"], version=version
        )
        return _told(view_case(archive, reader(), found))

    @api.delete("/cases/<case>/key-images/<image>")
    @api.gives_nothing
    @api.refuses(*_CHANGES)
    def remove_image(case: str, image: str) -> None:
        """Show a frame no more beside the text of a case of yours."""
        person, version = require_writer(), given_version(required=False)
        found = _own(archive, case).case.id
        pictures.remove_key_image(archive, person, found, image, version=version)


def _own(archive: Archive, case: str) -> CaseView:
    """A case that the sender can see; whether they may change it, the verb says."""
    return view_case(archive, reader(), case)


def _location(case: str) -> dict[str, str]:
    return made(None, f"/cases/{case}")[1]


def _changed(text: CaseText, wanted: dict[str, Any]) -> CaseText:
    """A text with what was sent instead of what there was."""
    sent = {name: value for name, value in wanted.items() if name in vocabulary.FIELDS}
    if "modalities" in sent:
        sent["modalities"] = tuple(sent["modalities"])
    if "sections" in wanted:
        sent["sections"] = tuple(
            Section(
                one["kind"],
                one["markdown"],
                one["reveal"] or vocabulary.SECTIONS[one["kind"]].reveal,
            )
            for one in wanted["sections"]
        )
    return replace(text, **sent)


def _shown(wanted: dict[str, Any]) -> Shown:
    region = wanted["region"]
    return Shown(
        wanted["caption"],
        wanted["alt"],
        (region[0], region[1], region[2], region[3]) if region else None,
        wanted["is_spoiler"],
    )
