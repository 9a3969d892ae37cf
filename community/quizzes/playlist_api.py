"""``/api/v1/playlists``: playlists read, written and put in order by programs."""

from __future__ import annotations

from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from archive.archive import Archive
from community.api.asking import require_writer
from community.api.blueprint import ApiBlueprint, made
from community.api.paging import from_cursor, page, to_cursor
from community.api.problems import Statuses
from community.api.versions import given_version, tagged
from community.cases.api import reader
from community.quizzes import api_schemas as schemas
from community.quizzes import playlists
from community.quizzes.playlists import PlaylistView, Stale, Wording

_STATUSES: Final[Statuses] = MappingProxyType({Stale: HTTPStatus.PRECONDITION_FAILED})
_WRITES: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


def create_blueprint(archive: Archive) -> ApiBlueprint:
    """Make the blueprint."""
    api = ApiBlueprint("playlists_api", "Playlists", statuses=_STATUSES)
    _add_reading(api, archive)
    _add_writing(api, archive)
    _add_cases(api, archive)
    return api


def _add_reading(api: ApiBlueprint, archive: Archive) -> None:
    @api.get("/playlists")
    @api.takes(schemas.PlaylistQuerySchema, "query")
    @api.gives(schemas.PlaylistsSchema)
    def several(query: dict[str, Any]) -> Any:
        """List playlists: those of everybody that are public, or your own."""
        place = from_cursor(query["cursor"], str)
        found, further = playlists.list_playlists(
            archive,
            reader(),
            mine=query["mine"],
            before=place[0] if place else "",
            limit=query["limit"],
        )
        items = [schemas.playlist_json(one) for one in found]
        return page(items, to_cursor(further) if further else None)

    @api.get("/playlists/<playlist>")
    @api.gives(schemas.PlaylistSchema)
    @api.refuses(HTTPStatus.NOT_FOUND)
    def one(playlist: str) -> Any:
        """Tell a playlist with its cases, as you may know them."""
        return _told(archive, playlist)


def _add_writing(api: ApiBlueprint, archive: Archive) -> None:
    @api.post("/playlists")
    @api.takes(schemas.WordingSchema)
    @api.gives(schemas.PlaylistSchema, HTTPStatus.CREATED)
    @api.refuses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    def make(wanted: dict[str, Any]) -> Any:
        """Make a playlist."""
        require_writer()
        wording = Wording(**{"title": "", **wanted})
        found = playlists.make_playlist(archive, reader(), wording)
        body, headers = _told(archive, found.id)
        _, location = made(body, f"/playlists/{found.id}")
        return body, headers | location

    @api.patch("/playlists/<playlist>")
    @api.takes(schemas.WordingSchema)
    @api.gives(schemas.PlaylistSchema)
    @api.refuses(*_WRITES, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED)
    def change(wanted: dict[str, Any], playlist: str) -> Any:
        """Change what is said of a playlist of yours."""
        require_writer()
        version, known = given_version(), _view(archive, playlist).playlist
        said = {
            "title": known.title,
            "description": known.description,
            "visibility": known.visibility,
        }
        playlists.edit_playlist(archive, reader(), playlist, Wording(**(said | wanted)), version)
        return _told(archive, playlist)

    @api.delete("/playlists/<playlist>")
    @api.gives_nothing
    @api.refuses(*_WRITES)
    def remove(playlist: str) -> None:
        """Delete a playlist of yours; its cases stay."""
        require_writer()
        playlists.delete_playlist(archive, reader(), playlist)


def _add_cases(api: ApiBlueprint, archive: Archive) -> None:
    @api.put("/playlists/<playlist>/cases/<case>")
    @api.gives_nothing
    @api.refuses(*_WRITES, HTTPStatus.GONE)
    def add(playlist: str, case: str) -> None:
        """Put a case at the end of a playlist of yours; again changes nothing."""
        require_writer()
        playlists.add_case(archive, reader(), playlist, case)

    @api.delete("/playlists/<playlist>/cases/<case>")
    @api.gives_nothing
    @api.refuses(*_WRITES)
    def take_out(playlist: str, case: str) -> None:
        """Take a case out of a playlist of yours."""
        require_writer()
        playlists.remove_case(archive, reader(), playlist, case)

    @api.put("/playlists/<playlist>/cases")
    @api.takes(schemas.OrderSchema)
    @api.gives(schemas.PlaylistSchema)
    @api.refuses(*_WRITES)
    def order(wanted: dict[str, Any], playlist: str) -> Any:
        """Put all cases of a playlist of yours into an order."""
        require_writer()
        playlists.order_cases(archive, reader(), playlist, wanted["cases"])
        return _told(archive, playlist)


def _view(archive: Archive, name: str) -> PlaylistView:
    return playlists.view_playlist(archive, reader(), name)


def _told(archive: Archive, name: str) -> tuple[dict[str, Any], dict[str, str]]:
    view = _view(archive, name)
    body = schemas.playlist_json(view.playlist)
    body["cases"] = [schemas.item_json(one) for one in view.cases]
    # What a reader has answered changes what they are told, and not the version of the playlist.
    answered = sum(not one.is_hiding for one in view.cases)
    tag = view.playlist.version if view.is_owner else f"{view.playlist.version}-{answered}"
    return body, tagged(tag)
