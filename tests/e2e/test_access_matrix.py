"""With accounts on: who may do what, at every resource and door. The matrix is generated.

An actor is a token (or none) with its grants; an action is a request with the scope it needs; the
expectation follows from the two, and a refused answer must not hold a word of the patient.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from pydicom import dcmread
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE

from tests.builders import ct_image
from tests.conftest import Stack
from tests.product import JSON, Product, stow_body
from tests.services import free_port

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
_E = _S + "/series/{series}"
_I = _E + "/instances/{instance}"
_F = _I + "/frames/1"
DICOM = 'multipart/related; type="application/dicom"; transfer-syntax=*'
BYTES = 'multipart/related; type="application/octet-stream"'
SEARCHES = (
    "/studies",
    "/series",
    "/instances",
    _S + "/series",
    _S + "/instances",
    _E + "/instances",
)
ACTIONS = [
    *(Action("GET", path, "read", search=True) for path in SEARCHES),
    *(Action("HEAD", path, "read", search=True) for path in SEARCHES),
    *(Action(method, path, "read", DICOM) for path in (_S, _E, _I) for method in ("GET", "HEAD")),
    *(Action("GET", f"{path}/metadata", "read") for path in (_S, _E, _I)),
    *(Action("GET", f"{path}/bulkdata", "read", BYTES) for path in (_S, _E, _I)),
    *(Action("GET", f"{path}/pixeldata", "read", BYTES) for path in (_S, _E, _I)),
    *(Action("GET", f"{path}/thumbnail", "read", "image/jpeg") for path in (_S, _E, _I, _F)),
    *(Action("GET", f"{path}/rendered", "read", "image/jpeg") for path in (_S, _E, _I, _F)),
    Action("GET", _F, "read", BYTES),
    Action("GET", f"{_I}/bulkdata/7FE00010", "read", BYTES),
    Action("POST", "/studies", "write"),
    Action("POST", _S, "write"),
    *(Action("DELETE", path, "delete") for path in (_I, _E, _S)),
]  # fmt: skip


@dataclass
class World:
    """A product with accounts on, two collections, and a token for each actor."""

    product: Product
    tokens: dict[str, str] = field(default_factory=dict)

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
        self, actor: str, collection: str, action: Action, uids: dict[str, str]
    ) -> requests.Response:
        headers = {"Accept": action.accept, **self.headers(actor)}
        body = None
        if action.method == "POST":
            body, headers["Content-Type"] = stow_body([patient_image(uids)])
        url = self.product.url + COLLECTIONS[collection] + action.path.format(**uids)
        return requests.request(action.method, url, headers=headers, data=body, timeout=30)


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
