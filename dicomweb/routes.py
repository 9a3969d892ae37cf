"""Every resource, method and view of the Studies service, on one screen; and how one is called.

Only the table and the walk around a view may live here: identify, let pass, call, count. What a
view does is its own module's business.

References
----------
PS3.18 chapter 10 (Studies service), table 10.1-1 (resources), section 8.9 (capabilities),
chapter 9 (URI service), chapter 13 (storage commitment).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from time import perf_counter
from typing import cast

from flask import Blueprint, Flask, Request, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.local import LocalProxy

from archive.access import (
    LOCAL,
    Principal,
    Scope,
    effective,
    find_collection,
    narrowed,
    require,
    require_reader,
    require_study,
)
from archive.archive import Archive
from archive.collections import ARCHIVE, COMMUNITY
from archive.errors import NotFound, Unauthenticated
from dicomweb import (
    bulkdata,
    commitment,
    cors,
    describe,
    erasure,
    frames,
    guard,
    metadata,
    qido,
    silence,
    stow,
    wado,
    wado_uri,
)
from dicomweb.calls import Call, Door, KeepsWords, MayOpenCase
from dicomweb.errors import Refusal, answer_error
from dicomweb.rendering import several as rendered_several
from dicomweb.rendering import thumbnails
from dicomweb.rendering import views as rendered
from dicomweb.responses import NOSNIFF
from dicomweb.settings import DoorSettings
from dicomweb.volumes import views as volumes
from imaging.uids import is_uid
from telemetry.logs import accepted_request_id, bound_request_id
from telemetry.metrics import observe_request

View = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Route:
    """One row: what a method does to a resource.

    Attributes
    ----------
    path
        Below the root; ``<study>``, ``<series>``, ``<instance>`` and ``<transaction>`` are UIDs.
    resource
        Its name in metrics and in the capability description.
    scope
        What the caller must be allowed in the collection.
    """

    method: str
    path: str
    view: View
    resource: str
    scope: Scope = Scope.READ


_S = "/studies/<study>"
_E = f"{_S}/series/<series>"
_I = f"{_E}/instances/<instance>"
_F = f"{_I}/frames/<frames>"
_ANY = (_S, _E, _I, _F)
_T = "/commitment-requests/<transaction>"
URI_PATH = "/wado"

# fmt: off
ROUTES = (
    # 8.9 Retrieve capabilities
    Route("OPTIONS", "", describe.capabilities, "capabilities"),
    Route("GET", "/openapi.json", describe.openapi, "openapi"),
    # 10.6 Search
    Route("GET", "/studies", qido.search_studies, "search studies"),
    Route("GET", "/series", qido.search_series, "search series"),
    Route("GET", "/instances", qido.search_instances, "search instances"),
    Route("GET", f"{_S}/series", qido.search_series, "search series"),
    Route("GET", f"{_S}/instances", qido.search_instances, "search instances"),
    Route("GET", f"{_E}/instances", qido.search_instances, "search instances"),
    # 10.5 Store
    Route("POST", "/studies", stow.store, "store", Scope.WRITE),
    Route("POST", _S, stow.store, "store", Scope.WRITE),
    # 10.4 Retrieve: instances and metadata
    Route("GET", _S, wado.study, "study"),
    Route("GET", _E, wado.series, "series"),
    Route("GET", _I, wado.instance, "instance"),
    Route("GET", f"{_S}/metadata", metadata.metadata, "study metadata"),
    Route("GET", f"{_E}/metadata", metadata.metadata, "series metadata"),
    Route("GET", f"{_I}/metadata", metadata.metadata, "instance metadata"),
    # 10.4 Retrieve: pixels and bulk data
    Route("GET", _F, frames.frames, "frames"),
    Route("GET", f"{_I}/bulkdata/<path:path>", bulkdata.bulkdata, "bulkdata"),
    *(Route("GET", f"{_}/bulkdata", bulkdata.all_bulkdata, "all bulkdata") for _ in (_S, _E, _I)),
    *(Route("GET", f"{_}/pixeldata", bulkdata.pixeldata, "all pixeldata") for _ in (_S, _E, _I)),
    # 10.4 Retrieve: what people look at
    Route("GET", f"{_S}/rendered", rendered_several.study, "rendered study"),
    Route("GET", f"{_E}/rendered", rendered_several.series, "rendered series"),
    Route("GET", f"{_I}/rendered", rendered.instance, "rendered instance"),
    Route("GET", f"{_F}/rendered", rendered.frames, "rendered frames"),
    Route("GET", f"{_S}/thumbnail", thumbnails.study, "thumbnail"),
    Route("GET", f"{_E}/thumbnail", thumbnails.series, "thumbnail"),
    Route("GET", f"{_I}/thumbnail", thumbnails.instance, "thumbnail"),
    Route("GET", f"{_F}/thumbnail", thumbnails.frames, "thumbnail"),
    *(Route("GET", f"{_}/renderedMPR", volumes.rendered_mpr, "rendered MPR") for _ in _ANY),
    *(Route("GET", f"{_}/rendered3D", volumes.rendered_3d, "rendered 3D") for _ in _ANY),
    # So the examples of annex B spell them; described by the others
    *(Route("GET", f"{_}/renderedmpr", volumes.rendered_mpr, "rendered mpr") for _ in _ANY),
    *(Route("GET", f"{_}/rendered3d", volumes.rendered_3d, "rendered 3d") for _ in _ANY),
    # 9 URI service; that of the archive's own collection is at /wado, too
    Route("GET", URI_PATH, wado_uri.retrieve, "uri"),
    # 13 Storage commitment: who may store may ask whether it is kept
    Route("POST", _T, commitment.request, "commitment request", Scope.WRITE),
    Route("GET", _T, commitment.result, "commitment result", Scope.WRITE),
    # Not in the standard; spelled as other servers do.
    *(Route("DELETE", _, erasure.erase, "erase", Scope.DELETE) for _ in (_S, _E, _I)),
)
# fmt: on

ROOTS = {
    "dicomweb": ("/dicom-web", {"collection": ARCHIVE}),
    "community_dicomweb": ("/community/dicom-web", {"collection": COMMUNITY}),
    "collection_dicomweb": ("/collections/<collection>/dicom-web", {}),
    # The studies of one case, for whoever may open it
    "case_dicomweb": ("/cases/<uuid:case>/dicom-web", {"collection": COMMUNITY}),
}


def register(
    app: Flask,
    archive: Archive,
    settings: DoorSettings | None = None,
    viewer_of: Callable[[], Principal | None] | None = None,
    may_open_case: MayOpenCase = lambda _case, asking: asking == LOCAL,
    keeps_words: KeepsWords = lambda _case, _asking: False,
) -> None:
    """Mount the service of every collection on an app.

    Parameters
    ----------
    archive
        What is served.
    settings
        Of the door; from the environment when not given.
    viewer_of
        Says who sends the request at hand; by their token alone when not given.
    may_open_case
        Whether somebody may open a case: whoever is on this machine when not given.
    keeps_words
        Whether somebody is still to find out about a case: nobody when not given.
    """
    asking = viewer_of or (lambda: guard.principal_of(archive, request.headers))
    used = settings or DoorSettings.from_environment()
    door = Door.to(archive, used, ROUTES, asking, may_open_case, keeps_words)
    for name, (prefix, defaults) in ROOTS.items():
        app.register_blueprint(
            create_blueprint(door), name=name, url_prefix=prefix, url_defaults=defaults
        )
    _register_uri_service(app, door)
    app.register_error_handler(HTTPException, _no_route)


def _register_uri_service(app: Flask, door: Door) -> None:
    """Mount the URI service where its clients expect it: beside the roots, without a collection."""
    routes = {route.method: route for route in ROUTES if route.path == URI_PATH}
    app.add_url_rule(
        URI_PATH,
        endpoint="wado_uri",
        view_func=_server_of(door, routes),
        methods=_allowed(routes),
        defaults={"collection": ARCHIVE},
        provide_automatic_options=False,
    )


def create_blueprint(door: Door) -> Blueprint:
    """Make the blueprint of the service; its prefix or defaults must say the `collection`."""
    blueprint = Blueprint("dicomweb", __name__)
    by_path: defaultdict[str, dict[str, Route]] = defaultdict(dict)
    for route in ROUTES:
        by_path[route.path][route.method] = route
    for path, routes in by_path.items():
        blueprint.add_url_rule(
            path,
            endpoint=path.translate(_ENDPOINT) or "root",
            view_func=_server_of(door, routes),
            methods=_allowed(routes),
            provide_automatic_options=False,
            strict_slashes=False,
        )
    return blueprint


_ENDPOINT = str.maketrans({"/": "_", "<": None, ">": None, ":": "_", ".": "_"})


def _allowed(routes: Iterable[str]) -> frozenset[str]:
    methods = {"OPTIONS", *routes}
    return frozenset(methods | {"HEAD"} if "GET" in methods else methods)


def _server_of(door: Door, routes: Mapping[str, Route]) -> Callable[..., Response]:
    """The function that Flask calls for a path: everything around a view."""
    allowed = _allowed(routes)
    any_route = next(iter(routes.values()))

    def serve(**path: str) -> Response:
        started = perf_counter()
        # The request itself, not Flask's stand-in: it is quicker, and answers that stream outlive
        # its context.
        asked = cast("LocalProxy[Request]", request)._get_current_object()
        method = asked.method
        route = routes.get("GET" if method == "HEAD" else method)
        with bound_request_id(accepted_request_id(asked.headers.get("X-Request-Id"))) as known_as:
            try:
                if cors.is_preflight(asked):
                    return cors.answer_preflight(asked, allowed, door.settings.cors_origins)
                if route is None:
                    response = _answer_options(allowed)
                else:
                    response = _call(door, route, asked, path)
            except Exception as error:  # the one table decides what it is
                response = answer_error(error)
            response.headers["X-Request-Id"] = known_as
        response.headers.update(NOSNIFF)
        cors.allow(asked, response, door.settings.cors_origins)
        elapsed = perf_counter() - started
        observe_request((route or any_route).resource, method, response.status_code, elapsed)
        return response

    return serve


def _call(door: Door, route: Route, asked: Request, path: Mapping[str, str]) -> Response:
    headers = asked.headers
    uids = dict(path)
    collection = uids.pop("collection")
    case = uids.pop("case", None)
    guard.check_host(door.archive.settings, asked.host)
    if route.scope is not Scope.READ:
        guard.check_writer(headers, asked.host, door.settings.cors_origins)
    principal = door.viewer_of()
    is_silent = False
    if case is not None:
        reader, case = principal, str(case)
        principal = _in_case(door, reader, case)
        is_silent = _keeps_words(door, route, reader, case)
    else:
        principal = _outside_of_cases(door, principal)
    study = _study_of(route, uids)
    _admit(door.archive, principal, collection, route.scope, study)
    for name, value in uids.items():
        if name in _UIDS and not is_uid(value):
            raise Refusal.bad_request(f"the {name} in the path is no UID")
    decode = door.decoders.for_request()
    call = Call(door, asked, principal, collection, decode, study, case, is_silent)
    return route.view(call, **uids)


def _in_case(door: Door, principal: Principal | None, case: str) -> Principal:
    """Let in who may open a case: they read what belongs to it, and nothing else."""
    if not door.may_open_case(case, principal):
        if effective(door.archive, principal) is None:
            raise Unauthenticated("this case needs a link to it, or somebody who is signed in")
        raise NotFound("no such case")
    return narrowed(principal, _CASE + case)


def _outside_of_cases(door: Door, principal: Principal | None) -> Principal | None:
    """Whoever came by a link to a case that keeps its words back reads it at its own root only."""
    cases = [] if principal is None else [_ for _ in principal.audiences if _.startswith(_CASE)]
    silent = {one for one in cases if door.keeps_words(one.removeprefix(_CASE), principal)}
    if principal is None or not silent:
        return principal
    return replace(principal, audiences=principal.audiences - silent)


_CASE = "case:"


def _keeps_words(door: Door, route: Route, principal: Principal | None, case: str) -> bool:
    """Whether an answer must have no words in it; what is made of words is refused then."""
    if route.resource in silence.WORDLESS or not door.keeps_words(case, principal):
        return False
    silence.check_resource(route.resource)
    silence.check_parameters(request.args)
    return True


def _study_of(route: Route, uids: Mapping[str, str]) -> str | None:
    """The study that a request names, wherever it does."""
    named = request.args.get("studyUID") if route.path == URI_PATH else uids.get("study")
    return named if named is not None and is_uid(named) else None


def _admit(
    archive: Archive, principal: Principal | None, collection: str, scope: Scope, study: str | None
) -> None:
    """Let pass who may do this; before anything is said of what was asked for."""
    if scope is not Scope.READ:
        require(archive, principal, collection, scope)
    elif study is not None:
        require_study(archive, principal, collection, study)
    else:
        place = find_collection(archive, principal, collection)
        require_reader(archive, principal, place)


_UIDS = frozenset({"study", "series", "instance", "transaction"})


def _answer_options(allowed: Iterable[str]) -> Response:
    return Response(status=HTTPStatus.NO_CONTENT, headers={"Allow": ", ".join(sorted(allowed))})


def _no_route(error: HTTPException) -> Response | HTTPException:
    """Answer in JSON below our roots; elsewhere leave the error as it is."""
    ours = "/dicom-web" in request.path or request.path == URI_PATH
    if not ours or error.code is None:
        return error
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return refuse(Refusal(HTTPStatus(error.code), error.name.lower(), headers=headers))


def refuse(refusal: Refusal) -> Response:
    """Answer a request that reaches no view."""
    offered = request.headers.get("X-Request-Id")
    with bound_request_id(accepted_request_id(offered)) as known_as:
        response = answer_error(refusal)
    response.headers.update(NOSNIFF)
    response.headers["X-Request-Id"] = known_as
    return response
