"""Who reads which study, at every door and resource: a matrix that is generated, on both databases.

Actors, objects and what each may read are said here once more, in the plainest way; the requests
are made from the product's table of routes. A refused answer holds no word of the patient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from archive.access import LOCAL, PUBLIC, Scope
from archive.archive import open_archive
from archive.database import writing
from archive.models import collection
from archive.sharing import share_study
from archive.tokens import create_token
from community.accounts import people
from community.models import link
from community.sharing.entrance import address_of
from community.sharing.guests import owns_case
from community.sharing.links import CASE, STUDY, Wish, make_link, revoke_link
from dicomweb.routes import ROUTES, URI_PATH, Route
from tests.archives import store
from tests.builders import ct_image
from tests.people import Town, town

MARK = "MATRIX^SECRET"
THIS_CASE = "01890000-0000-7000-8000-00000000ca5e"
OTHER_CASE = "01890000-0000-7000-8000-00000000ca5f"
DICOM = 'multipart/related; type="application/dicom"; transfer-syntax=*'
BYTES = 'multipart/related; type="application/octet-stream"'
PICTURES = 'image/jpeg, multipart/related; type="image/jpeg"'
JSON = "application/dicom+json"
ACCEPTED = {
    **dict.fromkeys(("study", "series", "instance"), DICOM),
    **dict.fromkeys(("frames", "bulkdata", "all bulkdata", "all pixeldata"), BYTES),
}
ROOTS = {"community": "/community/dicom-web", "archive": "/dicom-web"}


@dataclass(frozen=True)
class Thing:
    """A study: where it lies, and for whom it is."""

    number: int
    place: str = "community"
    audiences: tuple[str, ...] = ()

    @property
    def uids(self) -> dict[str, str]:
        study = f"1.2.{self.number}"
        return {"study": study, "series": f"{study}.1", "instance": f"{study}.1.1"}


#: Audiences by the handles of people, which are ids only when there are people.
OBJECTS = {
    "public": Thing(1, audiences=(PUBLIC,)),
    "ann's": Thing(2, audiences=("ann",)),
    "ann's, linked": Thing(3, audiences=("ann",)),
    "of a case": Thing(4, audiences=("carol", f"case:{THIS_CASE}")),
    "nobody's": Thing(5),
    "of the archive": Thing(6, "archive"),
    "public, of a case": Thing(7, audiences=(PUBLIC, f"case:{THIS_CASE}")),
}
LINKED, NOBODYS = "ann's, linked", "nobody's"
SHOWN = {"public", "public, of a case"}
IN_CASE = {"of a case", "public, of a case"}
COMMUNITY = {name for name, one in OBJECTS.items() if one.place == "community"}


@dataclass(frozen=True)
class Actor:
    """How somebody asks, and what they should read; `known` is False for those who get a 401."""

    handle: str | None = None
    secret: str | None = None
    by_cookie: str | None = None
    reads: frozenset[str] = frozenset(SHOWN)
    known: bool = True
    case: bool = False
    writes: bool = False


def actor(*reads: str, **more: object) -> Actor:
    return Actor(reads=frozenset({*SHOWN, *reads}), **more)  # type: ignore[arg-type]


MINE = ("ann's", "ann's, linked")
STOPPED = {"reads": frozenset(), "known": False}
ACTORS = {
    "nobody": actor(known=False),
    "a stranger": actor(handle="ben", writes=True),
    "the owner": actor(*MINE, handle="ann", writes=True),
    "a member with a link": actor("ann's, linked", handle="ben", by_cookie="link", writes=True),
    "a guest with a link": actor("ann's, linked", by_cookie="link"),
    "a program with a link": actor("ann's, linked", secret="link"),
    "a guest of the case": actor("of a case", by_cookie="case link", case=True),
    "a program of the case": actor("of a case", secret="case link", case=True),
    "a guest with a revoked link": actor(by_cookie="revoked link", known=False),
    "a program with a revoked link": Actor(secret="revoked link", **STOPPED),
    "a guest with an expired link": actor(by_cookie="expired link", known=False),
    "a program with an expired link": Actor(secret="expired link", **STOPPED),
    "a link of somebody suspended": Actor(secret="link of sue", **STOPPED),
    "a moderator": actor(handle="molly", writes=True),
    "an operator": actor(*OBJECTS, handle="boss", case=True, writes=True),
    "somebody suspended": actor(handle="sue", known=False),
    "a token of the owner": actor(*MINE, secret="token of ann"),
    "a token of the owner to upload": actor(secret="upload token of ann", writes=True),
    "a token of a stranger": actor(secret="token of ben"),
    "a token of a moderator": actor(secret="token of mod"),
    "a token of an operator": actor(*COMMUNITY, secret="token of boss"),
    "a token of somebody suspended": Actor(secret="token of sue", **STOPPED),
    "a machine that reads": actor(*COMMUNITY, secret="reading token"),
    "a machine that writes": actor(secret="writing token", writes=True),
}


@dataclass
class World:
    town: Town
    secrets: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    clients: dict[str, tuple[FlaskClient, dict[str, str]]] = field(default_factory=dict)

    def ask(self, name: str, method: str, path: str, **more: object) -> TestResponse:
        """Send a request as an actor does, who came by their link before."""
        client, headers = self.clients[name]
        given = {**headers, **more.pop("headers", {})}  # type: ignore[dict-item]
        # Read to its end, or it would keep its place among the long answers.
        return client.open(path, method=method, headers=given, buffered=True, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").new_database()
    with town(tmp_path_factory.mktemp("town"), url) as found:
        world = World(found)
        _settle(world)
        for name, one in ACTORS.items():
            world.clients[name] = _arrive(world, one)
        _end_links(world)
        yield world
    if url is not None:
        request.getfixturevalue("postgres").drop_database(url)


def _settle(world: World) -> None:
    here = world.town
    for handle, role in {
        "ann": "member", "ben": "member", "carol": "member", "sue": "member",
        "molly": "moderator", "boss": "operator",
    }.items():  # fmt: skip
        here.person(handle, role)
    _store(here)
    for one in OBJECTS.values():
        audiences = [here.audience(a) if a in here.ids else a for a in one.audiences]
        share_study(here.archive, one.place, one.uids["study"], *audiences)
    share_study(here.archive, "community", OBJECTS[NOBODYS].uids["study"], here.audience("sue"))
    _make_links(world)
    _make_tokens(world)
    people.change_state(here.archive, here.ids["sue"], people.SUSPENDED)


def _store(here: Town) -> None:
    """Store as if the community kept what it receives; de-identification is no matter here."""
    of_community = update(collection).where(collection.c.name == "community")
    with writing(here.archive.engine) as connection:
        connection.execute(of_community.values(ingest="as-received"))
    other = open_archive(here.archive.settings)
    for one in OBJECTS.values():
        uids = one.uids
        image = ct_image(
            StudyInstanceUID=uids["study"],
            SeriesInstanceUID=uids["series"],
            SOPInstanceUID=uids["instance"],
            PatientName=MARK,
        )
        store(other, image, collection=one.place)
    other.close()
    with writing(here.archive.engine) as connection:
        connection.execute(of_community.values(ingest="deidentify"))


def _make_links(world: World) -> None:
    here = world.town
    mine, hers = (f"community/{OBJECTS[name].uids['study']}" for name in (LINKED, NOBODYS))
    for name, handle, kind, target in (
        ("link", "ann", STUDY, mine),
        ("revoked link", "ann", STUDY, mine),
        ("expired link", "ann", STUDY, mine),
        ("link of sue", "sue", STUDY, hers),
        ("case link", None, CASE, THIS_CASE),
    ):
        asking = here.principal(handle) if handle else LOCAL
        made, secret = make_link(here.archive, asking, Wish(kind, target, name), owns_case)
        world.secrets[name], world.addresses[name] = secret, address_of("", made, secret)


def _make_tokens(world: World) -> None:
    here = world.town
    for name, handle, grants in (
        ("token of ann", "ann", ["read"]),
        ("upload token of ann", "ann", ["write"]),
        ("token of ben", "ben", ["read"]),
        ("token of sue", "sue", ["read", "write"]),
        ("token of mod", "molly", ["read", "review"]),
        ("token of boss", "boss", ["read"]),
        ("reading token", None, ["read"]),
        ("writing token", None, ["write"]),
    ):
        owner = here.ids[handle] if handle else None
        given = [("community", scope) for scope in grants]
        world.secrets[name] = create_token(here.archive, name, given, person=owner)[1]


def _arrive(world: World, one: Actor) -> tuple[FlaskClient, dict[str, str]]:
    client = world.town.browser(one.handle)
    if one.by_cookie is not None:
        assert client.get(world.addresses[one.by_cookie]).status_code == 303
    headers = {}
    if one.secret is not None:
        headers["Authorization"] = f"Bearer {world.secrets[one.secret]}"
    return client, headers


def _end_links(world: World) -> None:
    """After everybody came by theirs: what is held is worth nothing any more."""
    archive = world.town.archive
    with writing(archive.engine) as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(
            update(link).where(link.c.name == "expired link").values(expires_at=past)
        )
        revoked = connection.scalar(link.select().where(link.c.name == "revoked link"))
    assert revoke_link(archive, str(revoked))


READ_ROUTES = [route for route in ROUTES if route.scope is Scope.READ and "<study>" in route.path]
#: One of each resource is enough where all are refused alike.
SOME_ROUTES = list({route.resource: route for route in READ_ROUTES}.values())
#: Of those who are let in: one of each way to read.
FEW = [r for r in SOME_ROUTES if r.resource in ("instance", "series metadata", "thumbnail")]


def path_of(route: Route, uids: dict[str, str]) -> str:
    path = route.path.replace("<path:path>", "7FE00010").replace("<frames>", "1")
    for name, value in uids.items():
        path = path.replace(f"<{name}>", value)
    return path


def look(world: World, name: str, root: str, route: Route, uids: dict[str, str]) -> TestResponse:
    accept = ACCEPTED.get(route.resource, JSON if "data" in route.resource else PICTURES)
    accept = JSON if route.resource.startswith("search") else accept
    return world.ask(name, "GET", root + path_of(route, uids), headers={"Accept": accept})


def uri(uids: dict[str, str]) -> str:
    return (
        f"/wado?requestType=WADO&studyUID={uids['study']}&seriesUID={uids['series']}"
        f"&objectUID={uids['instance']}&contentType=application/dicom"
    )


def check_refused(answer: TestResponse, one: Actor, *statuses: int) -> None:
    assert answer.status_code in (statuses or ((403,) if one.known else (401,))), answer.text[:200]
    assert MARK.encode() not in answer.data


@pytest.mark.parametrize("thing", OBJECTS)
@pytest.mark.parametrize("name", ACTORS)
def test_each_reads_what_is_for_them_at_every_resource(world: World, name: str, thing: str) -> None:
    one, stored = ACTORS[name], OBJECTS[thing]
    root, uids = ROOTS[stored.place], stored.uids
    if thing in one.reads:
        for route in FEW:
            answer = look(world, name, root, route, uids)
            assert answer.status_code == 200, (route, answer.text[:200])
            is_public = "public" in answer.headers["Cache-Control"].split(", ")
            assert is_public is (thing in SHOWN)
        assert world.ask(name, "GET", root + uri(uids)).status_code == 200
        receipt = f"/api/v1/collections/{stored.place}/studies/{uids['study']}/receipt"
        assert world.ask(name, "GET", receipt).status_code == 404
        return
    for route in SOME_ROUTES:
        check_refused(look(world, name, root, route, uids), one)
    check_refused(world.ask(name, "GET", root + uri(uids)), one)
    check_refused(
        world.ask(
            name, "GET", f"/api/v1/collections/{stored.place}/studies/{uids['study']}/receipt"
        ),
        one,
    )


@pytest.mark.parametrize("name", ACTORS)
@pytest.mark.parametrize("level", ["studies", "series", "instances"])
def test_searches_find_what_is_for_them(world: World, name: str, level: str) -> None:
    one = ACTORS[name]
    for place, root in ROOTS.items():
        readable = {
            stored.uids["study"]
            for thing, stored in OBJECTS.items()
            if thing in one.reads and stored.place == place
        }
        answer = world.ask(name, "GET", f"{root}/{level}", headers={"Accept": JSON})
        if answer.status_code != 200:
            assert not readable
            check_refused(answer, one)
            continue
        assert {row["0020000D"]["Value"][0] for row in answer.get_json()} == readable


@pytest.mark.parametrize("name", ACTORS)
@pytest.mark.parametrize("case", [THIS_CASE, OTHER_CASE])
def test_the_root_of_a_case_hands_out_its_studies_to_who_may_open_it(
    world: World, name: str, case: str
) -> None:
    one, root = ACTORS[name], f"/cases/{case}/dicom-web"
    may_open = one.case and (case == THIS_CASE or name == "an operator")
    for thing, stored in OBJECTS.items():
        if may_open and case == THIS_CASE and thing in IN_CASE:
            for route in FEW:
                answer = look(world, name, root, route, stored.uids)
                assert answer.status_code == 200, answer.text[:200]
                assert "public" not in answer.headers["Cache-Control"]
            answer = world.ask(name, "GET", f"{root}/studies", headers={"Accept": JSON})
            ours = world.town.archive.settings.public_url + root
            assert {row["00081190"]["Value"][0] for row in answer.get_json()} == {
                f"{ours}/studies/{OBJECTS[one].uids['study']}" for one in IN_CASE
            }
            continue
        for route in FEW:
            answer = look(world, name, root, route, stored.uids)
            check_refused(answer, one, 404 if one.known else 401)
    post = world.ask(name, "POST", f"{root}/studies", data=b"")
    check_refused(post, one, *((403,) if may_open else (404,) if one.known else (401,)))
    erased = world.ask(name, "DELETE", f"{root}/studies/{OBJECTS['of a case'].uids['study']}")
    check_refused(erased, one, *((403,) if may_open else (404,) if one.known else (401,)))


@pytest.mark.parametrize("name", ACTORS)
def test_who_may_send_and_who_may_erase(world: World, name: str) -> None:
    one = ACTORS[name]
    answer = world.ask(name, "POST", "/community/dicom-web/studies", data=b"")
    if one.writes:
        assert answer.status_code in (400, 415), answer.text
    else:
        check_refused(answer, one)
    for stored in OBJECTS.values():
        if name == "an operator":
            continue
        path = f"{ROOTS[stored.place]}/studies/{stored.uids['study']}"
        check_refused(world.ask(name, "DELETE", path), one)


@pytest.mark.parametrize("name", ["nobody", "a stranger", "a guest with a link"])
def test_every_resource_refuses_alike_and_before_it_looks(world: World, name: str) -> None:
    """Private and absent are the same, whatever the request says beside."""
    one = ACTORS[name]
    absent = {"study": "9.9", "series": "9.9.1", "instance": "9.9.1.1"}
    for uids in (OBJECTS["ann's"].uids, absent):
        for route in READ_ROUTES:
            for more in ({}, {"If-None-Match": "*"}, {"Accept": "image/none"}):
                answer = world.ask(
                    name, "GET", "/community/dicom-web" + path_of(route, uids), headers=more
                )
                check_refused(answer, one)
                assert "ETag" not in answer.headers


def test_everything_that_is_public_can_be_had_by_nobody(world: World) -> None:
    for route in READ_ROUTES:
        answer = look(world, "nobody", "/community/dicom-web", route, OBJECTS["public"].uids)
        # One image without a place in space makes no volume.
        expected = 400 if "/rendered3" in route.path.lower() or "mpr" in route.path.lower() else 200
        assert answer.status_code == expected, (route.path, answer.text[:300])


def test_the_uri_service_beside_the_roots_is_of_the_archive_alone(world: World) -> None:
    for name, one in ACTORS.items():
        answer = world.ask(name, "GET", uri(OBJECTS["of the archive"].uids))
        if "of the archive" in one.reads:
            assert answer.status_code == 200
        else:
            check_refused(answer, one)
        check_refused(
            world.ask(name, "GET", uri(OBJECTS["public"].uids)),
            one,
            *((404,) if "of the archive" in one.reads else ()),
        )
    assert URI_PATH == "/wado"
