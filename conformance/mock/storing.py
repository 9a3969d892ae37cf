"""The mock's storing (PS3.18 10.5), commitment (13) and deleting."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, Final
from xml.etree import ElementTree

from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGBaseline8Bit

from conformance.corpus.making import file_of
from conformance.mock.choosing import Offer, choose
from conformance.mock.memory import Instance, Memory, NotAnInstance, read_instance
from conformance.mock.messages import JSON, Refused, Reply, Request, json_reply
from conformance.mock.models import to_json, to_xml
from conformance.wire.media import MediaTypeError, read_media_type
from conformance.wire.multipart import MultipartError, Part, read_multipart

XML: Final = "application/dicom+xml"
_KINDS: Final = frozenset({"application/dicom", JSON, XML})
OTHER_STUDY: Final = 0xA900
CANNOT_UNDERSTAND: Final = 0xC000
small_bytes: Final = 1024 * 1024
NO_SUCH_INSTANCE: Final = 0x0112
CLASS_CONFLICT: Final = 0x0119

Flaws = frozenset[str]


class _Outcome:
    """What became of the instances of one request."""

    def __init__(self) -> None:
        self.stored: list[Instance] = []
        self.failed: list[tuple[Dataset, int]] = []
        self.others: list[int] = []

    @property
    def status(self) -> int:
        """The status of the answer (PS3.18 10.5.3.1)."""
        if not self.failed and not self.others:
            return 200
        return 202 if self.stored else 409


def store(memory: Memory, request: Request, study: str | None, flaws: Flaws) -> Reply:
    """Store the instances of a message."""
    kind, parts = _message(request, flaws)
    outcome = _Outcome()
    if kind == "application/dicom":
        for part in parts:
            _take(memory, part.body, study, outcome, flaws)
    else:
        _take_described(memory, kind, parts, study, outcome, flaws)
    if "all-or-none" in flaws and outcome.status == 202:
        memory.drop(outcome.stored)
        outcome.failed += [(one.data_set, CANNOT_UNDERSTAND) for one in outcome.stored]
        outcome.stored = []
    return _answer(outcome, request, study, flaws)


def _message(request: Request, flaws: Flaws) -> tuple[str, list[Part]]:
    try:
        media_type = read_media_type(request.header("content-type") or "")
    except MediaTypeError as error:
        raise Refused(415, "the Content-Type cannot be read") from error
    kind = (media_type.parameter("type") or "").lower()
    if media_type.name != "multipart/related" or kind not in _KINDS:
        raise Refused(400 if "415" in flaws else 415, "multipart/related of application/dicom")
    if kind != "application/dicom" and "described" in flaws:
        raise Refused(415, "application/dicom alone")
    boundary = media_type.parameter("boundary")
    if boundary is not None and "boundary" in flaws and not boundary.isalnum():
        boundary = re.sub(r"[^0-9A-Za-z-]", "", boundary)
    body = request.body
    if "preamble" in flaws and not body.startswith(b"--"):
        raise Refused(400, "it begins with something else")
    try:
        return kind, read_multipart(body, boundary)
    except MultipartError as error:
        raise Refused(400, f"the message {error}") from error


def _take(memory: Memory, data: bytes, study: str | None, outcome: _Outcome, flaws: Flaws) -> None:
    try:
        one = read_instance(data)
    except NotAnInstance:
        if "500-on-junk" in flaws:
            raise
        outcome.others.append(CANNOT_UNDERSTAND)
        return
    is_other = one.transfer_syntax != ExplicitVRLittleEndian and "only-explicit" in flaws
    if is_other or ("small-only" in flaws and len(data) > small_bytes):
        outcome.failed.append((one.data_set, CANNOT_UNDERSTAND))
        return
    if study not in (None, one.study) and "any-study" not in flaws:
        outcome.failed.append((one.data_set, OTHER_STUDY))
        return
    if "forgets" not in flaws:
        memory.put(one)
    outcome.stored.append(one)


def _take_described(
    memory: Memory, kind: str, parts: list[Part], study: str | None, outcome: _Outcome, flaws: Flaws
) -> None:
    """Instances whose metadata and bulk data come apart (PS3.18 10.5.1.4)."""
    bulk = {str(part.header("Content-Location")): part for part in parts[1:]}
    if not parts:
        raise Refused(400, "there is no metadata")
    for ds in _described(kind, parts[0].body, bulk, flaws):
        if ds is None:
            outcome.others.append(CANNOT_UNDERSTAND)
            continue
        syntax = _encapsulated(ds, bulk, flaws)
        _take(memory, file_of(ds, syntax), study, outcome, flaws)


def _encapsulated(ds: Dataset, bulk: dict[str, Part], flaws: Flaws) -> UID:
    """Put a picture that came as one into the data set; the transfer syntax that it is in then."""
    pictures = [p.body for p in bulk.values() if p.header("Content-Type") == "image/jpeg"]
    if not pictures or ds.get("PixelData") not in pictures:
        return ExplicitVRLittleEndian
    if "jpeg-lost" in flaws:
        ds.PixelData = bytes(ds.Rows * ds.Columns)
        return ExplicitVRLittleEndian
    ds.PixelData = encapsulate(pictures)
    ds["PixelData"].is_undefined_length = True
    return JPEGBaseline8Bit


def _described(kind: str, body: bytes, bulk: dict[str, Part], flaws: Flaws) -> list[Dataset | None]:
    if kind == XML:
        rows = [_rows_of_xml(body)]
    else:
        try:
            rows = json.loads(body)
        except ValueError as error:
            raise Refused(400, "the metadata are no JSON") from error
    if not isinstance(rows, list):
        raise Refused(400, "the metadata are no array")
    return [_data_set(row, bulk, flaws) for row in rows]


def _data_set(row: dict[str, Any], bulk: dict[str, Part], flaws: Flaws) -> Dataset | None:
    ds = Dataset()
    try:
        for tag, element in row.items():
            ds.add_new(int(tag, 16), element["vr"], _value(element, bulk, flaws))
    except (KeyError, ValueError, TypeError, binascii.Error):
        return None
    return ds


def _value(element: dict[str, Any], bulk: dict[str, Part], flaws: Flaws) -> Any:
    if "BulkDataURI" in element:
        return bulk[element["BulkDataURI"]].body
    if "InlineBinary" in element:
        data = base64.b64decode(element["InlineBinary"])
        return bytes(len(data)) if "inline-lost" in flaws else data
    values = element.get("Value", [])
    if element["vr"] == "PN":
        values = [one.get("Alphabetic", "") for one in values]
    return values[0] if len(values) == 1 else values


def _rows_of_xml(body: bytes) -> dict[str, Any]:
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - on loopback, from the runner
    except ElementTree.ParseError as error:
        raise Refused(400, "the metadata are no XML") from error
    rows: dict[str, Any] = {}
    for attribute in root:
        row: dict[str, Any] = {"vr": attribute.get("vr")}
        values = []
        for child in attribute:
            name = child.tag.rpartition("}")[2]
            if name == "BulkData":
                row["BulkDataURI"] = child.get("uri")
            elif name == "PersonName":
                parts = [text for one in child.iter() if (text := (one.text or "").strip())]
                values.append({"Alphabetic": "^".join(parts)})
            elif name == "Value":
                values.append(_typed(str(row["vr"]), child.text or ""))
        if values:
            row["Value"] = values
        rows[str(attribute.get("tag"))] = row
    return rows


def _typed(vr: str, text: str) -> Any:
    return int(text) if vr in ("US", "UL", "SS", "SL", "IS") else text


def _answer(outcome: _Outcome, request: Request, study: str | None, flaws: Flaws) -> Reply:
    ds = Dataset()
    if outcome.stored and "no-retrieve-url" not in flaws:
        ds.RetrieveURL = f"{request.root}/studies/{outcome.stored[0].study}"
    if outcome.stored and "no-referenced" not in flaws:
        ds.ReferencedSOPSequence = [_referenced(one, request.root, flaws) for one in outcome.stored]
    if outcome.failed and "no-failed" not in flaws:
        ds.FailedSOPSequence = [_failed(one, reason, flaws) for one, reason in outcome.failed]
    if outcome.others:
        others = []
        for reason in outcome.others:
            item = Dataset()
            item.FailureReason = reason
            others.append(item)
        ds.add_new(0x0008119A, "SQ", others)
    status = 200 if "always-200" in flaws else outcome.status
    offer = choose(request.accept, (Offer(JSON), Offer("application/json"), Offer(XML))) or Offer(
        JSON
    )
    if offer.name == XML:
        return Reply(status, XML, to_xml(ds, str))
    return json_reply(to_json(ds, str), status, offer.name)


def _item(ds: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = ds.SOPClassUID
    item.ReferencedSOPInstanceUID = ds.SOPInstanceUID
    return item


def _referenced(one: Instance, root: str, flaws: Flaws) -> Dataset:
    item = _item(one.data_set)
    if "wrong-class" in flaws:
        item.ReferencedSOPClassUID = "1.2.3"
    if "no-instance-url" not in flaws:
        item.RetrieveURL = f"{root}/studies/{one.study}/series/{one.series}/instances/{one.uid}"
    return item


def _failed(ds: Dataset, reason: int, flaws: Flaws) -> Dataset:
    item = _item(ds)
    if "no-reason" not in flaws:
        item.FailureReason = reason
    return item


def commit(memory: Memory, request: Request, transaction: str, flaws: Flaws) -> Reply:
    """Say which instances are kept for good (PS3.18 13.4)."""
    if transaction in memory.commitments and "commit-again" not in flaws:
        raise Refused(409, "the transaction is there already")
    try:
        rows = json.loads(request.body)
        items = rows[0]["00081199"]["Value"]
        asked = [(i["00081150"]["Value"][0], i["00081155"]["Value"][0]) for i in items]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise Refused(400, "it is no commitment request") from error
    result = _result(memory, asked, transaction, flaws)
    memory.commitments[transaction] = result
    return json_reply([result])


def _result(
    memory: Memory, asked: list[tuple[str, str]], transaction: str, flaws: Flaws
) -> dict[str, Any]:
    ds = Dataset()
    ds.TransactionUID = transaction
    kept, failed = [], []
    for sop_class, uid in asked:
        found = memory.below(uid=uid)
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
        is_same = bool(found) and str(found[0].data_set.SOPClassUID) == sop_class
        if is_same or "commits-all" in flaws:
            kept.append(item)
            continue
        item.FailureReason = CLASS_CONFLICT if found else NO_SUCH_INSTANCE
        failed.append(item)
    if kept:
        ds.ReferencedSOPSequence = kept
    if failed:
        ds.FailedSOPSequence = failed
    return to_json(ds, str)


def committed(memory: Memory, transaction: str) -> Reply:
    """The result of a transaction (PS3.18 13.5)."""
    result = memory.commitments.get(transaction)
    if result is None:
        raise Refused(404, "there is no such transaction")
    return json_reply([result])


def delete(memory: Memory, found: list[Instance], flaws: Flaws) -> Reply:
    """Delete a resource."""
    if not found:
        raise Refused(404, "there is nothing to delete")
    if "keeps-deleted" in flaws:
        return Reply(204)
    gone = found
    if "deletes-more" in flaws:
        gone = [one for one in memory if str(one.data_set.PatientName) == "Store^Stella"]
    memory.drop(gone)
    return Reply(204)
