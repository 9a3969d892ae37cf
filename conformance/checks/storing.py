"""Storing (PS3.18 10.5): what the answer tells, and what is there afterwards.

Every check stores instances of a study of its own, so that none depends on another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydicom.uid import ExplicitVRLittleEndian

from conformance.asking import INSTANCE_UID, search, value
from conformance.checks.retrieving import ANY_SYNTAX, NATIVE, stored_at, the_file
from conformance.corpus.making import Made, StudyFacts, data_set_of, file_of
from conformance.corpus.pixels import describe, gray
from conformance.corpus.studies import SECONDARY_CAPTURE
from conformance.files import expect_unchanged
from conformance.known import Known
from conformance.registry import Needs, check, each
from conformance.seeding import store_body, text_of
from conformance.verdicts import NotOffered, Weak, expect
from conformance.wire.answer import Answer
from conformance.wire.server import Server

RETRIEVE_URL: Final = "00081190"
REFERENCED: Final = "00081199"
FAILED: Final = "00081198"
OTHER_FAILURES: Final = "0008119A"
BOUNDARY: Final = "conformance-part"
DICOM_PARTS: Final = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'


def fresh(known: Known, name: str, number: int = 1, study: str = "") -> Made:
    """An instance that no other check stores.

    Parameters
    ----------
    name
        Names its study, unless `study` does.
    """
    facts = StudyFacts(
        f"stored-{study or name}",
        {"StudyDate": "20230101", "PatientName": "Store^Stella", "PatientID": f"P-{name}"[:60]},
    )
    ds = data_set_of(known.corpus.seed, facts, "1", number, SECONDARY_CAPTURE, "OT")
    ds.ConversionType = "SYN"
    describe(ds, bits=8)
    native = gray(1, 8).tobytes()
    ds.PixelData = native
    return Made(name, facts.name, ds, file_of(ds), ExplicitVRLittleEndian, (native,), (native,))


def store(server: Server, *made: Made, path: str = "/studies", accept: str | None = None) -> Answer:
    """Store instances in one request."""
    content_type, body = store_body(made)
    return server.post(path, body, content_type, accept=accept or "application/dicom+json")


def response_of(answer: Answer) -> dict[str, Any]:
    """The Store Instances Response of an answer in JSON; an array of one is taken for it.

    Raises
    ------
    Failed
        The body is something else.
    """
    return answer.data_set()


def uids_in(response: Mapping[str, Any], tag: str) -> list[str]:
    """The Referenced SOP Instance UIDs of a sequence of the response."""
    items = response.get(tag, {}).get("Value", [])
    return [uid for item in items if (uid := text_of(item, "00081155"))]


def is_there(server: Server, made: Made) -> bool:
    """Whether an instance can be retrieved, or at least its metadata."""
    for path, accept in ((f"{made.path}/metadata", None), (made.path, ANY_SYNTAX)):
        answer = server.get(path, accept=accept or "application/dicom+json")
        if answer.expect_status(200, 404, 405, 410, 501).status == 200:
            return True
    return False


def expect_there(server: Server, made: Made) -> None:
    """The instance can be retrieved, and is what was stored.

    Raises
    ------
    Failed
        It is not there, or is another.
    """
    file = the_file(server.get(made.path, accept=NATIVE))
    expect_unchanged(made, file)


@check("stow.one", "STOW-STUDIES", "STOW-200", "STOW-STORED", needs=Needs.WRITING, after=["reach"])
def an_instance_is_stored(server: Server, known: Known) -> None:
    """An instance stored at /studies is answered 200 and is there"""
    made = fresh(known, "one")
    store(server, made).expect_status(200)
    expect_there(server, made)


@check("stow.searched", "STOW-SEARCHED", needs=Needs.WRITING, after=["stow.one"])
def a_stored_instance_is_found(server: Server, known: Known) -> None:
    """An instance that was stored is found by a search"""
    made = fresh(known, "one")
    path = f"/studies/{made.study_uid}/series/{made.series_uid}/instances"
    _, found = search(server, path, {})
    expect([value(one, INSTANCE_UID) for one in found] == [made.instance_uid], "it is not found")


@check("stow.study", "STOW-STUDY", needs=Needs.WRITING, after=["stow.one"])
def an_instance_is_stored_into_its_study(server: Server, known: Known) -> None:
    """An instance stored at /studies/{study} is there"""
    made = fresh(known, "study")
    store(server, made, path=f"/studies/{made.study_uid}").expect_status(200)
    expect_there(server, made)


@check("stow.many-studies", "STOW-MANY-STUDIES", needs=Needs.WRITING, after=["stow.one"])
def instances_of_two_studies(server: Server, known: Known) -> None:
    """One request stores instances of two studies"""
    pair = fresh(known, "first-of-two"), fresh(known, "second-of-two")
    store(server, *pair).expect_status(200)
    for made in pair:
        expect_there(server, made)


_RESPONSES: Final = [
    ("retrieve-url", ("STOW-RESPONSE-RETRIEVE-URL",), ("study",)),
    ("referenced", ("STOW-RESPONSE-REFERENCED",), ("referenced",)),
    ("class", ("STOW-RESPONSE-REFERENCED-CLASS",), ("class",)),
    ("instance-url", ("STOW-RESPONSE-REFERENCED-URL", "STOW-RESPONSE-URL-WORKS"), ("url",)),
]


@each("stow.response", _RESPONSES, needs=Needs.WRITING, after=["stow.one"])
def the_answer_tells(server: Server, known: Known, what: str) -> None:
    """The answer to storing tells of what was stored: {}"""
    pair = [fresh(known, f"response-{what}", n, study=f"response-{what}") for n in (1, 2)]
    response = response_of(store(server, *pair).expect_status(200))
    items = response.get(REFERENCED, {}).get("Value", [])
    if what == "study":
        url = value(response, RETRIEVE_URL)
        expect(isinstance(url, str), "it has no Retrieve URL (0008,1190) of the study")
        expect(url.rstrip("/").endswith(f"/studies/{pair[0].study_uid}"), f"it says {url!r}")
        return
    found = sorted(uids_in(response, REFERENCED))
    wanted = sorted(one.instance_uid for one in pair)
    expect(found == wanted, f"Referenced SOP Sequence names {found}")
    for item in items:
        if what == "class":
            expect(text_of(item, "00081150") == SECONDARY_CAPTURE, f"its class is {item}")
        if what == "url":
            url = value(item, RETRIEVE_URL)
            if not isinstance(url, str):
                raise Weak("an item has no Retrieve URL, which may be empty (Table I.1-1)")
            whole = server.resolve(url, server.target.base + "/")
            server.get(whole, accept=ANY_SYNTAX).expect_status(200)


@check(
    "stow.response[nothing-else]",
    "STOW-RESPONSE-NOTHING-ELSE",
    needs=Needs.WRITING,
    after=["stow.one"],
)
def no_instance_is_both(server: Server, known: Known) -> None:
    """No instance is told as both stored and failed"""
    response = response_of(store(server, fresh(known, "both")).expect_status(200))
    both = set(uids_in(response, REFERENCED)) & set(uids_in(response, FAILED))
    expect(not both, f"{both} are told as both")
    expect(not uids_in(response, FAILED), "an instance is told as failed in an answer of 200")


_FORMATS: Final = [
    ("json", ("STOW-RESPONSE-JSON",), ("application/dicom+json", "application/dicom+json")),
    ("xml", ("STOW-RESPONSE-XML",), ("application/dicom+xml", "application/dicom+xml")),
    ("any", ("STOW-RESPONSE-DEFAULT",), ("*/*", "application/dicom+json")),
]


@each("stow.format", _FORMATS, needs=Needs.WRITING, after=["stow.one"])
def the_answer_has_a_type(server: Server, known: Known, accept: str, wanted: str) -> None:
    """The answer to storing comes as {}"""
    made = fresh(known, f"format-{accept[-4:]}")
    answer = store(server, made, accept=accept).expect_status(200)
    name = answer.media_type().name
    expect(name == wanted, f"for Accept {accept} it answered {name}")


@check(
    "stow.mismatch",
    "STOW-MISMATCH",
    "STOW-MISMATCH-REASON",
    "STOW-409",
    needs=Needs.WRITING,
    after=["stow.one"],
)
def another_study_than_the_paths(server: Server, known: Known) -> None:
    """An instance of another study than the path's is refused with a reason"""
    made = fresh(known, "mismatch")
    answer = store(server, made, path=f"/studies/{made.study_uid}.1").expect_status(409)
    _expect_reason(response_of(answer), made)
    expect(not is_there(server, made), "it was stored nevertheless")


