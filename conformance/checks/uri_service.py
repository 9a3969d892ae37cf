"""The URI service, WADO-URI (PS3.18 9): one address, everything in its query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from conformance.asking import INSTANCE_UID
from conformance.checks.rendering import GRAY, UPRIGHT
from conformance.corpus.making import Made
from conformance.corpus.pixels import COLUMNS, ROWS
from conformance.files import expect_unchanged, read_file
from conformance.known import Known
from conformance.model import Severity
from conformance.pictures import expect_order, gray_quadrants, picture_in
from conformance.registry import Needs, check, each
from conformance.verdicts import Failed, NotOffered, Undecided, expect
from conformance.wire.answer import Answer
from conformance.wire.server import Server

DICOM: Final = "application/dicom"
Row = tuple[str, tuple[str, ...], tuple[Any, ...]]


def address(server: Server) -> str:
    """Where the URI service is."""
    return server.target.wado_uri or f"{server.target.base}/wado"


def ask(server: Server, made: Made, accept: str = "*/*", **query: str) -> Answer:
    """Ask for an instance of the corpus; a parameter of None is left out."""
    whole = {
        "requestType": "WADO",
        "studyUID": made.study_uid,
        "seriesUID": made.series_uid,
        "objectUID": made.instance_uid,
        **query,
    }
    return server.get(address(server), whole, accept=accept)


def _plainly(server: Server, known: Known) -> Answer:
    """Ask for an image and say nothing else."""
    place = known.place()
    query = {
        "requestType": "WADO",
        "studyUID": place.study_uid,
        "seriesUID": place.series_uid,
        "objectUID": place.instance_uid,
    }
    return server.get(address(server), query, accept="*/*")


@check("uri.there", "URI-DEFAULT", needs=Needs.SAMPLE, after=["reach"])
def there_is_a_uri_service(server: Server, known: Known) -> None:
    """There is a URI service"""
    answer = _plainly(server, known)
    if answer.status in (404, 405, 501):
        raise NotOffered(
            f"{answer.asked} answered {answer.status}; --wado-uri names another address"
        )


AFTER: Final = ["uri.there"]
PICTURES: Final = ["uri.picture[jpeg]"]


@check("uri.default", "URI-DEFAULT", needs=Needs.SAMPLE, after=AFTER)
def the_default_is_a_picture(server: Server, known: Known) -> None:
    """An image is answered as image/jpeg when nothing else is asked for"""
    answer = _plainly(server, known)
    kind = answer.media_type().name if answer.status == 200 else ""
    if not known.has_corpus and not kind.startswith("image/"):
        raise Undecided("the instance is a stranger's and may be no image")
    picture_in(answer, "image/jpeg")


@check("uri.dicom", "URI-DICOM", "URI-DICOM-SAME", after=AFTER)
def the_file_is_answered(server: Server, known: Known) -> None:
    """contentType=application/dicom answers the instance as it was stored"""
    made = known.instance("ct-1-1")
    answer = ask(server, made, contentType=DICOM).expect_status(200)
    name = answer.media_type().name
    expect(name == DICOM, f"{answer.asked} answered {name}")
    expect_unchanged(made, read_file(answer.body, answer.asked))


_PICTURES: Final[Sequence[Row]] = [
    ("jpeg", ("URI-JPEG",), ("image/jpeg",)),
    ("png", ("URI-PNG",), ("image/png",)),
]


@each("uri.picture", _PICTURES, after=AFTER)
def a_picture_is_answered(server: Server, known: Known, media_type: str) -> None:
    """contentType chooses the type of a picture: {}"""
    made = known.instance(GRAY)
    answer = ask(server, made, contentType=media_type, frameNumber="1")
    if answer.status == 406:
        raise NotOffered(f"{answer.asked} answered 406")
    expect_order(picture_in(answer, media_type), UPRIGHT, answer.asked)


@check("uri.text", "URI-TEXT", after=AFTER)
def a_report_is_answered(server: Server, known: Known) -> None:
    """A report is answered as text that holds what it says"""
    made = known.instance("report")
    answer = ask(server, made, contentType="text/html")
    if answer.status == 406:
        raise NotOffered(f"{answer.asked} answered 406")
    text = answer.expect_status(200).body
    expect(b"seventeen millimetres" in text, f"{answer.asked} lacks the report's text")


_WITHOUT: Final[Sequence[Row]] = [
    (name, (requirement,), (name, value))
    for name, value, requirement in (
        ("requestType", "WADO2", "URI-REQUEST-TYPE"),
        ("requestType", "", "URI-REQUEST-TYPE"),
        ("studyUID", "", "URI-MISSING"),
        ("seriesUID", "", "URI-MISSING"),
        ("objectUID", "", "URI-MISSING"),
        ("studyUID", "not-a-uid", "URI-MISSING"),
    )
]


@each(
    "uri.refused",
    [(f"{n}={v[1]}", r, v) for n, r, v in _WITHOUT],
    after=AFTER,
)
def a_request_that_is_none(server: Server, known: Known, name: str, text: str) -> None:
    """A request without what it needs is refused: {}"""
    made = known.instance("ct-1-1")
    answer = ask(server, made, **{name: text})
    expect(400 <= answer.status < 500, f"{answer.asked} answered {answer.status}")


@check("uri.404", "URI-404", after=AFTER)
def what_is_not_there(server: Server, known: Known) -> None:
    """What is not there is answered 404 or 410"""
    made = known.instance("ct-1-1")
    ask(server, made, objectUID=made.instance_uid + ".9").expect_status(404, 410)


@check("uri.mismatch", "URI-MISMATCH", after=AFTER)
def below_its_own_study_alone(server: Server, known: Known) -> None:
    """An instance is not found below another study or series"""
    made, other = known.instance("ct-1-1"), known.instance("ct-2-1")
    ask(server, made, seriesUID=other.series_uid).expect_status(404, 410)
    elsewhere = known.instance("searched-plain")
    ask(server, made, studyUID=elsewhere.study_uid).expect_status(404, 410)


@check("uri.406", "URI-406", after=AFTER)
def a_type_that_cannot_be_had(server: Server, known: Known) -> None:
    """A contentType that cannot be had is answered 406"""
    made = known.instance("ct-1-1")
    unknown = "application/x-conformance-unknown"
    ask(server, made, unknown, contentType=unknown).expect_status(406)


@check("uri.frame", "URI-FRAME", after=PICTURES)
def a_frame_is_chosen(server: Server, known: Known) -> None:
    """frameNumber chooses the frame: frames 1 and 5 look different"""
    made = known.instance("gray8-ExplicitVRLittleEndian")
    pictures = [
        picture_in(
            ask(
                server,
                made,
                contentType="image/jpeg",
                frameNumber=n,
                windowCenter="50",
                windowWidth="20",
            ),
            "image/jpeg",
        )
        for n in ("1", "5")
    ]
    first, last = (gray_quadrants(one)[0] for one in pictures)
    expect(
        last > first + 20, f"the first quadrant is {first:.0f} in frame 1, {last:.0f} in frame 5"
    )


_FRAMES: Final[Sequence[Row]] = [
    ("0", ("URI-FRAME-BAD",), (GRAY, "0", (400,))),
    ("abc", ("URI-FRAME-BAD",), (GRAY, "abc", (400,))),
    ("-1", ("URI-FRAME-BAD",), (GRAY, "-1", (400,))),
    ("6", ("URI-FRAME-BEYOND",), (GRAY, "6", (400, 404))),
    ("2-of-1", ("URI-FRAME-SINGLE",), ("ct-1-1", "2", (400, 404))),
]


@each("uri.frame-refused", _FRAMES, after=PICTURES)
def a_frame_that_is_none(
    server: Server, known: Known, name: str, number: str, codes: tuple[int, ...]
) -> None:
    """A frameNumber that is none is refused: {}"""
    made = known.instance(name)
    ask(server, made, contentType="image/jpeg", frameNumber=number).expect_status(*codes)


@check("uri.rows", "URI-ROWS", after=PICTURES)
def rows_and_columns_bound(server: Server, known: Known) -> None:
    """rows and columns bound the picture, which keeps its proportions"""
    made = known.instance(GRAY)
    query = {"rows": "16", "columns": "240", "frameNumber": "1"}
    image = picture_in(ask(server, made, contentType="image/jpeg", **query), "image/jpeg")
    expect(image.size == (24, 16), f"the picture is {image.size}, expected (24, 16)")


@check("uri.region", "URI-REGION", after=PICTURES)
def a_region_cuts(server: Server, known: Known) -> None:
    """region cuts the picture to a quadrant"""
    made = known.instance(GRAY)
    # With a window, since a server may take one of its own from what is shown.
    query = {"frameNumber": "1", "windowCenter": "128", "windowWidth": "256"}
    plain = ask(server, made, contentType="image/jpeg", **query)
    whole = gray_quadrants(picture_in(plain, "image/jpeg"))
    answer = ask(server, made, contentType="image/jpeg", region="0.5,0,1,0.5", **query)
    found = gray_quadrants(picture_in(answer, "image/jpeg"))
    apart = max(abs(one - whole[1]) for one in found)
    expect(apart < 15, f"{answer.asked} is {apart:.0f} levels off the top right quadrant")


_BAD: Final[Sequence[Row]] = [
    ("region=abc", ("URI-REGION-BAD",), ({"region": "abc"},)),
    ("region=0.5,0,0.2,1", ("URI-REGION-BAD",), ({"region": "0.5,0,0.2,1"},)),
    ("region=0,0,2,2", ("URI-REGION-BAD",), ({"region": "0,0,2,2"},)),
    ("windowCenter", ("URI-WINDOW-HALF",), ({"windowCenter": "40"},)),
    ("imageQuality=0", ("URI-QUALITY-BAD",), ({"imageQuality": "0"},)),
    ("imageQuality=high", ("URI-QUALITY-BAD",), ({"imageQuality": "high"},)),
]


@each("uri.bad", _BAD, after=PICTURES)
def a_bad_parameter(server: Server, known: Known, query: dict[str, str]) -> None:
    """A parameter that is none is answered 400: {}"""
    made = known.instance("ct-1-1")
    ask(server, made, contentType="image/jpeg", **query).expect_status(400)


@check("uri.window", "URI-WINDOW", after=PICTURES)
def a_window_brightens(server: Server, known: Known) -> None:
    """A window further down makes the picture brighter"""
    made = known.instance(GRAY)
    sums = []
    for center in ("200", "60"):
        query = {"windowCenter": center, "windowWidth": "256", "frameNumber": "1"}
        answer = ask(server, made, contentType="image/jpeg", **query)
        sums.append(sum(gray_quadrants(picture_in(answer, "image/jpeg"))))
    expect(sums[1] > sums[0] + 100, f"means of the quadrants sum to {sums}")


@check("uri.quality", "URI-QUALITY", after=PICTURES)
def quality_has_its_price(server: Server, known: Known) -> None:
    """imageQuality=1 makes a smaller picture than 100"""
    made = known.instance(GRAY)
    sizes = [
        len(
            ask(server, made, contentType="image/jpeg", frameNumber="1", imageQuality=q)
            .expect_status(200)
            .body
        )
        for q in ("1", "100")
    ]
    expect(sizes[0] < sizes[1], f"quality 1 has {sizes[0]} bytes, quality 100 {sizes[1]}")


@check("uri.transfer-syntax", "URI-SYNTAX", after=AFTER)
def a_transfer_syntax_is_chosen(server: Server, known: Known) -> None:
    """transferSyntax is followed or refused, and never ignored"""
    made = known.instance("gray8-JPEGLSLossless")
    uid = "1.2.840.10008.1.2.1"
    answer = ask(server, made, contentType=DICOM, transferSyntax=uid)
    if answer.status in (400, 406):
        return
    found = read_file(answer.expect_status(200).body, answer.asked).transfer_syntax
    expect(found == uid, f"{answer.asked} was answered in {found}")


@check(
    "uri.anonymize", "URI-ANONYMIZE", "URI-ANONYMIZE-UIDS", after=AFTER, severity=Severity.PRIVACY
)
def anonymize_is_never_ignored(server: Server, known: Known) -> None:
    """anonymize=yes answers a file without the patient's identity, or is refused"""
    made = known.instance("ct-1-1")
    answer = ask(server, made, contentType=DICOM, anonymize="yes")
    if answer.status in (400, 403, 406, 501):
        return
    ds = read_file(answer.expect_status(200).body, answer.asked).data_set
    left = [
        word
        for word in ("PatientName", "PatientID", "PatientBirthDate")
        if ds.get(word) and str(ds.get(word)) == str(made.data_set.get(word))
    ]
    if left:
        raise Failed(f"{answer.asked} answered the file with {', '.join(left)}", Severity.PRIVACY)
    if str(ds.get("SOPInstanceUID")) == made.instance_uid:
        raise Failed(f"{answer.asked} kept the SOP Instance UID ({INSTANCE_UID})", Severity.PRIVACY)


