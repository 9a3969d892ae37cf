"""With accounts on: who may do what, at every resource and door. The matrix is generated.

An actor is a token (or none) with its grants; an action is a row of the table of routes, with the
scope that it should need, which is said here once more; the expectation follows from the two, and
a refused answer must not hold a word of the patient.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from pydicom import dcmread
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE

from dicomweb.routes import ROUTES, URI_PATH, Route
from tests.builders import ct_image
from tests.conftest import Stack
from tests.product import JSON, Product, stow_body
from tests.services import free_port, wait_until

MARK = "MATRIX^SECRET"
COLLECTIONS = {"archive": "/dicom-web", "other": "/collections/other/dicom-web"}
ACTORS = {
    "nobody": None,
    "wrong token": None,
    "malformed token": None,
    "revoked token": "archive:read,write,delete",
    "expired token": "archive:read,write,delete",
    "reader": "archive:read",
    "writer": "archive:write",
    "deleter": "archive:delete",
    "reader of the other": "other:read",
    "master of the other": "other:read,write,delete",
    "master": "archive:read,write,delete",
}
STRANGERS = {"nobody", "wrong token", "malformed token", "revoked token", "expired token"}


@dataclass(frozen=True)
class Action:
    """One request of one resource; `{…}` are filled with the UIDs of what is stored."""

    method: str
    path: str
    scope: str
    accept: str = JSON
    search: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


_S = "/studies/{study}"
_I = _S + "/series/{series}/instances/{instance}"
DICOM = 'multipart/related; type="application/dicom"; transfer-syntax=*'
BYTES = 'multipart/related; type="application/octet-stream"'
PICTURES = 'image/jpeg, multipart/related; type="image/jpeg"'
URI = "/wado?requestType=WADO&studyUID={study}&seriesUID={series}&objectUID={instance}"
#: What is accepted of the rows of a resource; JSON of the others.
ACCEPTED = {
    **dict.fromkeys(("study", "series", "instance"), DICOM),
    **dict.fromkeys(("frames", "bulkdata", "all bulkdata", "all pixeldata"), BYTES),
    **dict.fromkeys(
        ("rendered study", "rendered series", "rendered instance", "rendered frames", "uri"),
        PICTURES,
    ),
    **dict.fromkeys(("thumbnail", "rendered MPR", "rendered 3D"), PICTURES),
    **dict.fromkeys(("rendered mpr", "rendered 3d"), PICTURES),
}
#: Not those of the table: a scope that is wrong there has to show.
SCOPES = {"POST": "write", "DELETE": "delete"}
WRITERS_READ = "commitment result"
FILLED = {"<path:path>": "7FE00010", "<frames>": "1", "<transaction>": "{study}"}


def action_of(route: Route, method: str) -> Action:
    """The request of a row."""
    path = URI if route.path == URI_PATH else route.path
    for name, value in FILLED.items():
        path = path.replace(name, value)
    path = path.replace("<", "{").replace(">", "}")
    accept = ACCEPTED.get(route.resource, JSON)
    scope = "write" if route.resource == WRITERS_READ else SCOPES.get(method, "read")
    return Action(method, path, scope, accept, route.resource.startswith("search"))


#: HEAD walks the same way as GET: one row of each resource is enough.
HEADED = list({route.resource: route for route in ROUTES if route.method == "GET"}.values())
ERASE = Action("DELETE", _S, "delete")
#: Whole studies go last, so that what is under them is still there.
ACTIONS = [
    action_of(route, method)
    for route in sorted(ROUTES, key=lambda row: (row.method == "DELETE", -len(row.path)))
    for method in ((route.method, "HEAD") if route in HEADED else (route.method,))
]


@dataclass
class World:
    """A product with accounts on, two collections, and a token for each actor."""

    product: Product
    tokens: dict[str, str] = field(default_factory=dict)
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        # Thousands of requests: no connection for each, and no look into the environment.
        self.session.trust_env = False

    def headers(self, actor: str) -> dict[str, str]:
        token = self.tokens.get(actor)
        return {} if token is None else {"Authorization": token}

    def store(self, collection: str) -> dict[str, str]:
        """Store one instance as its master, and return its UIDs."""
        uids = {name: generate_uid() for name in ("study", "series", "instance")}
        actor = "master" if collection == "archive" else "master of the other"
        answer = self.request(actor, collection, Action("POST", "/studies", "write"), uids)
        assert answer.status_code == 200, answer.text
        return uids

    def request(
        self,
        actor: str,
        collection: str,
        action: Action,
        uids: dict[str, str],
        more: Mapping[str, str] = {},
    ) -> requests.Response:
        headers = {"Accept": action.accept, **self.headers(actor), **more}
        body = None
        if action.method == "POST":
            body, headers["Content-Type"] = self._body(action, uids)
        url = self.product.url + COLLECTIONS[collection] + action.path.format(**uids)
        # What is refused before its body was read ends its connection.
        send = requests.request if body else self.session.request
        return send(action.method, url, headers=headers, data=body, timeout=30)

    @staticmethod
    def _body(action: Action, uids: dict[str, str]) -> tuple[bytes, str]:
        if "/commitment-requests/" not in action.path:
            return stow_body([patient_image(uids)])
        reference = {
            "00081150": {"vr": "UI", "Value": [CTImageStorage]},
            "00081155": {"vr": "UI", "Value": [uids["instance"]]},
        }
        return json.dumps({"00081199": {"vr": "SQ", "Value": [reference]}}).encode(), JSON


def patient_image(uids: dict[str, str]) -> bytes:
    return ct_image(
        StudyInstanceUID=uids["study"],
        SeriesInstanceUID=uids["series"],
        SOPInstanceUID=uids["instance"],
        PatientName=MARK,
    )


@pytest.fixture(scope="module")
def world(stack: Stack) -> Iterator[World]:
    product = Product(
        Path(stack.environment["DICOMTUBE_HOME"]),
        {**stack.environment, "DICOMTUBE_ACCESS": "accounts"},
    )
    product.start(echo=False)
    try:
        product.command("collection", "create", "other", "--ae-title", "OTHER")
        world = World(
            product, {"wrong token": "Bearer " + "A" * 43, "malformed token": "Basic Og=="}
        )
        for actor, grants in ACTORS.items():
            if grants:
                world.tokens[actor] = "Bearer " + make_token(product, actor, grants)
        yield world
    finally:
        product.stop()


def make_token(product: Product, actor: str, grants: str) -> str:
    expired = ["--days", "0"] if actor == "expired token" else []
    printed = product.command("token", "create", actor, "--grant", grants, *expired)
    if actor == "revoked token":
        product.command("token", "revoke", printed.split()[1].rstrip(","))
    return printed.splitlines()[-1].strip()


@pytest.fixture(scope="module")
def stored(world: World) -> dict[str, dict[str, str]]:
    return {collection: world.store(collection) for collection in COLLECTIONS}


def granted(actor: str, collection: str, scope: str) -> bool:
    name, _, scopes = (ACTORS[actor] or "").partition(":")
    return actor not in STRANGERS and name == collection and scope in scopes.split(",")


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("action", ACTIONS, ids=str)
def test_each_actor_gets_what_was_granted_and_no_more(
    world: World,
    stored: dict[str, dict[str, str]],
    actor: str,
    collection: str,
    action: Action,
) -> None:
    allowed = granted(actor, collection, action.scope)
    if allowed and action.method == "DELETE":
        uids = world.store(collection)
    elif action.method == "POST":
        uids = {name: generate_uid() for name in ("study", "series", "instance")}
    else:
        uids = stored[collection]
    answer = world.request(actor, collection, action, uids)
    if allowed:
        assert answer.status_code not in (401, 403), answer.text
        assert answer.status_code not in (500, 502, 503), answer.text
        return
    assert MARK.encode() not in answer.content
    if actor in STRANGERS:
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    elif action.search and answer.status_code == 200:
        assert answer.content in (b"[]", b"")
    else:
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "action",
    [one for one in ACTIONS if one.method == "GET" and not one.search],
    ids=str,
)
def test_who_may_not_read_is_told_neither_unchanged_nor_gone(
    world: World, stored: dict[str, dict[str, str]], action: Action
) -> None:
    uids = stored["archive"]
    tag = world.request("master", "archive", action, uids).headers.get("ETag", "*")
    for known in (tag, "*"):
        asked = {"If-None-Match": known}
        answer = world.request("reader of the other", "archive", action, uids, asked)
        assert (answer.status_code, answer.headers.get("ETag")) == (403, None)
    erased = world.store("archive")
    assert world.request("master", "archive", ERASE, erased).status_code == 204
    assert world.request("reader of the other", "archive", action, erased).status_code == 403


def test_the_service_beside_the_roots_is_of_the_archive_alone(
    world: World, stored: dict[str, dict[str, str]]
) -> None:
    url = world.product.url + URI.format(**stored["archive"])
    for actor in ACTORS:
        answer = requests.get(url, headers=world.headers(actor), timeout=30)
        allowed = granted(actor, "archive", "read")
        assert answer.status_code == (200 if allowed else 401 if actor in STRANGERS else 403)
    elsewhere = world.product.url + URI.format(**stored["other"])
    assert requests.get(elsewhere, headers=world.headers("reader"), timeout=30).status_code == 404


def test_nothing_that_was_refused_was_done(world: World, stored: dict[str, dict[str, str]]) -> None:
    for collection, actor in (("archive", "master"), ("other", "master of the other")):
        action = Action("GET", _I + "/metadata", "read")
        assert world.request(actor, collection, action, stored[collection]).status_code == 200


def test_a_token_is_never_kept_as_it_is(world: World) -> None:
    secret = world.tokens["master"].split()[1].encode()
    listed = world.product.command("token", "list")
    assert secret.decode() not in listed
    for path in world.product.home.rglob("*"):
        if path.is_file() and path.stat().st_size < 50_000_000:
            assert secret not in path.read_bytes(), path


# ---- what is shared: with the public, by a link, in a case; each taken back again
SHOWN = "/collections/shown/dicom-web"
CASE = "01890000-0000-7000-8000-00000000ca5e"


@pytest.fixture(scope="module")
def shown(world: World) -> dict[str, str]:
    """A study in a collection of its own, which nobody has a grant for."""
    world.product.command("collection", "create", "shown", "--ae-title", "SHOWN")
    printed = world.product.command("token", "create", "x", "--grant", "shown:write")
    uids = {name: generate_uid() for name in ("study", "series", "instance")}
    body, content_type = stow_body([patient_image(uids)])
    headers = {
        "Authorization": f"Bearer {printed.splitlines()[-1].strip()}",
        "Accept": JSON,
        "Content-Type": content_type,
    }
    answer = requests.post(
        world.product.url + SHOWN + "/studies", body, headers=headers, timeout=60
    )
    assert answer.status_code == 200, answer.text
    return uids


def seen(
    world: World, uids: dict[str, str], secret: str | None = None, root: str = SHOWN
) -> set[int]:
    """How the study, as search, metadata, picture and file, is answered."""
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    found = set()
    for path, accept in (
        (_S + "/series", JSON), (_I + "/metadata", JSON), (_I + "/thumbnail", PICTURES),
        (_I, DICOM), (_I + "/frames/1", BYTES), (URI, "application/dicom"),
    ):  # fmt: skip
        url = world.product.url + root + path.format(**uids)
        answer = requests.get(url, headers={"Accept": accept, **headers}, timeout=60)
        assert answer.status_code == 200 or MARK.encode() not in answer.content
        found.add(answer.status_code)
    return found


def test_what_is_public_is_everybody_s_until_it_is_taken_back(
    world: World, shown: dict[str, str]
) -> None:
    command = world.product.command
    assert seen(world, shown) == {401}
    command("share", "add", "shown", shown["study"], "public")
    assert command("share", "list", "shown", shown["study"]).split() == ["public"]
    assert seen(world, shown) == {200}
    assert seen(world, shown, world.tokens["reader"].split()[1]) == {200}
    command("share", "remove", "shown", shown["study"], "public")
    assert seen(world, shown) == {401}
    assert seen(world, shown, world.tokens["reader"].split()[1]) == {403}


@pytest.mark.parametrize("kind", ["study", "collection"])
def test_a_link_opens_what_it_leads_to_until_it_is_revoked(
    world: World, shown: dict[str, str], kind: str
) -> None:
    target = f"shown/{shown['study']}" if kind == "study" else "shown"
    printed = world.product.command("link", "create", kind, target)
    link, secret = printed.split()[1].rstrip(","), printed.rpartition("k=")[2].strip()
    browser = requests.Session()
    # On http, requests keeps a Secure cookie to itself; browsers take loopback for secure.
    came = browser.get(printed.splitlines()[-1].strip(), timeout=60, allow_redirects=False)
    assert came.status_code == 303
    assert secret not in came.headers["Location"]
    cookie = came.headers["Set-Cookie"].partition(";")[0]
    read = world.product.url + SHOWN + (_I + "/metadata").format(**shown)
    assert requests.get(read, headers={"Cookie": cookie}, timeout=60).status_code == 200
    assert seen(world, shown, secret) == {200}
    world.product.command("link", "revoke", link)
    assert requests.get(read, headers={"Cookie": cookie}, timeout=60).status_code == 401
    assert seen(world, shown, secret) == {401}
    assert secret not in world.product.log.read_text()


def test_a_link_that_ended_is_refused(world: World, shown: dict[str, str]) -> None:
    printed = world.product.command(
        "link", "create", "study", f"shown/{shown['study']}", "--days", "0.00003"
    )
    secret = printed.rpartition("k=")[2].strip()
    wait_until(lambda: seen(world, shown, secret) == {401}, "the link to end", 20)


def test_the_root_of_a_case_is_for_who_has_a_link_to_it(
    world: World, shown: dict[str, str]
) -> None:
    root = f"/cases/{CASE}/dicom-web"
    printed = world.product.command("link", "create", "case", CASE)
    secret = printed.rpartition("k=")[2].strip()
    assert seen(world, shown, root=root) == {401}
    assert seen(world, shown, world.tokens["master"].split()[1], root) == {404}
    assert seen(world, shown, secret, root) == {404}  # it is open, and holds no such study
    listed = requests.get(
        f"{world.product.url}{root}/studies",
        headers={"Authorization": f"Bearer {secret}", "Accept": JSON},
        timeout=60,
    )
    assert (listed.status_code, listed.json()) == (200, [])


# ---- the DIMSE door: callers are known by AE title and address
PEERS = {  # calling AE title → (network, grants); None: no such peer
    "STRANGER": None,
    "ELSEWHERE": ("10.9.8.7", "archive:write"),
    "WRITER": ("127.0.0.1", "archive:write"),
    "NETWORKED": ("127.0.0.0/8", "archive:write"),
    "READER": ("127.0.0.1", "archive:read"),
    "OTHERS": ("127.0.0.1", "other:write"),
}


@pytest.fixture(scope="module")
def peers(world: World) -> None:
    for title, peer in PEERS.items():
        if peer:
            world.product.command("peer", "add", title, peer[0], "--grant", peer[1])


@pytest.mark.parametrize("called", ["DICOMTUBE", "OTHER", "NOSUCHAE"])
@pytest.mark.parametrize("calling", PEERS)
@pytest.mark.usefixtures("peers")
def test_c_store_is_for_listed_callers_only(world: World, calling: str, called: str) -> None:
    collection = {"DICOMTUBE": "archive", "OTHER": "other"}.get(called)
    network, grants = PEERS[calling] or ("", "")
    allowed = network.startswith("127.") and grants == f"{collection}:write"
    assert c_store(world.product, calling, called) is allowed


def c_store(product: Product, calling: str, called: str) -> bool:
    """Was one instance stored?"""
    ae = AE(ae_title=calling)
    ae.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
    assoc = ae.associate("127.0.0.1", product.dimse_port, ae_title=called)
    if not assoc.is_established:
        return False
    ds = dcmread(io.BytesIO(ct_image(SOPInstanceUID=generate_uid(), PatientName=MARK)))
    status = assoc.send_c_store(ds)
    assoc.release()
    return bool(status) and status.Status == 0x0000


def test_open_access_refuses_any_address_but_loopback(tmp_path: Path) -> None:
    product = Product(tmp_path, {"DICOMTUBE_HTTP_BIND": f"0.0.0.0:{free_port()}"})
    with pytest.raises(RuntimeError, match="DICOMTUBE_ACCESS"):
        product.start(20)