def _expect_reason(response: Mapping[str, Any], made: Made) -> None:
    items = response.get(FAILED, {}).get("Value", [])
    mine = [item for item in items if text_of(item, "00081155") == made.instance_uid]
    expect(mine, "Failed SOP Sequence does not name the instance")
    reason = value(mine[0], "00081197")
    expect(isinstance(reason, int), f"Failure Reason (0008,1197) is {reason!r}")


@check(
    "stow.some",
    "STOW-202",
    "STOW-NEIGHBOURS",
    "STOW-RESPONSE-FAILED",
    "STOW-RESPONSE-FAILED-REASON",
    "STOW-NOT-STORED",
    needs=Needs.WRITING,
    after=["stow.mismatch"],
)
def one_of_two_is_stored(server: Server, known: Known) -> None:
    """One instance of two that belongs elsewhere fails, and the other is stored: 202"""
    good, bad = fresh(known, "some-good"), fresh(known, "some-bad")
    answer = store(server, good, bad, path=f"/studies/{good.study_uid}").expect_status(202, 409)
    if answer.status == 409 and not is_there(server, good):
        raise Weak("one that failed kept the other from being stored")
    answer.expect_status(202)
    response = response_of(answer)
    stored = uids_in(response, REFERENCED)
    expect(stored == [good.instance_uid], f"Referenced SOP Sequence names {stored}")
    _expect_reason(response, bad)
    expect_there(server, good)
    expect(not is_there(server, bad), "the one that failed is there")