@check("uri.annotation", "URI-ANNOTATION", after=PICTURES)
def an_annotation_is_written_or_refused(server: Server, known: Known) -> None:
    """annotation=patient is written onto the picture, or refused"""
    made = known.instance(GRAY)
    query = {"rows": str(10 * ROWS), "columns": str(10 * COLUMNS), "frameNumber": "1"}
    plain = ask(server, made, contentType="image/jpeg", **query).expect_status(200)
    other = ask(server, made, contentType="image/jpeg", annotation="patient", **query)
    if other.status in (400, 406):
        return
    expect(other.expect_status(200).body != plain.body, f"{other.asked} ignores annotation")


@check("uri.charset", "URI-CHARSET", after=PICTURES)
def charset_is_understood(server: Server, known: Known) -> None:
    """charset=UTF-8 is understood"""
    made = known.instance("ct-1-1")
    ask(server, made, contentType="image/jpeg", charset="UTF-8").expect_status(200)


@check("uri.dicom-picture", "URI-DICOM-PICTURE", after=AFTER)
def a_file_has_no_quality(server: Server, known: Known) -> None:
    """Parameters of pictures beside application/dicom are refused or ignored"""
    made = known.instance("ct-1-1")
    answer = ask(server, made, contentType=DICOM, imageQuality="50").expect_status(200, 400)
    if answer.status == 200:
        expect_unchanged(made, read_file(answer.body, answer.asked))
