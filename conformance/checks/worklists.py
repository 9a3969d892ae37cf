"""Worklists: work items made, found, claimed, changed, cancelled and watched (UPS-RS).

References
----------
PS3.18 11 (transactions, paths and statuses); PS3.4 Table CC.2.5-3 (what a work item has).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pydicom.datadict import dictionary_VR, tag_for_keyword

from conformance.asking import value
from conformance.corpus.uids import uid_of
from conformance.known import Known
from conformance.registry import Needs, check
from conformance.verdicts import NotOffered, expect
from conformance.wire.answer import Answer
from conformance.wire.server import Server

JSON: Final = "application/dicom+json"
ABSENT: Final = (404, 405, 501)
LABEL: Final = "Conformance work item"
_STATE: Final = "00741000"
_LABEL: Final = "00741204"
_TRANSACTION: Final = "00081195"

_SAID: Final[Mapping[str, str]] = {
    "ProcedureStepState": "SCHEDULED",
    "ScheduledProcedureStepPriority": "MEDIUM",
    "ProcedureStepLabel": LABEL,
    "InputReadinessState": "READY",
    "ScheduledProcedureStepStartDateTime": "20300101120000",
    "WorklistLabel": "CONFORMANCE",
}
_EMPTY: Final = (
    "TransactionUID",
    "ScheduledProcessingParametersSequence",
    "ScheduledStationNameCodeSequence",
    "ScheduledStationClassCodeSequence",
    "ScheduledStationGeographicLocationCodeSequence",
    "ScheduledWorkitemCodeSequence",
    "CommentsOnTheScheduledProcedureStep",
    "InputInformationSequence",
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "OtherPatientIDsSequence",
    "PatientBirthDate",
    "PatientSex",
    "AdmissionID",
    "IssuerOfAdmissionIDSequence",
    "AdmittingDiagnosesDescription",
    "AdmittingDiagnosesCodeSequence",
    "ReferencedRequestSequence",
    "ProcedureStepProgressInformationSequence",
    "UnifiedProcedureStepPerformedProcedureSequence",
)
"""What a work item has to have when it is made, and may be empty (types 2 of the table)."""


def _row(keyword: str, text: str | None = None) -> tuple[str, dict[str, Any]]:
    tag = tag_for_keyword(keyword) or 0
    said = {} if text is None else {"Value": [text]}
    return f"{tag:08X}", {"vr": dictionary_VR(tag), **said}


def _send(server: Server, method: str, path: str, item: Mapping[str, Any] | None) -> Answer:
    body = b"" if item is None else json.dumps([item]).encode()
    kind = [] if item is None else [("Content-Type", JSON)]
    return server.ask(method, path, (), [*kind, ("Accept", JSON)], body)


def _create(server: Server, known: Known, name: str) -> tuple[str, Answer]:
    uid = uid_of(known.corpus.seed, "work item", name)
    item = dict([*(_row(*one) for one in _SAID.items()), *map(_row, _EMPTY)])
    return f"/workitems/{uid}", _send(server, "POST", f"/workitems?{uid}", item)


def _made(server: Server, known: Known, name: str) -> str:
    path, answer = _create(server, known, name)
    answer.expect_status(201)
    return path


def _retrieved(server: Server, path: str) -> dict[str, Any]:
    return server.get(path).expect_status(200).data_set()


def _claim(server: Server, known: Known, path: str, name: str) -> Answer:
    transaction = uid_of(known.corpus.seed, "claim", path, name)
    item = dict([_row("TransactionUID", transaction), _row("ProcedureStepState", "IN PROGRESS")])
    return _send(server, "PUT", f"{path}/state", item)


# ---- searching, making, retrieving
@check("ups", "UPS-SEARCH", "UPS-SEARCH-EMPTY", needs=Needs.SAMPLE, after=["reach"])
def work_items_are_searched_for(server: Server, known: Known) -> None:
    """A search for work items that nobody has is a success"""
    answer = server.get("/workitems", {"PatientID": "conformance-nobody-has-this"})
    if answer.status in (400, 403, *ABSENT):
        raise NotOffered(f"{answer.asked} answered {answer.status}")
    answer.expect_status(200, 204)
    expect(not answer.data_sets(), f"{answer.asked} found something")


@check("ups[create]", "UPS-CREATE", "UPS-CREATE-LOCATION", needs=Needs.WRITING, after=["ups"])
def a_work_item_is_created(server: Server, known: Known) -> None:
    """A work item is created: 201 with Location"""
    _, answer = _create(server, known, "created")
    if answer.status in ABSENT:
        raise NotOffered(f"{answer.asked} answered {answer.status}")
    expect(answer.expect_status(201).header("Location"), "201 came without Location")


@check("ups[409]", "UPS-CREATE-409", needs=Needs.WRITING, after=["ups[create]"])
def a_work_item_twice(server: Server, known: Known) -> None:
    """Creating a work item that is there is answered 409"""
    _create(server, known, "twice")
    _create(server, known, "twice")[1].expect_status(409)


@check("ups[retrieve]", "UPS-RETRIEVE", needs=Needs.WRITING, after=["ups[create]"])
def a_work_item_is_retrieved(server: Server, known: Known) -> None:
    """A work item is retrieved as it was made"""
    item = _retrieved(server, _made(server, known, "retrieved"))
    expect(value(item, _LABEL) == LABEL, f"its label is {value(item, _LABEL)!r}")
    expect(value(item, _STATE) == "SCHEDULED", f"its state is {value(item, _STATE)!r}")


@check("ups[404]", "UPS-RETRIEVE-404", needs=Needs.SAMPLE, after=["ups"])
def an_unknown_work_item(server: Server, known: Known) -> None:
    """A work item that is not there is answered 404"""
    uid = uid_of(known.corpus.seed, "work item", "nobody's")
    server.get(f"/workitems/{uid}").expect_status(404)


# ---- states
@check("ups[claim]", "UPS-CLAIM", needs=Needs.WRITING, after=["ups[retrieve]"])
def a_work_item_is_claimed(server: Server, known: Known) -> None:
    """A work item that is claimed is IN PROGRESS"""
    path = _made(server, known, "claimed")
    _claim(server, known, path, "first").expect_status(200)
    state = value(_retrieved(server, path), _STATE)
    expect(state == "IN PROGRESS", f"its state is {state!r}")


@check("ups[transaction]", "UPS-RETRIEVE-TRANSACTION", needs=Needs.WRITING, after=["ups[claim]"])
def the_key_is_kept_to_the_claimer(server: Server, known: Known) -> None:
    """A work item that is claimed is shown without its Transaction UID"""
    path = _made(server, known, "key")
    _claim(server, known, path, "first").expect_status(200)
    shown = value(_retrieved(server, path), _TRANSACTION)
    expect(not shown, "it shows the Transaction UID, by which anybody can change it")


@check("ups[claim-again]", "UPS-CLAIM-AGAIN", needs=Needs.WRITING, after=["ups[claim]"])
def a_work_item_is_claimed_once(server: Server, known: Known) -> None:
    """Claiming a work item that another has claimed is answered 409"""
    path = _made(server, known, "claimed-again")
    _claim(server, known, path, "first").expect_status(200)
    _claim(server, known, path, "second").expect_status(409)


@check("ups[update]", "UPS-UPDATE", needs=Needs.WRITING, after=["ups[retrieve]"])
def a_work_item_is_updated(server: Server, known: Known) -> None:
    """A work item that nobody has claimed is updated"""
    path = _made(server, known, "updated")
    changed = dict([_row("ProcedureStepLabel", "Another label")])
    _send(server, "POST", path, changed).expect_status(200)
    label = value(_retrieved(server, path), _LABEL)
    expect(label == "Another label", f"its label is {label!r}")


@check("ups[cancel]", "UPS-CANCEL", needs=Needs.WRITING, after=["ups[retrieve]"])
def a_work_item_is_cancelled(server: Server, known: Known) -> None:
    """A request to cancel a work item that nobody has claimed is taken"""
    answer = _send(server, "POST", f"{_made(server, known, 'cancelled')}/cancelrequest", None)
    if answer.status == 409:
        raise NotOffered(f"{answer.asked} answered 409: it chooses not to cancel")
    answer.expect_status(202)


@check("ups[subscribe]", "UPS-SUBSCRIBE", needs=Needs.WRITING, after=["ups[retrieve]"])
def a_work_item_is_watched(server: Server, known: Known) -> None:
    """A subscriber of a work item is added and taken away"""
    path = f"{_made(server, known, 'watched')}/subscribers/CONFORMANCE"
    answer = _send(server, "POST", path, None)
    if answer.status in ABSENT:
        raise NotOffered(f"{answer.asked} answered {answer.status}")
    answer.expect_status(200, 201)
    server.ask("DELETE", path).expect_status(200, 204)
