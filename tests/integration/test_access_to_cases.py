"""Who reads a case, and who changes it, at every door: the matrix is generated.

An actor is somebody with a session, a token, a link or nothing; a case is in one of its states; a
door is an address of it. What is expected follows from these by the few lines of `may_read`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from archive.tokens import create_token
from community.accounts import people
from community.accounts.limiting import Limiter
from community.accounts.people import find_person
from community.cases import publishing
from community.cases.doors import owns_case
from community.cases.model import DRAFT, PUBLIC, TOMBSTONE, UNLISTED, Case
from community.sharing.guests import COOKIE as LINKS_COOKIE
from community.sharing.links import CASE, Wish, make_link
from community.sharing.passes import open_pass
from tests.cases import full_case, give, image, keep
from tests.people import Town, town

STATES = (DRAFT, UNLISTED, PUBLIC, TOMBSTONE)
SHOWN = (UNLISTED, PUBLIC)
SECRET = "Quokkatoma"

ANYBODY = ("nobody", "stranger", "reviewer", "boss", "restricted", "suspended")
ROLES = {"reviewer": "moderator", "boss": "operator"}
# Tokens: whose they are, and what they may do in the community.
TOKENS = {
    "reading token": ("author", ("read",)),
    "writing token": ("author", ("write",)),
    "whole token": ("author", ("read", "write")),
    "token of a stranger": ("stranger", ("read", "write")),
    "machine": (None, ("read",)),
}
ACTORS = ("author", "link to the draft", *ANYBODY, *TOKENS)

# What a reader of a case asks for.
READ = {
    "page": "/cases/{slug}",
    "comments": "/cases/{slug}/comments",
    "citation": "/cases/{slug}/cite?style=bibtex",
    "export": "/cases/{slug}/export",
    "api": "/api/v1/cases/{id}",
    "api questions": "/api/v1/cases/{id}/questions",
    "api citation": "/api/v1/cases/{slug}/cite",
    "studies": "/cases/{id}/dicom-web/studies",
    "metadata": "/cases/{id}/dicom-web/studies/{study}/metadata",
    "thumbnail": "/cases/{id}/dicom-web/studies/{study}/thumbnail",
}
# What other sites ask for: the same for all, whoever asks.
SPREAD = {
    "frame": "/embed/{slug}",
    "oEmbed": "/oembed?url=http%3A%2F%2F127.0.0.1%3A8000%2Fcases%2F{slug}",
}
# What only its owner gets.
OWN = {
    "edit": "/cases/{slug}/edit",
    "publish": "/cases/{slug}/publish",
    "studies of it": "/cases/{slug}/studies",
    "tags": "/cases/{slug}/tags",
    "questions": "/cases/{slug}/questions",
    "api check": "/api/v1/cases/{id}/check",
}
LISTS = (
    "/",
    "/search?q=Quokkatoma",
    "/feeds/cases.atom",
    "/feeds/cases.rss",
    "/feeds/cases.json",
    "/sitemap.xml",
    "/sitemaps/1.xml",
    "/tags",
    "/u/author",
    "/api/v1/cases",
)


@dataclass
class World:
    """A server with a case in each state, and everybody who could ask for them."""

    here: Town
    cases: dict[str, Case] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    link: str = ""

    def ask(self, actor: str, path: str) -> TestResponse:
        token = self.tokens.get(actor)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.browser(actor).get(path, headers=headers)

    def browser(self, actor: str) -> FlaskClient:
        browser = self.here.browser(actor if actor in self.here.ids else None)
        if actor == "link to the draft":
            browser.set_cookie(LINKS_COOKIE, self.link)
        return browser

    def path(self, template: str, state: str) -> str:
        case = self.cases[state]
        return template.format(slug=case.slug, id=case.id, study=study_of(state))


def study_of(state: str) -> str:
    return f"1.2.826.0.1.79.{STATES.index(state) + 1}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with town(tmp_path_factory.mktemp("town")) as here:
        made = World(here)
        for name in ("author", *ANYBODY[1:]):
            here.person(name, ROLES.get(name, "member"))
        owner = find_person(here.archive, here.ids["author"])
        assert owner is not None
        keep(here.archive, *(image(study_of(state)) for state in STATES))
        for state in STATES:
            give(here.archive, study_of(state), owner)
            shown = None if state == DRAFT else UNLISTED if state == UNLISTED else PUBLIC
            title = f"{SECRET} {state}"
            case = full_case(here.archive, owner, study_of(state), state=shown, title=title)
            if state == TOMBSTONE:
                publishing.tombstone(here.archive, owner, case.id, case.version)
            made.cases[state] = case
        _hand_out(made)
        people.change_state(here.archive, here.ids["restricted"], people.RESTRICTED)
        people.change_state(here.archive, here.ids["suspended"], people.SUSPENDED)
        yield made


def _hand_out(made: World) -> None:
    archive = made.here.archive
    for actor, (handle, scopes) in TOKENS.items():
        grants = [("community", scope) for scope in scopes]
        person = made.here.ids[handle] if handle else None
        _, made.tokens[actor] = create_token(archive, actor, grants, person=person)
    asking = made.here.principal("author")
    wish = Wish(CASE, made.cases[DRAFT].id)
    _, secret = make_link(archive, asking, wish, owns_case(archive))
    _, made.link = open_pass(archive, secret, None)


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them come from one address; how often that may ask is tested elsewhere."""
    monkeypatch.setattr(Limiter, "take", lambda *_: None)


