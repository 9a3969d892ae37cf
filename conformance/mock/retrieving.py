"""The mock's retrievals (PS3.18 10.4): files, metadata, frames, bulk data, pictures."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any, Final

from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from conformance.corpus.making import file_of
from conformance.data_sets import tag_of
from conformance.mock.choosing import RELATED, Offer, choose
from conformance.mock.memory import Instance
from conformance.mock.messages import (
    JSON,
    Refused,
    Reply,
    Request,
    json_reply,
    multipart_reply,
    part_type,
)
from conformance.mock.models import bulk_at, to_json, to_xml
from conformance.mock.painting import FORMATS, picture, read_rendering

DICOM: Final = "application/dicom"
OCTETS: Final = "application/octet-stream"
EXPLICIT: Final = "1.2.840.10008.1.2.1"
_NEVER_SENT: Final = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.2"})
_FRAME_TYPES: Final = {
    "1.2.840.10008.1.2.5": "image/dicom-rle",
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
}

Flaws = frozenset[str]


def files(found: list[Instance], request: Request, is_one: bool, flaws: Flaws) -> Reply:
    """Instances as files."""
    offers = _file_offers(found, is_one, flaws)
    offer = choose(request.accept, offers, flaws)
    if offer is None:
        raise Refused(406, "files come in " + ", ".join(sorted({o.name for o in offers})))
    if offer.content_type == OCTETS:
        parts = [part for one in found for part in _bulk_parts(one, request, flaws)]
        return multipart_reply(parts, OCTETS)
    if offer.name == "application/zip":
        return Reply(200, offer.name, _zip(found[1:] if "zip-short" in flaws else found))
    made = [file_in(one, offer.syntax, flaws) for one in found]
    if "one-instance" in flaws:
        made = made[:1]
    if offer.name == DICOM:
        return Reply(200, DICOM, made[0])
    kind = part_type(Offer(DICOM, syntax=None if "no-part-syntax" in flaws else offer.syntax))
    reply = multipart_reply([(kind, data, None) for data in made], DICOM)
    if "no-type" in flaws:
        reply.content_type = re.sub(r' type="[^"]*";', "", str(reply.content_type))
    return reply


def _file_offers(found: list[Instance], is_one: bool, flaws: Flaws) -> list[Offer]:
    stored = {one.transfer_syntax for one in found} - _NEVER_SENT
    if "old-syntaxes" in flaws:
        stored = {one.transfer_syntax for one in found}
    syntaxes = []
    if all(one.native is not None for one in found):
        syntaxes.append(EXPLICIT)
    if len(stored) == 1:
        only = stored.pop()
        syntaxes = [only, *syntaxes] if "old-syntaxes" in flaws else [*syntaxes, only]
    offers = [Offer(RELATED, DICOM, one) for one in dict.fromkeys(syntaxes)]
    offers += [Offer(RELATED, OCTETS), Offer("application/zip")]
    if is_one or "single-study" in flaws:
        offers += [Offer(DICOM, syntax=one) for one in dict.fromkeys(syntaxes)]
    return offers


def file_in(one: Instance, syntax: str | None, flaws: Flaws) -> bytes:
    is_touched = "private-lost" in flaws or ("stored-changed" in flaws and one.is_encoded)
    if syntax in (None, one.transfer_syntax) and not is_touched:
        return one.data
    # Elements are shared with what is kept: one that changes is put in anew.
    ds = Dataset()
    ds.update({element.tag: element for element in one.data_set})
    if syntax != one.transfer_syntax and one.native is not None and "PixelData" in ds:
        native = one.native
        if "decoded-wrong" in flaws and one.frames != native:
            native = tuple(bytes(reversed(frame)) for frame in native)
        data = b"".join(native)
        if ds.BitsAllocated == 1:
            data = bytes(ds.PixelData)
        ds.add_new(0x7FE00010, "OW" if ds.BitsAllocated > 8 else "OB", data)
        for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
            if keyword in ds:
                del ds[keyword]
        if ds.get("PhotometricInterpretation", "").startswith("YBR"):
            ds.add_new("PhotometricInterpretation", "CS", "RGB")
    if syntax == one.transfer_syntax and "stored-changed" in flaws and one.frames:
        ds.add_new(0x7FE00010, "OB", encapsulate(list(reversed(one.frames))))
        ds["PixelData"].is_undefined_length = True
    if "private-lost" in flaws:
        for tag in [element.tag for element in ds if element.tag.is_private]:
            del ds[tag]
    if "patient-changed" in flaws and "PatientID" in ds:
        ds.add_new("PatientID", "LO", "CHANGED")
    return file_of(ds, UID(str(syntax or one.transfer_syntax)))


def _zip(found: list[Instance]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in found:
            archive.writestr(f"{one.uid}.dcm", one.data)
    return out.getvalue()


def metadata(found: list[Instance], request: Request, flaws: Flaws) -> Reply:
    """Instances as data sets without their bulk data."""
    offers = (Offer(JSON), Offer("application/json"), Offer(RELATED, "application/dicom+xml"))
    offer = choose(request.accept, offers, flaws)
    if offer is None:
        raise Refused(406, "metadata are answered in JSON and XML")
    if "metadata-first" in flaws:
        found = found[:1]
    if offer.inside is not None:
        models = [to_xml(one.data_set, _spelled(one, request, flaws)) for one in found]
        if "xml-no-keyword" in flaws:
            models = [re.sub(rb' keyword="[^"]*"', b"", one) for one in models]
        if "xml-short" in flaws:
            models = models[1:]
        return multipart_reply([(offer.inside, one, None) for one in models], offer.inside)
    rows = [to_json(one.data_set, _spelled(one, request, flaws)) for one in found]
    for row in rows:
        spoil(row, flaws)
    return json_reply(rows, content_type=offer.name)


def _spelled(one: Instance, request: Request, flaws: Flaws) -> Callable[[str], str]:
    place = f"{request.root}/studies/{one.study}/series/{one.series}/instances/{one.uid}/bulkdata"
    return lambda path: f"{place}/{path}" + ("gone" if "bulk-uri" in flaws else "")


_TEXTS: Final = frozenset({"LO", "SH", "ST", "UC", "UR", "UT"})
_INTEGERS: Final = frozenset({"SL", "SS", "UL", "US"})
SPOILED: Final[dict[str, Callable[[str, dict[str, Any]], None]]] = {
    "json-sv": lambda vr, row: _change(vr == "SV", row, lambda one: float(one) + 1.0),
    "json-fd": lambda vr, row: _change(vr == "FD", row, lambda one: round(one, 0)),
    "json-at": lambda vr, row: _change(vr == "AT", row, lambda one: int(one, 16)),
    "json-uppercase": lambda vr, row: _change(vr in _TEXTS, row, lambda one: one and one.upper()),
    "json-integers": lambda vr, row: _change(vr in _INTEGERS, row, lambda one: one + 1),
    "json-tm": lambda vr, row: _change(vr == "TM", row, lambda one: one.split(".")[0]),
    "json-null": lambda vr, row: _change(vr == "UC", row, lambda one: one or ""),
    "json-pn": lambda vr, row: _change(vr == "PN", row, _alphabetic_alone),
    "json-lt": lambda vr, row: _change(vr == "LT", row, lambda one: one.replace("\r\n", "\n")),
}
"""Defects of single elements: what they do to an object of some VR."""


def _alphabetic_alone(one: dict[str, str]) -> dict[str, str]:
    return {"Alphabetic": one.get("Alphabetic", "")}


def _change(applies: bool, row: dict[str, Any], change: Callable[[Any], Any]) -> None:
    if applies and "Value" in row:
        row["Value"] = [change(one) if one is not None or applies else one for one in row["Value"]]


def spoil(row: dict[str, Any], flaws: Flaws) -> None:
    """Make an object of DICOM JSON wrong as it is asked for."""
    for flaw in flaws & SPOILED.keys():
        for element in _elements(row):
            SPOILED[flaw](element["vr"], element)
    if "json-vr" in flaws:
        del row["00080018"]["vr"]
    if "json-lower" in flaws:
        for tag in [tag for tag in row if tag != tag.lower()]:
            row[tag.lower()] = row.pop(tag)
    if "json-meta" in flaws:
        row["00020010"] = {"vr": "UI", "Value": [EXPLICIT]}
    if "json-private" in flaws:
        for tag in [tag for tag in row if int(tag[3], 16) % 2]:
            del row[tag]
    if "json-items" in flaws:
        for element in _elements(row):
            if element["vr"] == "SQ" and element.get("Value"):
                element["Value"] = [one for one in element["Value"] if one]


def _elements(row: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for element in row.values():
        found.append(element)
        if element["vr"] == "SQ":
            for item in element.get("Value", []):
                found += _elements(item)
    return found


def frames(one: Instance, text: str, request: Request, flaws: Flaws) -> Reply:
    """Frames by their numbers."""
    if not re.fullmatch(r"\d{1,18}(,\d{1,18})*", text):
        raise Refused(400, "frames are numbers with commas between")
    numbers = [int(part) for part in text.split(",")]
    if not one.frames:
        raise Refused(404, "the instance has no frames")
    if "frame-bounds" in flaws:
        numbers = [min(number, len(one.frames)) for number in numbers]
    if not all(1 <= number <= len(one.frames) for number in numbers):
        raise Refused(404, f"there are frames 1 to {len(one.frames)}")
    offer = choose(request.accept, _frame_offers(one, len(numbers)), flaws)
    if offer is None:
        raise Refused(406, "frames cannot come in this media type")
    source = one.native if offer.content_type == OCTETS and one.native is not None else one.frames
    picked = [_frame(source, number, flaws) for number in numbers]
    if "frame-order" in flaws:
        picked = [_frame(source, number, flaws) for number in sorted(numbers)]
    kind = part_type(offer)
    if "frame-type" in flaws:
        kind = f'"{kind}"'
    if offer.inside is None:
        return Reply(200, kind, picked[0])
    return multipart_reply(_placed(picked, numbers, kind, request, flaws), offer.inside)


def _placed(
    picked: list[bytes], numbers: list[int], kind: str, request: Request, flaws: Flaws
) -> list[tuple[str, bytes, str | None]]:
    base = request.root + request.path.rsplit("/", 1)[0]
    places = [None if "no-location" in flaws else f"{base}/{n}" for n in numbers]
    return [(kind, data, place) for data, place in zip(picked, places, strict=True)]


def _frame(source: tuple[bytes, ...], number: int, flaws: Flaws) -> bytes:
    if "frames-from-zero" in flaws:
        number = number % len(source) + 1
    data = source[number - 1]
    return data[:-2] if "frame-cut" in flaws else data


def _frame_offers(one: Instance, count: int) -> list[Offer]:
    offers = []
    if one.native is not None:
        offers.append(Offer(RELATED, OCTETS, EXPLICIT))
        if count == 1:
            offers.append(Offer(OCTETS, syntax=EXPLICIT))
    name = _FRAME_TYPES.get(one.transfer_syntax)
    if name is not None:
        offers.append(Offer(RELATED, name, one.transfer_syntax))
    return offers


def _bulk_of(one: Instance) -> list[tuple[str, bytes]]:
    """Paths and bytes, the pixels first."""
    found = [] if not one.native else [("7FE00010", b"".join(one.native))]
    kept = (e for e in one.data_set if e.VR in ("OV", "OF", "OD", "OL") and e.value)
    return found + [(tag_of(element), bytes(element.value)) for element in kept]


def _bulk_parts(
    one: Instance, request: Request, flaws: Flaws
) -> list[tuple[str, bytes, str | None]]:
    place = _spelled(one, request, flaws)
    return [
        (OCTETS, data, None if "bulk-no-location" in flaws else place(path))
        for path, data in _bulk_of(one)
    ]


def bulk(one: Instance, path: str, request: Request, flaws: Flaws) -> Reply:
    """The bulk data at a path of tags and item numbers."""
    data = b"".join(one.native or ()) if path == "7FE00010" else bulk_at(one.data_set, path)
    if data is None:
        raise Refused(404, "there are no such bulk data")
    if "bulk-bytes" in flaws:
        data = data[::-1]
    offer = choose(request.accept, (Offer(RELATED, OCTETS), Offer(OCTETS)), flaws)
    if offer is None:
        raise Refused(406, "bulk data are octets")
    if offer.inside is not None:
        return multipart_reply([(OCTETS, data, None)], OCTETS)
    ends = re.fullmatch(r"bytes=(\d+)-(\d+)", request.header("range") or "")
    if ends is None:
        return Reply(200, OCTETS, data)
    first, last = int(ends[1]), min(int(ends[2]), len(data) - 1)
    span = ("Content-Range", f"bytes {first}-{last}/{len(data)}")
    return Reply(206, OCTETS, data[first : last + 1], [span])


def all_bulk(found: list[Instance], request: Request, only_pixels: bool, flaws: Flaws) -> Reply:
    """All bulk data, or all pixel data, of a resource."""
    if choose(request.accept, (Offer(RELATED, OCTETS),)) is None:
        raise Refused(406, "bulk data are octets")
    shown = [one for one in found if one.native] if only_pixels else found
    count = 1 if only_pixels else None
    parts = [part for one in shown for part in _bulk_parts(one, request, flaws)[:count]]
    if not parts:
        raise Refused(404, "there are none")
    if "bulk-short" in flaws:
        parts = parts[:-1]
    return multipart_reply(parts, OCTETS)


def rendered(
    found: list[Instance], frame: int | None, is_one: bool, request: Request, flaws: Flaws
) -> Reply:
    """Pictures of a resource."""
    rendering = read_rendering(dict(request.arguments()), flaws)
    documents = [one for one in found if not one.native]
    if is_one and documents:
        return document(found[0], request, flaws)
    singles = [Offer(name) for name in FORMATS] if is_one else []
    offers = [*singles, *(Offer(RELATED, name) for name in FORMATS)]
    offer = choose(request.accept, offers, flaws)
    if offer is None:
        raise Refused(406, "pictures come as " + ", ".join(FORMATS))
    kind = offer.content_type
    wanted = [(one, n) for one in found for n in _numbers(one, frame, is_one)]
    made = [picture(one, number, rendering, kind, flaws) for one, number in wanted]
    if offer.inside is None:
        reply = Reply(200, kind, made[0])
    else:
        reply = multipart_reply([(kind, data, None) for data in made], kind)
    if rendering.unknown and "silent-annotation" not in flaws:
        words = f"The following annotation values are not supported: {','.join(rendering.unknown)}"
        reply.headers.append(("Warning", f'299 mock "{words}"'))
    return reply


def _numbers(one: Instance, frame: int | None, is_one: bool) -> list[int]:
    if frame is not None or is_one:
        return [frame or 1]
    return list(range(1, len(one.native or ()) + 1))


def document(one: Instance, request: Request, flaws: Flaws) -> Reply:
    ds = one.data_set
    if "EncapsulatedDocument" in ds:
        kind, body = "application/pdf", bytes(ds.EncapsulatedDocument)
    elif "ContentSequence" in ds:
        items = [] if "report-empty" in flaws else ds.ContentSequence
        texts = [str(item.get("TextValue", "")) for item in items]
        kind, body = "text/html", f"<!doctype html><p>{'<p>'.join(texts)}".encode()
    else:
        raise Refused(404, "there is nothing to show")
    if choose(request.accept, (Offer(kind),)) is None:
        raise Refused(406, f"it is shown as {kind}")
    return Reply(200, kind, body)


def thumbnail(found: list[Instance], frame: int | None, request: Request, flaws: Flaws) -> Reply:
    """One small picture of a resource."""
    offer = choose(request.accept, [Offer(name) for name in FORMATS], flaws)
    if offer is None:
        raise Refused(406, "thumbnails are pictures")
    shown = [one for one in found if one.native]
    if not shown:
        raise Refused(404, "there is nothing to show")
    rendering = read_rendering(
        {"viewport": "64,64", **dict(request.arguments()), "annotation": ""}, flaws
    )
    return Reply(200, offer.name, picture(shown[0], frame or 1, rendering, offer.name, flaws))
