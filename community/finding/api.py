"""``/api/v1/search``, ``/tags`` and ``/taxonomy``: cases found by programs, as people find them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import request
from marshmallow import Schema, fields, validate

from archive.archive import Archive
from community.api.asking import origin, require_writer
from community.api.blueprint import ApiBlueprint
from community.api.fields import Text, Whole
from community.api.paging import PageQuery, from_cursor, page, page_of, to_cursor
from community.cases.api import reader
from community.cases.api_schemas import CaseSchema, case_json
from community.cases.model import CaseView
from community.cases.reading import view_case
from community.finding import tagging, terms
from community.finding.answers import Lines, lines_of
from community.finding.asking import max_question_chars
from community.finding.facets import FACETS, chosen_in
from community.finding.listing import ORDERS, Listed, Wish, look
from community.finding.looking import Hit
from community.finding.tagging import max_listed, max_tag_chars, max_tags

max_terms: Final = 50

_CHOICES: Final = {
    name: fields.List(fields.String(), load_default=[])
    if facet.is_many
    else fields.String(load_default=None)
    for name, facet in FACETS.items()
}
_Choices = Schema.from_dict(_CHOICES, name="Choices")  # type: ignore[arg-type]


class SearchQuery(PageQuery, _Choices):  # type: ignore[misc, valid-type]
    """What is looked for. Without words, the newest of what is chosen."""

    q = Text(max_question_chars, load_default="")
    sort = fields.String(load_default="", validate=validate.OneOf(ORDERS))


class PieceSchema(Schema):
    """Some characters of a text, and whether they were asked for."""

    text = fields.String(required=True)
    is_hit = fields.Boolean(required=True)


class HitSchema(Schema):
    """A case that was found, and where it answers: itself, or what was said about it."""

    case = fields.Nested(CaseSchema, required=True)
    excerpt = fields.List(fields.Nested(PieceSchema), required=True)
    is_from_discussion = fields.Boolean(required=True)


class HitsSchema(page_of(HitSchema, "Hits")):  # type: ignore[misc]
    """A part of what was found.

    `total` and `counts` are null where there is more than is counted.
    """

    total = Whole(required=True, allow_none=True)
    counts = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Integer()),
        required=True,
        allow_none=True,
    )
    is_widened = fields.Boolean(required=True)


class TagSchema(Schema):
    """A tag; scheme and code are empty unless it is a term of a coding scheme."""

    slug = fields.String(required=True)
    label = fields.String(required=True)
    scheme = fields.String(required=True)
    code = fields.String(required=True)


class UsedTagSchema(TagSchema):
    """A tag, and how many cases have it that anybody finds."""

    cases = Whole(required=True)


class TagsSchema(Schema):
    """The tags of a case, by what they are called."""

    tags = fields.List(Text(max_tag_chars), required=True, validate=validate.Length(max=max_tags))


class TermQuery(Schema):
    """How a word of the term begins."""

    q = Text(max_tag_chars, load_default="")
    limit = Whole(1, max_terms, load_default=terms.max_suggestions)


class TermSchema(Schema):
    """A term of one of DICOM's context groups."""

    scheme = fields.String(required=True)
    code = fields.String(required=True)
    label = fields.String(required=True)
    kind = fields.String(required=True)


def create_blueprint(archive: Archive) -> ApiBlueprint:
    """Make the blueprint."""
    api = ApiBlueprint("finding_api", "Finding cases")
    _add_search(api, archive)
    _add_tags(api, archive)
    return api


def _add_search(api: ApiBlueprint, archive: Archive) -> None:
    @api.get("/search")
    @api.takes(SearchQuery, "query")
    @api.gives(HitsSchema)
    def search(query: dict[str, Any]) -> Any:
        """Find public cases by words and by what they are about.

        What an unknown case keeps back before the answer finds nothing. Words may be "phrases",
        begin* or be -left out.
        """
        place = from_cursor(query["cursor"], int)
        # The parser gives one of several where one is taken; a choice that is ignored is none.
        chosen = chosen_in(request.args.items(multi=True))
        wish = Wish(query["q"], chosen, query["sort"], place[0] if place else None)
        listed = look(archive, reader(), wish, query["limit"])
        cursor = to_cursor(listed.next) if listed.next is not None else None
        body, headers = page(_hits(listed), cursor)
        more = {
            "total": listed.found.total,
            "counts": listed.found.counts,
            "is_widened": listed.is_widened,
        }
        return body | more, headers


def _add_tags(api: ApiBlueprint, archive: Archive) -> None:
    @api.get("/tags")
    @api.gives(UsedTagSchema(many=True))
    def all_tags() -> Any:
        """List the tags that most cases have, at most 300."""
        used = tagging.most_used(archive, max_listed)
        return [_tag(one) | {"cases": cases} for one, cases in used]

    @api.get("/taxonomy")
    @api.takes(TermQuery, "query")
    @api.gives(TermSchema(many=True))
    def taxonomy(query: dict[str, Any]) -> Any:
        """Suggest terms of DICOM's context groups that can be tags."""
        return terms.suggest(query["q"], query["limit"])

    @api.get("/cases/<case>/tags")
    @api.gives(TagSchema(many=True))
    @api.refuses(HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
    def of_case(case: str) -> Any:
        """List the tags of a case; of an unknown case, before the answer, none."""
        return _tags(archive, view_case(archive, reader(), case))

    @api.put("/cases/<case>/tags")
    @api.takes(TagsSchema)
    @api.gives(TagSchema(many=True))
    @api.refuses(
        HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE
    )
    def change(wanted: dict[str, Any], case: str) -> Any:
        """Give a case of yours these tags and no others."""
        require_writer()
        view = view_case(archive, reader(), case)
        tagging.replace_tags(archive, view, wanted["tags"])
        return _tags(archive, view)


def _hits(listed: Listed) -> list[dict[str, Any]]:
    by_case = {hit.case_id: hit for hit in listed.found.hits}
    return [
        {"case": case_json(view, origin())} | _excerpt(by_case[view.case.id], listed)
        for view in listed.views
    ]


def _excerpt(hit: Hit, listed: Listed) -> dict[str, Any]:
    lines = lines_of(hit, listed.answered) if listed.asked else Lines()
    return {"excerpt": lines.pieces, "is_from_discussion": lines.is_said}


def _tags(archive: Archive, view: CaseView) -> list[dict[str, str]]:
    return [_tag(one) for one in tagging.tags_of(archive, view)]


def _tag(one: tagging.Tag) -> dict[str, str]:
    return {"slug": one.slug, "label": one.label, "scheme": one.scheme, "code": one.code}