def may_read(actor: str, state: str) -> bool:
    """Whether somebody reads a case of this state; a token reads as its person."""
    if state == DRAFT:
        return actor in ("author", "link to the draft", "reading token", "whole token")
    return state in SHOWN


def is_understood(actor: str, door: str) -> bool:
    """Whether a door takes what the actor brings: pages know sessions and links, not tokens."""
    return actor not in TOKENS or door.startswith("api") or door in ("studies", "metadata")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("door", READ)
def test_a_case_is_read_by_those_who_may_and_by_nobody_else(
    world: World, door: str, state: str
) -> None:
    path, wrong = world.path(READ[door], state), {}
    for actor in ACTORS:
        if not is_understood(actor, door):
            continue
        answer = world.ask(actor, path)
        if actor == "boss" and "dicom-web" in path:
            # An operator may look after all studies, in whatever case they are.
            assert answer.status_code in (200, 404)
            continue
        if (answer.status_code == 200) != may_read(actor, state):
            wrong[actor] = answer.status_code
        # What is not theirs looks like what never was; what was shown and is no more, is gone.
        gone = 410 if state == TOMBSTONE else 404
        refused = (404, gone, 401, 403) if "dicom-web" in path else (404, gone)
        if not may_read(actor, state) and answer.status_code not in refused:
            wrong[actor] = answer.status_code
        if not may_read(actor, state) and SECRET.encode() in answer.data:
            wrong[actor] = 0
    assert wrong == {}, path


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("door", SPREAD)
def test_other_sites_show_what_everybody_may_read(world: World, door: str, state: str) -> None:
    for actor in ("author", "nobody", "boss"):
        answer = world.ask(actor, world.path(SPREAD[door], state))
        assert (answer.status_code == 200) == (state in SHOWN), (actor, answer.status)
        assert (SECRET.encode() in answer.data) == (state in SHOWN)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("door", OWN)
def test_only_its_owner_prepares_a_case(world: World, door: str, state: str) -> None:
    path, wrong = world.path(OWN[door], state), {}
    for actor in ACTORS:
        if not is_understood(actor, door):
            continue
        answer = world.ask(actor, path)
        is_theirs = state != TOMBSTONE and actor in ("author", "whole token")
        if (answer.status_code == 200) != is_theirs:
            wrong[actor] = answer.status_code
        if not may_read(actor, state) and SECRET.encode() in answer.data:
            wrong[actor] = 0
    assert wrong == {}, path


@pytest.mark.parametrize("path", LISTS)
def test_lists_name_public_cases_only(world: World, path: str) -> None:
    for actor in ("nobody", "stranger", "reviewer", "boss", "link to the draft"):
        found = world.ask(actor, path).data.decode("utf-8", "replace")
        for state in (DRAFT, UNLISTED, TOMBSTONE):
            assert f"{SECRET} {state}" not in found, actor
            assert world.cases[state].slug not in found, actor
            assert world.cases[state].id not in found, actor


def test_the_lists_do_name_them(world: World) -> None:
    slug, title = world.cases[PUBLIC].slug, f"{SECRET} {PUBLIC}"
    for path in ("/", "/feeds/cases.atom", "/api/v1/cases"):
        found = world.ask("nobody", path).text
        assert slug in found
        assert title in found


def test_a_link_that_is_revoked_opens_its_draft_no_more(world: World) -> None:
    path = world.path(READ["page"], DRAFT)
    wish = replace(Wish(CASE, world.cases[DRAFT].id))
    asking = world.here.principal("author")
    link, secret = make_link(world.here.archive, asking, wish, owns_case(world.here.archive))
    _, passed = open_pass(world.here.archive, secret, None)
    browser = world.here.browser()
    browser.set_cookie(LINKS_COOKIE, passed)
    assert browser.get(path).status_code == 200
    owner = world.here.browser("author")
    assert owner.delete(f"/api/v1/me/links/{link.id}").status_code == 204
    assert browser.get(path).status_code == 404
