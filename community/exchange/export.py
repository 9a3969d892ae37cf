"""A case as files: its studies with a DICOMDIR, its key images, and its words in two formats.

The files are made as they are sent; an archive of them is as long as its studies, and memory holds
none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from archive.archive import Archive
from archive.errors import ArchiveError
from archive.retrieve import StoredInstance, document
from archive.thumbnails import image_thumbnail
from community.cases.model import CaseView, KeyImage
from community.cases.vocabulary import LICENCE_ADDRESSES, LICENCES
from community.exchange.addresses import Addresses
from community.exchange.case_json import to_document
from community.exchange.companions import companions_of
from community.exchange.contents import Contents, contents_of, require_revealed
from community.exchange.mirc import to_mirc
from community.exchange.plain import one_line
from imaging.dicomdir import Directory, Referenced
from imaging.errors import ImagingError
from imaging.key_objects import KEY_OBJECT_SELECTION
from imaging.rendering.frame import Viewport
from imaging.rendering.pictures import encode_picture
from imaging.uids import EXPLICIT_VR_LITTLE_ENDIAN
from imaging.zip_stream import File, zip_pieces

CASE_JSON: Final = "case.json"
MIRC_XML: Final = "mirc.xml"
PICTURES: Final = "IMAGES"
_PICTURE_SIZE: Final = Viewport(1024, 1024, enlarge=False)


@dataclass(frozen=True, slots=True)
class Exported:
    """An export, ready to be sent."""

    media_type: str
    extension: str
    pieces: Iterator[bytes]


def export_zip(archive: Archive, view: CaseView, addresses: Addresses) -> Exported:
    """A case with its studies, as a zip archive.

    Raises
    ------
    NotAllowed, ArchiveError
        At the call; see `contents.contents_of`.
    """
    contents = contents_of(archive, view)
    pieces = zip_pieces(files_of(archive, view, addresses, contents))
    return Exported("application/zip", "zip", pieces)


def export_mirc(archive: Archive, view: CaseView, addresses: Addresses) -> Exported:
    """The words of a case as a MIRCdocument; its images are addresses.

    Raises
    ------
    NotAllowed
        The diagnosis is hidden from this reader.
    """
    require_revealed(view)
    pictures = {one.id: (addresses.picture(view.case, one), "") for one in view.key_images}
    made = to_mirc(view, addresses.case(view.case), pictures)
    return Exported("application/xml", "xml", iter((made,)))


def export_json(archive: Archive, view: CaseView, addresses: Addresses) -> Exported:
    """The words of a case as JSON.

    Raises
    ------
    NotAllowed
        The diagnosis is hidden from this reader.
    """
    require_revealed(view)
    made = to_document(view, addresses.case(view.case), {}, companions_of(archive, view))
    return Exported("application/json", "json", iter((made,)))


Export = Callable[[Archive, CaseView, Addresses], Exported]

FORMATS: Final[dict[str, Export]] = {"zip": export_zip, "mirc": export_mirc, "json": export_json}
"""By the name that an address has."""


def files_of(
    archive: Archive, view: CaseView, addresses: Addresses, contents: Contents
) -> Iterator[File]:
    """The files of an export, each made when its turn comes; words come before images."""
    address = addresses.case(view.case)
    yield _text("README.txt", readme(view, address, contents).encode())
    more = companions_of(archive, view)
    yield _text(CASE_JSON, to_document(view, address, contents.folders, more))
    pictures: dict[str, tuple[str, str]] = {}
    files = contents.files_by_uid()
    for number, image in enumerate(view.key_images, 1):
        placed = files.get(image.sop_instance_uid)
        file = "/".join(placed.place) if placed else ""
        made = _picture(archive, image, placed.stored) if placed else None
        name = f"{PICTURES}/KEY{number:05d}.JPG"
        pictures[image.id] = (name if made else addresses.picture(view.case, image), file)
        if made:
            yield File(name, (made,), len(made))
    yield _text(MIRC_XML, to_mirc(view, address, pictures))
    yield from _dicom(archive, contents)


def readme(view: CaseView, address: str, contents: Contents) -> str:
    """What whoever unpacks an export reads first."""
    licence = view.case.licence
    terms = f"{LICENCES.get(licence, licence)} {LICENCE_ADDRESSES.get(licence, '')}".strip()
    lines = [
        one_line(view.shown_title),
        f"by {one_line(view.author.shown_name)}" if view.author else "",
        address,
        f"Licence: {terms}" if terms else "",
        "",
        "For education and discussion. Not for primary diagnosis or direct patient care.",
        "",
        f"{CASE_JSON}   the case, as this kind of server reads it back, with its tags and",
        "            questions; and what was said about it, without names",
        f"{MIRC_XML}    the same as a MIRCdocument (RSNA MIRC, teaching file systems)",
        "IMAGES      the key images as pictures",
        "DICOMDIR    lists the DICOM files below DICOM; the files KO000001 are Key Object",
        "            Selections, by which workstations show the key images",
        *(f"\nThe study {uid} is not here any more." for uid in contents.missing),
    ]
    return "\n".join(lines) + "\n"


def _text(name: str, data: bytes) -> File:
    return File(name, (data,), len(data), press=True)


def _picture(archive: Archive, image: KeyImage, stored: StoredInstance) -> bytes | None:
    """A key image as JPEG; None if it cannot be shown."""
    try:
        shown = image_thumbnail(archive, stored, image.frame, _PICTURE_SIZE)
        return bytes(encode_picture(shown, "image/jpeg"))
    except (ImagingError, ArchiveError):
        return None


def _dicom(archive: Archive, contents: Contents) -> Iterator[File]:
    directory = Directory()
    for one in contents.instances:
        stored = one.stored
        syntax = str(stored.transfer_syntax_uid)
        uids = stored.sop_class_uid, stored.sop_instance_uid
        directory.add(document(archive, stored), Referenced(*uids, syntax, one.place))
        yield File("/".join(one.place), archive.objects.stream(stored.key), stored.size)
    for chosen in contents.key_objects:
        made = chosen.document
        model: dict[str, Any] = dict(made.model)
        uids = str(KEY_OBJECT_SELECTION), made.sop_instance_uid
        syntax = str(EXPLICIT_VR_LITTLE_ENDIAN)
        directory.add(model, Referenced(*uids, syntax, chosen.place))
        yield File("/".join(chosen.place), (made.data,), len(made.data))
    listed = directory.to_bytes()
    yield File("DICOMDIR", (listed,), len(listed))
