"""``/api/v1/cases/<case>/help``: help with words, allowed, asked for and decided by programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from marshmallow import Schema, fields, validate

from archive.archive import Archive
from archive.errors import NotFound
from community.accounts.people import Person
from community.api.asking import require_writer
from community.api.blueprint import ApiBlueprint
from community.api.fields import Moment, Text
from community.assisting import asking, deciding, rows
from community.assisting.settings import AssistantSettings
from community.assisting.terms import TERMS
from community.cases.api import reader
from community.cases.model import CaseView
from community.cases.reading import view_case

_REFUSED: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
max_version_chars: Final = 32


class AllowSchema(Schema):
    """What is allowed: the words that the answer to GET has, by their version."""

    version = Text(max_version_chars, required=True)


class ProposalSchema(Schema):
    """What a machine proposed."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    text = fields.String(required=True)
    model = fields.String(required=True)
    made = Moment(required=True, attribute="made_at")
    state = fields.String(required=True, validate=validate.OneOf([rows.OPEN, rows.ACCEPTED]))


class HelpSchema(Schema):
    """How it stands with the help for a case of yours."""

    is_allowed = fields.Boolean(required=True)
    may_be_asked = fields.Boolean(required=True)
    terms = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    wish = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    field = fields.String(required=True, allow_none=True)
    proposals = fields.List(fields.Nested(ProposalSchema), required=True)


def create_blueprint(archive: Archive, settings: AssistantSettings) -> ApiBlueprint:
    """Make the blueprint."""
    api = ApiBlueprint("assisting_api", "Help with words")

    def told(view: CaseView) -> dict[str, Any]:
        found, terms = asking.standing_of(archive, settings, view.case), TERMS[settings.tier]
        return {
            "is_allowed": found.is_allowed,
            "may_be_asked": found.is_allowed and found.may_work and not found.is_stopped,
            "terms": {"version": terms.version, "words": terms.words},
            "wish": found.wish.state if found.wish else None,
            "reason": (found.wish.reason or None) if found.wish else None,
            "field": (found.wish.field or None) if found.wish else None,
            "proposals": found.suggestions,
        }

    @api.get("/cases/<case>/help")
    @api.gives(HelpSchema)
    @api.refuses(*_REFUSED)
    def standing(case: str) -> Any:
        """Tell what you allowed for a case of yours, and what was proposed for it."""
        return told(_own(archive, case))

    @api.put("/cases/<case>/help")
    @api.takes(AllowSchema)
    @api.gives(HelpSchema)
    @api.refuses(*_REFUSED)
    def allow(wanted: dict[str, Any], case: str) -> Any:
        """Let a text service be told of a case of yours, and ask it for help."""
        person, view = _writer(archive, case)
        asking.allow(archive, settings, person, view.case.id, wanted["version"])
        asking.ask(archive, settings, person, view.case.id)
        return told(view)

    @api.delete("/cases/<case>/help")
    @api.gives_nothing
    @api.refuses(*_REFUSED)
    def take_back(case: str) -> None:
        """Have no service told of a case of yours any more."""
        person, view = _writer(archive, case)
        asking.take_back(archive, person, view.case.id)

    _add_deciding(api, archive)
    return api


def _add_deciding(api: ApiBlueprint, archive: Archive) -> None:
    @api.put("/cases/<case>/help/<proposal>")
    @api.gives_nothing
    @api.refuses(*_REFUSED)
    def accept(case: str, proposal: str) -> None:
        """Have a case of yours be as a machine proposed."""
        person, view = _writer(archive, case)
        deciding.accept(archive, person, view, proposal)

    @api.delete("/cases/<case>/help/<proposal>")
    @api.gives_nothing
    @api.refuses(*_REFUSED)
    def dismiss(case: str, proposal: str) -> None:
        """Have a proposal go, or a summary that is shown with a case of yours."""
        deciding.dismiss(archive, _writer(archive, case)[1], proposal)


def _own(archive: Archive, case: str) -> CaseView:
    view = view_case(archive, reader(), case)
    if not view.is_owner:
        raise NotFound("there is no such case of yours")
    return view


def _writer(archive: Archive, case: str) -> tuple[Person, CaseView]:
    return require_writer(), _own(archive, case)
