"""Every real file as JSON and as XML and back: the same data set, the same pixels.

First the models alone, then whole instances: metadata and bulk data are taken apart as a client
gets them and put together as STOW-RS does. Differences that are right have a name in a table.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imaging.data_set import Bulk, Element
from imaging.errors import ImagingError
from imaging.frame_reading import read_exactly
from imaging.frames import FrameTable, locate_frames
from imaging.json_model import BulkReference, from_json, to_json
from imaging.native_xml import from_xml, to_xml
from imaging.part10 import Header, open_data_set, read_header
from imaging.sent.assembly import assemble
from imaging.sent.attachments import Attachment
from imaging.uids import OCTET_STREAM, transfer_syntax
from tests.canonical import canonical
from tests.part10_files import RealFile, real_files

PIXEL_DATA = "7FE00010"
# What a data set says of its compressed form: made anew.
OFFSETS = frozenset({"7FE00001", "7FE00002", "7FE00003"})


@dataclass
class Read:
    """A real file, read."""

    name: str
    stream: io.BytesIO
    header: Header
    table: FrameTable | None

    @property
    def model(self) -> dict[str, Any]:
        return to_json(self.header.data_set, lambda path, _: path)


def readable() -> Iterator[Read]:
    for file in real_files():
        read = read_file(file)
        if read is not None:
            yield read


def read_file(file: RealFile) -> Read | None:
    stream = io.BytesIO(file.read())
    try:
        header = read_header(stream)
        return Read(file.name, stream, header, locate_frames(stream, header))
    except ImagingError:
        return None


def test_models_of_real_files_survive_json_and_xml() -> None:
    compared, wrong = 0, []
    for read in readable():
        once = to_json(from_json(read.model, resolve_bulk=nowhere), spelled_as_its_path)
        if once != with_utf_8(read.model, once):
            wrong.append((read.name, "JSON"))
        spelled = from_xml(to_xml(once))
        twice = to_json(from_json(spelled, resolve_bulk=nowhere), spelled_as_its_path)
        if canonical(twice) != canonical(once):
            wrong.append((read.name, "XML"))
        compared += 1
    assert compared > 100
    assert wrong == []


def nowhere(_: BulkReference) -> Bulk:
    return Bulk(0, 2)


def spelled_as_its_path(path: str, _: Element) -> str:
    return path


def with_utf_8(model: dict[str, Any], once: dict[str, Any]) -> dict[str, Any]:
    return {**model, **{name: once[name] for name in ("00080005",) if name in once}}


def values_of(read: Read, folder: Path) -> dict[str, list[Attachment]]:
    """What a client would fetch for each BulkDataURI, in files."""
    found: dict[str, list[Attachment]] = {}
    source = open_data_set(read.stream, read.header)
    for file in folder.iterdir():
        file.unlink()

    def keep(path: str, element: Element) -> str:
        if element.bulk is not None:
            found[path] = list(attachments(path, element.bulk))
        return path

    def attachments(path: str, bulk: Bulk) -> Iterator[Attachment]:
        if path != PIXEL_DATA or not bulk.encapsulated or read.table is None:
            yield attachment(path, [(bulk.offset, bulk.length)], OCTET_STREAM, None)
            return
        syntax = transfer_syntax(read.header.transfer_syntax_uid)
        for number in range(1, read.table.count + 1):
            places = read.table.pieces(number)
            name = f"{path}-{number}"
            yield attachment(name, places, syntax.media_type.lower(), str(syntax.uid))

    def attachment(
        path: str, places: list[tuple[int, int]], media_type: str, syntax: str | None
    ) -> Attachment:
        data = bytearray()
        for offset, length in places:
            source.seek(offset)
            data += read_exactly(source, length)
        file = folder / path.replace("/", "-")
        file.write_bytes(data)
        return Attachment(file, len(data), media_type, syntax)

    to_json(read.header.data_set, keep)
    return found


# What no instance can be made of, by the words that the refusal must contain: the files say
# something else than their pixels.
REFUSED = {
    "JPEG2000-embedded-sequence-delimiter.dcm": "declares no size",  # made up around a marker
    "MR_small_padded.dcm": "Pixel Data are 8320 bytes",
    "badVR.dcm": "Pixel Data are 6000 bytes",
    "meta_missing_tsyntax.dcm": "Bits Allocated is missing",
    "multiframe.dcm": "differ in size or kind",  # some frames are grey, most are in colour
    "nested_priv_SQ.dcm": "Bits Allocated is missing",
}
# What comes out otherwise, and why.
DIFFERENT = {
    # RGB, they say, and their codestreams are transformed: corrected, with Original Attributes.
    "HTJ2KLossless_08_RGB.dcm": {"00280004", "04000561"},
    "HTJ2K_08_RGB.dcm": {"00280004", "04000561"},
    # A whole JP2 file, of which PS3.5 A.4.4 wants the codestream only.
    "GDCMJ2K_TextGBR.dcm": {"values"},
}


def test_real_instances_taken_apart_and_put_together_are_the_same(tmp_path: Path) -> None:
    compared, refused, wrong = 0, dict[str, str](), []
    (tmp_path / "before").mkdir()
    (tmp_path / "after").mkdir()
    for read in readable():
        if not read.header.data_set.little_endian:
            continue  # its values are turned on their way out; the live round trip has one
        name = read.name.rsplit("/", 1)[-1]
        values = values_of(read, tmp_path / "before")
        try:
            made = assemble(read.model, lambda uri, found=values: found.get(uri, []))
            again = io.BytesIO(b"".join(made.pieces))
        except ImagingError as error:
            refused[name] = str(error)
            continue
        compared += 1
        header = read_header(again)
        theirs = Read(name, again, header, locate_frames(again, header))
        found = set(differences(read, theirs))
        if contents(values) != contents(values_of(theirs, tmp_path / "after")):
            found.add("values")
        if found != DIFFERENT.get(name, set()):
            wrong.append((name, found))
    assert compared > 100
    assert wrong == []
    unexpected = {name for name in refused if REFUSED.get(name, "\0") not in refused[name]}
    assert unexpected == set()


def differences(before: Read, after: Read) -> Iterator[str]:
    mine = after.model
    theirs = with_utf_8(before.model, mine)
    compressed = transfer_syntax(before.header.transfer_syntax_uid).encapsulated
    for name in (mine.keys() | theirs.keys()) - OFFSETS:
        # Fragments are OB (PS3.5 A.4), whatever the file said.
        if mine.get(name) != theirs.get(name) and not (compressed and name == PIXEL_DATA):
            yield name


def contents(values: dict[str, list[Attachment]]) -> dict[str, list[bytes]]:
    """The bytes of each value, without what padding made of them."""
    return {
        path: [one.path.read_bytes().rstrip(b"\0 ") for one in attachments]
        for path, attachments in values.items()
    }
