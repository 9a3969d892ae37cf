"""Storage commitment over the web: who stored asks, and is answered for what is held."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from archive import commitment as requests
from archive.commitment import finish_commitments
from archive.tokens import create_token
from dicomweb import commitment
from imaging.native_xml import to_xml
from tests.builders import ct_image
from tests.unit.dicomweb.test_commitment_modules import CT, MR, flat, nested

TRANSACTION = "1.9.1"
PATH = f"/commitment-requests/{TRANSACTION}"
JSON = "application/dicom+json"
XML = "application/dicom+xml"
PARTS = f'multipart/related; type="{XML}"; boundary=b'


@pytest.fixture
def holding(web: Any) -> Any:
    web.stored(ct_image(StudyInstanceUID="1.2", SeriesInstanceUID="1.3", SOPInstanceUID="1.4"))
    return web


def ask(web: Any, body: Any, path: str = PATH, kind: str = JSON, **headers: str) -> TestResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer: TestResponse = web.client.post(
        web.root + path, data=data, headers={"Content-Type": kind, "Accept": JSON, **sent}
    )
    return answer


def test_what_is_held_is_committed_and_the_rest_has_its_reason(holding: Any) -> None:
    answer = ask(holding, flat((CT, "1.4"), (CT, "1.5")))
    assert (answer.status_code, answer.content_type) == (200, JSON)
    assert answer.get_json(force=True) == {
        **{"00081199": flat((CT, "1.4"))["00081199"]},
        "00081198": {
            "vr": "SQ",
            "Value": [
                {
                    "00081150": {"vr": "UI", "Value": [CT]},
                    "00081155": {"vr": "UI", "Value": ["1.5"]},
                    "00081197": {"vr": "US", "Value": [0x0112]},
                }
            ],
        },
    }
    assert answer.headers["Content-Location"].endswith(f"/dicom-web{PATH}")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_class_must_be_the_stored_one(holding: Any) -> None:
    [failed] = ask(holding, flat((MR, "1.4"))).get_json(force=True)["00081198"]["Value"]
    assert failed["00081197"]["Value"] == [0x0119]


def test_a_tree_is_answered_with_a_tree(holding: Any) -> None:
    answer = ask(holding, nested("1.2", "1.3", CT, "1.4"))
    assert answer.get_json(force=True) == nested("1.2", "1.3", CT, "1.4")


@pytest.mark.parametrize("multipart", [False, True])
def test_a_request_may_be_xml_and_so_may_the_answer(holding: Any, multipart: bool) -> None:
    body, kind = to_xml(flat((CT, "1.4"))), XML
    if multipart:
        body = b"--b\r\nContent-Type: application/dicom+xml\r\n\r\n" + body + b"\r\n--b--\r\n"
        kind = f'multipart/related; type="{XML}"; boundary=b'
    answer = ask(holding, body, kind=kind, Accept=XML)
    assert (answer.status_code, answer.content_type) == (200, XML)
    assert b"ReferencedSOPSequence" in answer.data
    both = holding.get(PATH, accept=f'multipart/related; type="{XML}"')
    assert both.content_type.startswith("multipart/related")
    assert answer.data in both.data


def test_a_result_is_there_again(holding: Any) -> None:
    first = ask(holding, flat((CT, "1.4")))
    again = holding.get(PATH, accept=JSON)
    assert (again.status_code, again.data) == (200, first.data)


def test_a_transaction_uid_is_used_once(holding: Any) -> None:
    assert ask(holding, flat((CT, "1.4"))).status_code == 200
    assert ask(holding, flat((CT, "1.4"))).status_code == 409


def test_a_long_list_is_accepted_and_its_result_comes_later(
    holding: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "max_answered_at_once", 1)
    for answer in (ask(holding, flat((CT, "1.4"), (CT, "1.5"))), holding.get(PATH)):
        assert (answer.status_code, answer.data) == (202, b"")
        assert int(answer.headers["Retry-After"]) > 0
    finish_commitments(holding.archive)
    assert set(holding.get(PATH, accept=JSON).get_json(force=True)) == {"00081198", "00081199"}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", JSON, 400),
        (b"{", JSON, 400),
        (b"[" * 5000, JSON, 400),
        (b"[]", JSON, 400),
        (b"{}", JSON, 400),
        (b'{"00081199": 5}', JSON, 400),
        (b"\xff\xfe", JSON, 400),
        (b"<a/>", XML, 400),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", XML, 400),
        (b"x", f'multipart/related; type="{XML}"', 400),
        (b"x", PARTS, 400),
        (b"--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--", PARTS, 400),
        (b"x", "application/dicom", 415),
        (b"x", 'multipart/related; type="application/dicom"; boundary=b', 415),
        (b"x", "", 415),
        (b"[" * 200_000, JSON, 413),
        (b" " * (commitment.max_body_bytes + 1), JSON, 413),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(web: Any, body: bytes, kind: str, status: int) -> None:
    answer = ask(web, body, kind=kind)
    assert answer.status_code == status, answer.text
    assert web.get(PATH).status_code == 404


def test_a_coded_body_is_not_taken(web: Any) -> None:
    assert ask(web, flat((CT, "1.4")), Content_Encoding="gzip").status_code == 415


def test_more_instances_than_the_limit_are_too_many(open_web: Any) -> None:
    web = open_web(max_references="2")
    answer = ask(web, flat(*((CT, f"1.{n}") for n in range(1, 4))))
    assert answer.status_code == 413
    assert "2 instances" in answer.text


def test_more_requests_than_are_remembered_are_asked_to_wait(open_web: Any) -> None:
    web = open_web(max_commitments="1")
    assert ask(web, flat((CT, "1.4"))).status_code == 200
    answer = ask(web, flat((CT, "1.4")), path="/commitment-requests/1.9.2")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    "uid", ["x", "1..2", "1." * 40, "1.2%0A", "1.2;--", "%2e%2e", "1.2 ", "1.2%00"]
)
def test_a_transaction_uid_that_is_none_is_refused(web: Any, uid: str) -> None:
    path = f"/commitment-requests/{uid}"
    assert ask(web, flat((CT, "1.4")), path=path).status_code in (400, 404)
    assert web.get(path).status_code in (400, 404)


def test_what_was_never_asked_has_no_result(web: Any) -> None:
    assert web.get(PATH).status_code == 404


def test_nothing_acceptable_is_406_before_anything_is_remembered(web: Any) -> None:
    assert ask(web, flat((CT, "1.4")), Accept="image/jpeg").status_code == 406
    assert web.get(PATH).status_code == 404


def test_only_who_asked_is_told(open_web: Any) -> None:
    web = open_web(access="accounts")
    secrets = [
        {"Authorization": f"Bearer {create_token(web.archive, name, [('archive', scope)])[1]}"}
        for name, scope in (("scanner", "write"), ("another", "write"), ("reader", "read"))
    ]
    assert ask(web, flat((CT, "1.4")), **secrets[0]).status_code == 200
    statuses = [web.get(PATH, **one).status_code for one in secrets]
    assert statuses == [200, 404, 403]


def test_a_page_of_another_site_may_not_ask(web: Any) -> None:
    assert ask(web, flat((CT, "1.4")), Origin="https://evil.example").status_code == 403
