"""Retrieving studies, series and instances as files (PS3.18 10.4)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any, Final

from pydicom.uid import ExplicitVRLittleEndian

from conformance.asking import expect_set
from conformance.corpus.making import Made
from conformance.files import File, expect_unchanged, frames_in, read_file
from conformance.known import Known, Place
from conformance.registry import Needs, check, each
from conformance.verdicts import NotOffered, expect
from conformance.wire.answer import Answer
from conformance.wire.server import Server

DICOM: Final = 'multipart/related; type="application/dicom"'
NATIVE: Final = f"{DICOM}; transfer-syntax=1.2.840.10008.1.2.1"
ANY_SYNTAX: Final = f"{DICOM}; transfer-syntax=*"
OCTETS: Final = 'multipart/related; type="application/octet-stream"'
UNKNOWN: Final = "application/x-conformance-unknown"
LEVELS: Final = ("study", "series", "instance")

SYNTAXES: Final = {
    "1.2.840.10008.1.2.5": ("RLE", "image/dicom-rle"),
    "1.2.840.10008.1.2.4.70": ("JPEG-LOSSLESS", "image/jpeg"),
    "1.2.840.10008.1.2.4.80": ("JPEG-LS", "image/jls"),
    "1.2.840.10008.1.2.4.81": ("JPEG-LS-NEAR", "image/jls"),
    "1.2.840.10008.1.2.4.90": ("JPEG-2000", "image/jp2"),
    "1.2.840.10008.1.2.4.91": ("JPEG-2000-LOSSY", "image/jp2"),
    "1.2.840.10008.1.2.4.201": ("HTJ2K", "image/jphc"),
    "1.2.840.10008.1.2.4.203": ("HTJ2K-LOSSY", "image/jphc"),
    "1.2.840.10008.1.2.4.50": ("JPEG", "image/jpeg"),
}
"""Compressed transfer syntaxes: how requirements call them, and the media type of their frames."""


_LOSSLESS: Final = frozenset(
    uid
    for uid, (name, _) in SYNTAXES.items()
    if name in ("RLE", "JPEG-LOSSLESS", "JPEG-LS", "JPEG-2000", "HTJ2K")
)


def path_of(one: Made | Place, level: str) -> str:
    """The path of a resource at a level."""
    place = Place(one.study_uid, one.series_uid, one.instance_uid)
    return {"study": place.study, "series": place.series, "instance": place.instance}[level]


def stored_at(known: Known, made: Made, level: str) -> dict[str, Made]:
    """What lies below a resource, by SOP Instance UID."""
    study = [known.instance(one.name) for one in known.corpus.study(made.study)]
    return {
        one.instance_uid: one
        for one in study
        if level == "study"
        or (level == "series" and one.series_uid == made.series_uid)
        or one.instance_uid == made.instance_uid
    }


def files_in(answer: Answer) -> list[File]:
    """The files of a multipart answer.

    Raises
    ------
    Failed
        It has parts of another kind.
    """
    answer.expect_status(200)
    files = []
    for part in answer.parts():
        name = part.media_type().name
        expect(name == "application/dicom", f"{answer.asked} answered a part of {name}")
        files.append(read_file(part.body, answer.asked))
    return files


def the_file(answer: Answer) -> File:
    """The one file of a multipart answer.

    Raises
    ------
    Failed
        It has more, or none, or parts of another kind.
    """
    files = files_in(answer)
    expect(len(files) == 1, f"{answer.asked} answered {len(files)} files, expected 1")
    return files[0]


def _rows(key: str = "WADO-{}") -> Sequence[tuple[str, tuple[str, ...], tuple[Any, ...]]]:
    return [(level, (key.format(level.upper()),), (level,)) for level in LEVELS]


@each(
    "wado.retrieve",
    [(n, (f"WADO-{n.upper()}", f"WADO-{n.upper()}-COMPLETE"), (n,)) for n in LEVELS],
    after=["reach"],
)
def is_retrieved_as_stored(server: Server, known: Known, level: str) -> None:
    """A {} is retrieved as it was stored, with all its instances"""
    made = known.instance("ct-1-1")
    wanted = stored_at(known, made, level)
    answer = server.get(path_of(made, level), accept=NATIVE)
    files = files_in(answer)
    uids = [file.instance_uid for file in files]
    expect(len(uids) == len(set(uids)), f"{answer.asked} answered an instance twice")
    expect_set(answer, set(wanted), set(uids), "instances")
    for file in files:
        expect_unchanged(wanted[file.instance_uid], file)


_DEFAULTS: Final = [
    (f"{level}-{name}", (f"WADO-{level.upper()}-{key}",), (level, accept))
    for level in LEVELS
    for name, key, accept in (("absent", "DEFAULT", None), ("any", "ANY", "*/*"))
]


@each("wado.default", _DEFAULTS, needs=Needs.SAMPLE, after=["reach"])
def the_default_is_dicom(server: Server, known: Known, level: str, accept: str | None) -> None:
    """The default media type of a {} is multipart of application/dicom"""
    answer = server.get(path_of(known.place(), level), accept=accept)
    expect(files_in(answer), f"{answer.asked} answered no instance")
    media_type = answer.media_type()
    kind = media_type.parameter("type")
    expect(kind == "application/dicom", f"{answer.asked} has type={kind!r} in its Content-Type")


@check(
    "wado.related-type", "WADO-RELATED-TYPE", "WADO-PART-TYPE", needs=Needs.SAMPLE, after=["reach"]
)
def related_says_its_type(server: Server, known: Known) -> None:
    """multipart/related has the parameter type, and its parts have Content-Type"""
    answer = server.get(path_of(known.place(), "instance"), accept=DICOM).expect_status(200)
    media_type = answer.media_type()
    kind = media_type.parameter("type")
    expect(kind == "application/dicom", f"Content-Type has type={kind!r}")
    for part in answer.parts():
        expect(part.header("Content-Type"), f"{answer.asked} has a part without Content-Type")


@check(
    "wado.file-meta", "WADO-FILE-META", "WADO-FILE-META-UIDS", needs=Needs.SAMPLE, after=["reach"]
)
def files_have_their_meta(server: Server, known: Known) -> None:
    """An instance comes as a Part 10 file whose File Meta Information is its own"""
    place = known.place()
    answer = server.get(place.instance, accept=DICOM)
    for file in files_in(answer):
        meta = file.data_set.file_meta
        expect(file.data[128:132] == b"DICM", "the file has no preamble and prefix")
        found = (meta.get("MediaStorageSOPInstanceUID"), file.instance_uid)
        expect(found == (place.instance_uid,) * 2, "its meta information names another instance")
        sop_class = meta.get("MediaStorageSOPClassUID")
        expect(sop_class == file.data_set.SOPClassUID, "its meta information names another class")


@each("wado.404", _rows("WADO-{}-404"), after=["reach"])
def what_is_not_there_is_404(server: Server, known: Known, level: str) -> None:
    """A {} that is not there is answered 404 or 410"""
    made = known.instance("ct-1-1")
    server.get(path_of(made, level) + ".9", accept=DICOM).expect_status(404, 410)


@each("wado.406", _rows("WADO-{}-406"), needs=Needs.SAMPLE, after=["reach"])
def an_unknown_type_is_406(server: Server, known: Known, level: str) -> None:
    """A {} in an unknown media type is answered 406"""
    server.get(path_of(known.place(), level), accept=UNKNOWN).expect_status(406)


_OTHERS: Final = [
    (level, (f"WADO-{level.upper()}-OTHER",), (level,)) for level in ("series", "instance")
]


@each("wado.other-parent", _OTHERS, after=["wado.404[instance]"])
def is_found_below_its_parents_alone(server: Server, known: Known, level: str) -> None:
    """A {} is not found below another study"""
    mine, other = known.instance("ct-1-1"), known.instance("searched-plain")
    path = path_of(mine, level).replace(mine.study_uid, other.study_uid, 1)
    server.get(path, accept=DICOM).expect_status(404, 410)


@check("wado.single", "WADO-INSTANCE-SINGLE", needs=Needs.SAMPLE, after=["reach"])
def an_instance_is_a_single_part(server: Server, known: Known) -> None:
    """An instance is answered as a single part of application/dicom"""
    place = known.place()
    answer = server.get(place.instance, accept="application/dicom")
    if answer.status == 406:
        raise NotOffered(f"{answer.asked} answered 406")
    answer.expect_status(200)
    name = answer.media_type().name
    expect(name == "application/dicom", f"{answer.asked} answered {name}")
    uid = read_file(answer.body, answer.asked).instance_uid
    expect(uid == place.instance_uid, f"{answer.asked} answered another instance")


@check("wado.single-study", "WADO-STUDY-SINGLE", after=["reach"])
def a_study_is_no_single_part(server: Server, known: Known) -> None:
    """A study of several instances is not answered as a single part"""
    made = known.instance("ct-1-1")
    server.get(path_of(made, "study"), accept="application/dicom").expect_status(406)


@each("wado.zip", _rows("WADO-{}-ZIP"), after=["reach"])
def a_zip_holds_every_instance(server: Server, known: Known, level: str) -> None:
    """A zip archive of a {} holds all its instances"""
    made = known.instance("ct-1-1")
    answer = server.get(path_of(made, level), accept="application/zip")
    if answer.status == 406:
        raise NotOffered(f"{answer.asked} answered 406")
    answer.expect_status(200)
    try:
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            members = [archive.read(n) for n in archive.namelist() if not n.endswith("/")]
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        expect(False, f"{answer.asked} answered what is no zip archive: {error}")
    uids = {read_file(m, answer.asked).instance_uid for m in members if m[128:132] == b"DICM"}
    wanted = set(stored_at(known, made, level))
    expect_set(answer, wanted, uids - {""}, "instances")


# ---- transfer syntaxes
def _stored() -> list[tuple[str, tuple[str, ...], tuple[Any, ...]]]:
    return [
        (f"{kind}-{name}", (f"WADO-STORED-{name}",), (kind, uid))
        for uid, (name, _) in SYNTAXES.items()
        for kind in ("gray8", "gray12", "rgb")
        if not (name == "JPEG" and kind == "gray12")
    ]


def instance_in(known: Known, kind: str, uid: str) -> Made:
    """The multi-frame instance of a kind that is stored in a transfer syntax."""
    for one in known.corpus.study("syntaxes"):
        if one.name.startswith(f"{kind}-") and str(one.transfer_syntax) == uid:
            return known.instance(one.name)
    raise KeyError(f"{kind} {uid}")


@each("wado.stored", _stored(), after=["wado.retrieve[instance]"])
def comes_as_stored(server: Server, known: Known, kind: str, uid: str) -> None:
    """An instance comes back in the transfer syntax that it was stored in: {}"""
    made = instance_in(known, kind, uid)
    answer = server.get(made.path, accept=f"{DICOM}; transfer-syntax={uid}")
    if answer.status == 406:
        # Every transfer syntax beside the default is optional (Table 8.7.3-2).
        raise NotOffered(f"{answer.asked} answered 406")
    file = the_file(answer)
    expect(file.transfer_syntax == uid, f"{answer.asked} answered in {file.transfer_syntax}")
    expect_unchanged(made, file, pixels=False)
    expect(frames_in(file, 5) == made.frames, f"{answer.asked} answered other frames")


def _native() -> list[tuple[str, tuple[str, ...], tuple[Any, ...]]]:
    return [(n, (r.replace("STORED", "NATIVE"),), a) for n, (r,), a in _stored()]


@each("wado.native", _native(), after=["wado.retrieve[instance]"])
def comes_decoded(server: Server, known: Known, kind: str, uid: str) -> None:
    """An instance comes in Explicit VR Little Endian whatever it was stored in: {}"""
    made = instance_in(known, kind, uid)
    answer = server.get(made.path, accept=NATIVE)
    if not made.pixels and answer.status == 406:
        # What is stored lossy need not be given otherwise (8.7.3.1).
        raise NotOffered(f"{answer.asked} answered 406")
    file = the_file(answer)
    syntax = file.transfer_syntax
    if not made.pixels and syntax == uid:
        raise NotOffered("what was stored lossy comes as it is")
    expect(syntax == ExplicitVRLittleEndian, f"{answer.asked} answered in {syntax}")
    expect_unchanged(made, file, pixels=False)
    frames = frames_in(file, 5)
    if made.pixels:
        wrong = [n for n, (a, b) in enumerate(zip(frames, made.pixels, strict=True), 1) if a != b]
        expect(not wrong, f"{answer.asked} answered other pixels in frames {wrong}")


@each(
    "wado.made",
    [(name, (f"WADO-MADE-{name}",), (uid,)) for uid, (name, _) in SYNTAXES.items()],
    after=["wado.retrieve[instance]"],
)
def is_encoded_on_demand(server: Server, known: Known, uid: str) -> None:
    """A native instance comes in another transfer syntax: {}"""
    made = known.instance("gray8-ExplicitVRLittleEndian")
    answer = server.get(made.path, accept=f"{DICOM}; transfer-syntax={uid}")
    if answer.status == 406:
        raise NotOffered(f"{answer.asked} answered 406")
    file = the_file(answer)
    expect(file.transfer_syntax == uid, f"{answer.asked} answered in {file.transfer_syntax}")
    # What is made lossy is another instance (PS3.3 C.7.6.1.1.5), whose UID may say so.
    changed = frozenset() if uid in _LOSSLESS else frozenset({"00080018"})
    expect_unchanged(made, file, pixels=False, without=changed)
    expect(len(frames_in(file, 5)) == 5, f"{answer.asked} lost frames")


@check("wado.syntax-default", "WADO-SYNTAX-DEFAULT", "WADO-FILE-META-SYNTAX", after=["reach"])
def the_default_syntax_is_explicit(server: Server, known: Known) -> None:
    """Without a transfer syntax in Accept an instance comes in Explicit VR Little Endian"""
    made = known.instance("gray8-ImplicitVRLittleEndian")
    file = the_file(server.get(made.path, accept=DICOM))
    found = file.transfer_syntax
    expect(found == ExplicitVRLittleEndian, f"it came in {found}")
    expect_unchanged(made, file)


@check("wado.syntax-any", "WADO-SYNTAX-ANY", after=["reach"])
def any_syntax_is_the_stored_one(server: Server, known: Known) -> None:
    """For transfer-syntax=* an instance comes as it was stored, or in the default"""
    made = instance_in(known, "gray8", "1.2.840.10008.1.2.4.80")
    file = the_file(server.get(made.path, accept=ANY_SYNTAX))
    allowed = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.1")
    expect(file.transfer_syntax in allowed, f"it came in {file.transfer_syntax}")
    if file.transfer_syntax == made.transfer_syntax:
        expect(frames_in(file, 5) == made.frames, "its frames are other bytes")


def _file_of(answer: Answer) -> File:
    """The one file of an answer; whether it may come without multipart is another check's."""
    if answer.expect_status(200).media_type().name == "application/dicom":
        return read_file(answer.body, answer.asked)
    return the_file(answer)


_FORBIDDEN: Final = [
    (f"{keyword}{name}", (requirement,), (keyword, uid, name == "-any"))
    for name, requirement in (
        ("", "WADO-SYNTAX-IMPLICIT"),
        ("-any", "WADO-SYNTAX-IMPLICIT-ANY"),
    )
    for keyword, uid in (
        ("ImplicitVRLittleEndian", "1.2.840.10008.1.2"),
        ("ExplicitVRBigEndian", "1.2.840.10008.1.2.2"),
    )
]


@each("wado.syntax-forbidden", _FORBIDDEN, after=["reach"])
def old_syntaxes_are_not_sent(
    server: Server, known: Known, keyword: str, uid: str, any_alone: bool
) -> None:
    """What was stored in {} does not come in it"""
    made = known.instance(f"gray12-{keyword}")
    named = (None, DICOM, f"{DICOM}; transfer-syntax={uid}")
    for accept in (ANY_SYNTAX,) if any_alone else named:
        answer = server.get(made.path, accept=accept)
        if answer.status == 406:
            continue
        file = _file_of(answer)
        expect(file.transfer_syntax != uid, f"{answer.asked} with Accept {accept} sent {uid}")