@check("stow.again", "STOW-AGAIN", "STOW-AGAIN-SAME", needs=Needs.WRITING, after=["stow.one"])
def the_same_again(server: Server, known: Known) -> None:
    """The same instance stored again is no error, and is still there"""
    made = fresh(known, "again")
    store(server, made).expect_status(200)
    store(server, made).expect_status(200, 202, 409)
    expect_there(server, made)


@check("stow.415", "STOW-415", needs=Needs.WRITING, after=["reach"])
def a_type_that_cannot_be_stored(server: Server, known: Known) -> None:
    """A Content-Type that cannot be stored is answered 415"""
    body = b"--b\r\nContent-Type: text/plain\r\n\r\nno instance\r\n--b--\r\n"
    server.post("/studies", body, "text/plain").expect_status(415)
    # A message whose parts are all refused may be answered like any other of that kind.
    parts_of_text = 'multipart/related; type="text/plain"; boundary=b'
    server.post("/studies", body, parts_of_text).expect_status(409, 415)


@check("stow.preserved", "STOW-PRESERVED", "STOW-COERCED", after=["reach"])
def everything_is_kept(server: Server, known: Known) -> None:
    """Private elements, unknown elements and deep sequences come back as they were stored"""
    for name in ("values", "deep"):
        made = known.instance(name)
        file = the_file(server.get(made.path, accept=NATIVE))
        expect_unchanged(made, file)


_SYNTAXES: Final = (
    ("EXPLICIT", "ExplicitVRLittleEndian"),
    ("RLE", "RLELossless"),
    ("JPEG", "JPEGBaseline8Bit"),
    ("JPEG-LOSSLESS", "JPEGLosslessSV1"),
    ("JPEG-LS", "JPEGLSLossless"),
    ("JPEG-2000", "JPEG2000Lossless"),
    ("HTJ2K", "HTJ2KLossless"),
    ("IMPLICIT", "ImplicitVRLittleEndian"),
    ("BIG-ENDIAN", "ExplicitVRBigEndian"),
    ("DEFLATED", "DeflatedExplicitVRLittleEndian"),
)
_CLASSES: Final = (
    ("CT", "ct-1-1"),
    ("MULTI-FRAME", "gray12-ExplicitVRLittleEndian"),
    ("SEGMENTATION", "segmentation"),
    ("WAVEFORM", "waveform"),
    ("REPORT", "report"),
    ("PDF", "pdf"),
    ("SLIDE", "slide"),
    ("RAW", "values"),
    ("NO-PIXELS", "no-pixels"),
)
_TAKEN: Final[Sequence[tuple[str, tuple[str, ...], tuple[str, ...]]]] = [
    *((key.lower(), (f"STOW-SYNTAX-{key}",), (f"gray8-{name}",)) for key, name in _SYNTAXES),
    *((key.lower(), (f"STOW-CLASS-{key}",), (name,)) for key, name in _CLASSES),
]


@each("stow.takes", _TAKEN, after=["reach"])
def takes_a_kind_of_instance(server: Server, known: Known, name: str) -> None:
    """Instances of a kind are stored: {}"""
    if name not in known.stored:
        reason = known.notes.get(f"storing {name}", "it is not there")
        raise NotOffered(f"the server did not take it: {reason}")
    made = known.corpus.instance(name)
    stored_at(known, made, "instance")
    expect(is_there(server, made), "it is not there")
