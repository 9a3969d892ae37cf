"""Storage commitment and deleting: services that a server may have.

References
----------
PS3.18 13 (storage commitment). Deleting is no transaction of the standard.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from conformance.asking import value
from conformance.checks.storing import FAILED, REFERENCED, fresh, is_there, store
from conformance.corpus.making import Made
from conformance.corpus.uids import uid_of
from conformance.known import Known
from conformance.registry import Needs, check, each
from conformance.seeding import text_of
from conformance.verdicts import NotOffered, expect
from conformance.wire.answer import Answer
from conformance.wire.server import Server

JSON: Final = "application/dicom+json"
Row = tuple[str, tuple[str, ...], tuple[Any, ...]]
_ABSENT: Final = (404, 405, 501)


# ---- storage commitment
def _request(*made: Made, sop_class: str | None = None) -> bytes:
    items = [
        {
            "00081150": {"vr": "UI", "Value": [sop_class or str(one.data_set.SOPClassUID)]},
            "00081155": {"vr": "UI", "Value": [one.instance_uid]},
        }
        for one in made
    ]
    return json.dumps([{REFERENCED: {"vr": "SQ", "Value": items}}]).encode()


def _commit(server: Server, known: Known, name: str, body: bytes) -> tuple[str, Answer]:
    transaction = uid_of(known.corpus.seed, "transaction", name)
    path = f"/commitment-requests/{transaction}"
    return path, server.post(path, body, JSON)


def _result(server: Server, path: str, answer: Answer) -> dict[str, Any]:
    """The result of a transaction, also when it takes a while."""
    answer.expect_status(200, 202)
    if answer.status == 202:
        answer = server.get(path).expect_status(200, 202)
    if answer.status == 202:
        raise NotOffered("the server is still at it")
    return answer.data_set()


def _uids(result: dict[str, Any], tag: str) -> list[str]:
    items = result.get(tag, {}).get("Value", [])
    return sorted(uid for one in items if (uid := text_of(one, "00081155")))


@check(
    "commitment",
    "COMMIT-REQUEST",
    "COMMIT-200",
    "COMMIT-RESULT",
    needs=Needs.WRITING,
    after=["reach"],
)
def what_is_there_is_committed(server: Server, known: Known) -> None:
    """An instance that is there is committed"""
    made = known.corpus.instance("ct-1-1")
    path, answer = _commit(server, known, "there", _request(made))
    if answer.status in _ABSENT:
        raise NotOffered(f"{answer.asked} answered {answer.status}")
    known.instance(made.name)
    result = _result(server, path, answer)
    expect(_uids(result, REFERENCED) == [made.instance_uid], f"it committed {result}")


@check("commitment[failed]", "COMMIT-FAILED", needs=Needs.WRITING, after=["commitment"])
def what_is_not_there_fails(server: Server, known: Known) -> None:
    """An instance that is not there fails, beside one that is"""
    there, gone = known.instance("ct-1-1"), fresh(known, "never-stored")
    path, answer = _commit(server, known, "gone", _request(there, gone))
    result = _result(server, path, answer)
    expect(_uids(result, FAILED) == [gone.instance_uid], f"failed are {_uids(result, FAILED)}")
    committed = _uids(result, REFERENCED)
    expect(committed == [there.instance_uid], f"committed are {committed}")
    reason = value(result[FAILED]["Value"][0], "00081197")
    expect(isinstance(reason, int), f"its Failure Reason is {reason!r}")


@check("commitment[class]", "COMMIT-CLASS", needs=Needs.WRITING, after=["commitment"])
def another_class_fails(server: Server, known: Known) -> None:
    """An instance under another SOP Class fails"""
    made = known.instance("ct-1-1")
    body = _request(made, sop_class="1.2.840.10008.5.1.4.1.1.4")
    path, answer = _commit(server, known, "class", body)
    result = _result(server, path, answer)
    expect(_uids(result, FAILED) == [made.instance_uid], f"failed are {_uids(result, FAILED)}")


@check("commitment[check]", "COMMIT-CHECK", needs=Needs.WRITING, after=["commitment"])
def a_result_is_asked_for(server: Server, known: Known) -> None:
    """The result of a transaction is asked for at its resource"""
    made = known.instance("ct-1-1")
    path, _ = _commit(server, known, "asked", _request(made))
    answer = server.get(path)
    result = _result(server, path, answer)
    expect(_uids(result, REFERENCED) == [made.instance_uid], f"it says {result}")


@check("commitment[409]", "COMMIT-409", needs=Needs.WRITING, after=["commitment"])
def a_transaction_twice(server: Server, known: Known) -> None:
    """A transaction UID that is in use is answered 409"""
    body = _request(known.instance("ct-1-1"))
    _commit(server, known, "twice", body)
    _commit(server, known, "twice", body)[1].expect_status(409)


@check("commitment[400]", "COMMIT-400", needs=Needs.WRITING, after=["commitment"])
def a_request_that_is_none(server: Server, known: Known) -> None:
    """A request that is none is answered 400"""
    for n, body in enumerate((b"[{", b"[]", b"[{}]")):
        _commit(server, known, f"bad-{n}", body)[1].expect_status(400)


@check("commitment[404]", "COMMIT-404", needs=Needs.WRITING, after=["commitment"])
def an_unknown_transaction(server: Server, known: Known) -> None:
    """The result of an unknown transaction is answered 404"""
    unknown = uid_of(known.corpus.seed, "transaction", "nobody's")
    server.get(f"/commitment-requests/{unknown}").expect_status(404)


# ---- deleting
_DELETED: Final[Sequence[Row]] = [
    (level, (f"DELETE-{level.upper()}", f"DELETE-{level.upper()}-GONE"), (level,))
    for level in ("study", "series", "instance")
]


@each("delete", _DELETED, needs=Needs.WRITING, after=["stow.one"])
def what_is_deleted_is_gone(server: Server, known: Known, level: str) -> None:
    """A {} that is deleted is gone, and its neighbour stays"""
    gone, stays = fresh(known, f"delete-{level}"), fresh(known, f"delete-{level}-stays")
    store(server, gone, stays).expect_status(200)
    path = {
        "study": f"/studies/{gone.study_uid}",
        "series": f"/studies/{gone.study_uid}/series/{gone.series_uid}",
        "instance": gone.path,
    }[level]
    answer = server.ask("DELETE", path)
    if answer.status in (403, *_ABSENT):
        raise NotOffered(f"{answer.asked} answered {answer.status}")
    answer.expect_status(200, 202, 204)
    expect(not is_there(server, gone), "it is still there")
    expect(is_there(server, stays), "its neighbour of another study is gone")


@check("delete[refused]", "DELETE-REFUSED", needs=Needs.WRITING, after=["stow.one"])
def who_does_not_delete_keeps(server: Server, known: Known) -> None:
    """A server that refuses to delete keeps what is there"""
    made = fresh(known, "delete-refused")
    store(server, made).expect_status(200)
    answer = server.ask("DELETE", f"/studies/{made.study_uid}")
    if not answer.is_success:
        expect(is_there(server, made), f"{answer.asked} answered {answer.status}, and it is gone")


@check("delete[unknown]", "DELETE-UNKNOWN", needs=Needs.WRITING, after=["delete[study]"])
def deleting_what_is_not_there(server: Server, known: Known) -> None:
    """Deleting what is not there is answered 404 or 410"""
    unknown = uid_of(known.corpus.seed, "nothing here")
    server.ask("DELETE", f"/studies/{unknown}").expect_status(404, 410)
