"""The mock's URI service (PS3.18 9): an instance as a file or as a picture, by query alone."""

from __future__ import annotations

import re

from pydicom.dataset import Dataset
from pydicom.uid import UID

from conformance.corpus.making import file_of
from conformance.corpus.uids import uid_of
from conformance.mock.choosing import Offer, choose
from conformance.mock.memory import Instance
from conformance.mock.messages import Refused, Reply, Request
from conformance.mock.painting import FORMATS, picture, read_rendering
from conformance.mock.retrieving import DICOM, EXPLICIT, Flaws, document, file_in


def by_uri(found: list[Instance], request: Request, flaws: Flaws) -> Reply:
    """The URI service (PS3.18 9)."""
    arguments = dict(request.arguments())
    if not found:
        raise Refused(404, "there is no such instance")
    one = found[0]
    kind = _type(one, arguments, request, flaws)
    if kind == DICOM:
        return _file(one, arguments, flaws)
    if kind == "text/html":
        return document(one, request, flaws)
    frame = _frame(one, arguments, flaws)
    rendering = read_rendering(_as_rendered(one, arguments), flaws)
    return Reply(200, kind, picture(one, frame, rendering, kind, flaws))


def _type(one: Instance, arguments: dict[str, str], request: Request, flaws: Flaws) -> str:
    kinds = [DICOM, *FORMATS] if one.native else [DICOM, "text/html"]
    wanted = arguments.get("contentType")
    if wanted is not None:
        for name in wanted.split(","):
            if name.strip() in kinds or "uri-any-type" in flaws:
                return name.strip() if name.strip() in kinds else kinds[1]
    offers = [Offer(name) for name in (*kinds[1:], DICOM)]
    offer = choose(request.header("accept"), offers)
    if offer is None:
        raise Refused(406, "it comes as " + ", ".join(kinds))
    return offer.name


def _frame(one: Instance, arguments: dict[str, str], flaws: Flaws) -> int:
    text = arguments.get("frameNumber", "1")
    if "uri-frame-bad" in flaws and text not in map(str, range(1, len(one.frames) + 1)):
        return 1
    if not re.fullmatch(r"[1-9]\d{0,8}", text):
        raise Refused(400, "frameNumber counts from 1")
    return int(text)


def _as_rendered(one: Instance, arguments: dict[str, str]) -> dict[str, str]:
    """The parameters of the URI service as those of a rendered resource."""
    made = {key: arguments[key] for key in ("annotation",) if key in arguments}
    if "imageQuality" in arguments:
        made["quality"] = arguments["imageQuality"]
    center, width = arguments.get("windowCenter"), arguments.get("windowWidth")
    if (center is None) != (width is None):
        raise Refused(400, "windowCenter and windowWidth come together")
    if center is not None:
        made["window"] = f"{center},{width},linear"
    rows, columns = int(one.data_set.Rows), int(one.data_set.Columns)
    size = (arguments.get("columns", str(columns)), arguments.get("rows", str(rows)))
    if "region" in arguments:
        made["viewport"] = _region(arguments["region"], rows, columns, size)
    elif size != (str(columns), str(rows)):
        made["viewport"] = f"{size[0]},{size[1]}"
    return made


def _region(text: str, rows: int, columns: int, size: tuple[str, str]) -> str:
    try:
        left, top, right, bottom = (float(one) for one in text.split(","))
    except ValueError as error:
        raise Refused(400, "region has four numbers") from error
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise Refused(400, "region goes from 0 to 1")
    x, y = round(left * columns), round(top * rows)
    width, height = round((right - left) * columns), round((bottom - top) * rows)
    return f"{size[0]},{size[1]},{x},{y},{width},{height}"


def _file(one: Instance, arguments: dict[str, str], flaws: Flaws) -> Reply:
    syntax = arguments.get("transferSyntax", EXPLICIT)
    if syntax not in (EXPLICIT, one.transfer_syntax) and "uri-syntax" not in flaws:
        raise Refused(406, "it cannot come in this transfer syntax")
    if arguments.get("anonymize") == "yes" and "anonymize" not in flaws:
        return Reply(200, DICOM, _anonymous(one))
    if syntax == one.transfer_syntax or "uri-syntax" in flaws:
        return Reply(200, DICOM, one.data)
    return Reply(200, DICOM, file_in(one, syntax, flaws))


def _anonymous(one: Instance) -> bytes:
    """A file that says no more of the patient than its pixels do."""
    ds = Dataset()
    for element in one.data_set.group_dataset(0x0028):
        ds.add(element)
    ds.SOPClassUID = one.data_set.SOPClassUID
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(ds, keyword, uid_of("anonymous", one.data_set[keyword].value))
    ds.PatientName, ds.PatientID = "", ""
    return file_of(ds, UID(EXPLICIT))
