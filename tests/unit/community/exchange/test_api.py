"""Citations, exports and imports for programs."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from archive.access import Scope
from archive.collections import COMMUNITY
from community import statements
from community.accounts import csrf
from community.accounts.people import Person, find_person
from community.accounts.principals import principal_of
from community.accounts.signed_in import COOKIE
from community.cases.model import Case
from community.sharing.tokens import make_token
from tests.cases import full_case, give, image, keep
from tests.people import Town, town

STUDY = "1.2.71"
MIRC = b"<MIRCdocument><title>From elsewhere</title></MIRCdocument>"
VERSION = statements.current(statements.UPLOAD).version


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        found.person("ann")
        keep(found.archive, image(STUDY))
        give(found.archive, STUDY, ann_of(found))
        yield found


def ann_of(here: Town) -> Person:
    found = find_person(here.archive, here.ids["ann"])
    assert found is not None
    return found


@pytest.fixture(scope="module")
def draft(here: Town) -> Case:
    return full_case(here.archive, ann_of(here), STUDY, state=None)


def token(here: Town, *scopes: Scope) -> dict[str, str]:
    grants = [(COMMUNITY, scope.value) for scope in scopes]
    _, secret = make_token(here.archive, principal_of(ann_of(here)), "test", grants, 1)
    return {"Authorization": f"Bearer {secret}"}


def signed(client: FlaskClient) -> dict[str, str]:
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    return {"X-CSRF-Token": csrf.token_of(cookie.value)}


@pytest.mark.parametrize("name", ["id", "slug"])
def test_an_owner_gets_the_citation_and_the_files_of_a_draft(
    here: Town, draft: Case, name: str
) -> None:
    ann, path = here.browser("ann"), f"/api/v1/cases/{getattr(draft, name)}"
    assert ann.get(f"{path}/cite?style=ris").text.startswith("TY  - ELEC")
    assert ann.get(f"{path}/export").data.startswith(b"PK")
    assert ann.get(f"{path}/export?format=json").get_json()["title"] == draft.title


def test_nobody_else_learns_of_a_draft(here: Town, draft: Case) -> None:
    for path in ("cite", "export"):
        answer = here.browser().get(f"/api/v1/cases/{draft.id}/{path}")
        assert answer.status_code == 404
        assert answer.mimetype == "application/problem+json"


def test_what_is_not_known_is_refused_with_what_is(here: Town, draft: Case) -> None:
    answer = here.browser("ann").get(f"/api/v1/cases/{draft.id}/cite?style=apa")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


def test_what_an_unknown_case_hides_is_not_exported(here: Town) -> None:
    hidden = full_case(here.archive, ann_of(here), STUDY, is_unknown=True)
    answer = here.browser().get(f"/api/v1/cases/{hidden.id}/export?format=mirc")
    assert answer.status_code == 403
    assert "panda" not in answer.text
    assert "panda" not in here.browser().get(f"/api/v1/cases/{hidden.id}/cite").text


def test_a_document_becomes_a_draft(here: Town) -> None:
    ann = here.browser("ann")
    answer = ann.post(f"/api/v1/cases/import?statement={VERSION}", data=MIRC, headers=signed(ann))
    assert answer.status_code == 201
    found = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/cases/{found['id']}"
    assert found["studies"] == 0


def test_an_export_comes_back_by_a_token_that_may_write(here: Town, draft: Case) -> None:
    data = here.browser("ann").get(f"/api/v1/cases/{draft.id}/export").data
    address = f"/api/v1/cases/import?statement={VERSION}"
    reads = here.browser().post(address, data=data, headers=token(here, Scope.READ))
    assert reads.status_code == 403
    both = token(here, Scope.READ, Scope.WRITE)
    answer = here.browser().post(address, data=io.BytesIO(data).read(), headers=both)
    assert answer.status_code == 201
    assert answer.get_json()["studies"] == 1


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("", MIRC, 400),
        ("?statement=1999-01", MIRC, 422),
        (f"?statement={VERSION}", b"<html/>", 422),
        (f"?statement={VERSION}", b"", 422),
    ],
)
def test_what_cannot_be_taken_is_said(here: Town, query: str, body: bytes, status: int) -> None:
    ann = here.browser("ann")
    answer = ann.post(f"/api/v1/cases/import{query}", data=body, headers=signed(ann))
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_an_import_needs_somebody_and_the_token_of_their_session(here: Town) -> None:
    address = f"/api/v1/cases/import?statement={VERSION}"
    assert here.browser().post(address, data=MIRC).status_code == 401
    assert here.browser("ann").post(address, data=MIRC).status_code == 403
