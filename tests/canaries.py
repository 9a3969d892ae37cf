"""A case whose every text is one word that nothing else says, and a walk that finds it.

Every address that the app knows is asked for, with what the case consists of in its places: a door
that is built later is tried as soon as it is there. The word stands in every text of the case, in
comments that mention a reader, in a tag and in every DICOM attribute that holds words.

May live here: the case, the walk, and how the word is seen however it is packed. May not:
expectations.
"""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from typing import Any
from urllib.parse import quote

from flask import request
from flask.testing import FlaskClient
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from werkzeug.routing import AnyConverter, IntegerConverter, Rule
from werkzeug.test import TestResponse

from community.accounts.people import Person, find_person
from community.cases import pictures, publishing, studies
from community.cases.editing import CaseText, make_case
from community.cases.model import AFTER_ANSWER, ALWAYS, DIAGNOSIS, HISTORY, KINDS, Case, Section
from community.cases.pictures import Place, Shown
from community.cases.readers import Reader
from community.cases.reading import view_case
from community.discussion.following import follow
from community.discussion.model import Spot
from community.finding.tagging import add_tag
from community.quizzes.model import FREE, LOCATE
from community.quizzes.questions import Wish, add_question
from dicomweb.proxies import origin_of
from tests.builders import ct_data_set, part10
from tests.cases import VERSION, give, keep
from tests.documents import code, encapsulated, item, pdf, report
from tests.people import Town
from tests.talk import say

CANARY = "Zebrafinchoma"
STUDY = "1.2.826.66.1"

_WORDS = (
    "StudyDescription", "SeriesDescription", "ProtocolName", "ImageComments", "PatientComments",
    "AdmittingDiagnosesDescription", "RequestedProcedureDescription", "DerivationDescription",
    "PerformedProcedureStepDescription", "AdditionalPatientHistory", "StationName",
    "InstitutionName", "AcquisitionProtocolDescription", "FilterType", "StudyID",
    "BodyPartExamined", "ScanOptions", "PatientName", "PatientID",
)  # fmt: skip


def described(ds: Dataset) -> Dataset:
    """Put the diagnosis wherever words may stand."""
    for keyword in _WORDS:
        word = CANARY.upper() if keyword in ("BodyPartExamined", "ScanOptions") else CANARY
        setattr(ds, keyword, word)
    ds.ImageType = ["DERIVED", "PRIMARY", CANARY.upper()]
    ds.AnatomicRegionSequence = Sequence([code(CANARY, CANARY)])
    ds.ProcedureCodeSequence = Sequence([code(CANARY)])
    block = ds.private_block(0x0009, CANARY, create=True)
    block.add_new(0x10, "LO", CANARY)
    block.add_new(0x11, "UN", CANARY.encode() + b"\0")
    return ds


@dataclass(frozen=True)
class Scene:
    """A town with one unknown case that its author ann published, and two readers."""

    town: Town
    case: Case
    instances: dict[str, str]


def fill(here: Town, ann: Person) -> dict[str, str]:
    """A study with an image, a report and a document; returns its instances by what they are."""
    words: dict[str, Any] = {
        "StudyInstanceUID": STUDY, "StudyDescription": CANARY, "SeriesDescription": CANARY,
    }  # fmt: skip
    uids = {
        "image": f"{STUDY}.1.1",
        "report": f"{STUDY}.2.1",
        "document": f"{STUDY}.3.1",
    }

    def own(kind: str) -> dict[str, Any]:
        series = uids[kind].rpartition(".")[0]
        return {**words, "SeriesInstanceUID": series, "SOPInstanceUID": uids[kind]}

    said = item("TEXT", CANARY, TextValue=f"It is {CANARY}.")
    keep(
        here.archive,
        part10(described(ct_data_set(**own("image"), NumberOfFrames=2))),
        report(said, **own("report")),
        encapsulated(pdf(CANARY), **own("document"), DocumentTitle=CANARY),
    )
    give(here.archive, STUDY, ann)
    return uids


def make(here: Town, ann: Person, *, is_unknown: bool = True) -> Case:
    """A case whose every word that an unknown one hides is the diagnosis."""
    sections = tuple(
        Section(HISTORY, "Since spring.", ALWAYS)
        if kind == HISTORY
        # The diagnosis waits whatever its author ticked.
        else Section(kind, f"It is {CANARY}.", ALWAYS if kind == DIAGNOSIS else AFTER_ANSWER)
        for kind in KINDS
    )
    text = CaseText(
        title=f"{CANARY} of the left lobe", unknown_title="A cough that stayed",
        is_unknown=is_unknown, specialty="chest", certainty="certain", proof="histology",
        sections=sections,
    )  # fmt: skip
    archive, shown = here.archive, Place(STUDY, f"{STUDY}.1", f"{STUDY}.1.1")
    case = make_case(archive, ann, text)
    case = studies.add_study(archive, ann, case.id, STUDY, label=f"{CANARY} before surgery")
    plain = Shown("The slice", "A slice of the chest", (0.25, 0.5, 0.25, 0.25))
    case = pictures.add_key_images(archive, ann, case.id, [shown], plain)
    spoiler = Shown(CANARY, f"{CANARY} with an arrow", is_spoiler=True)
    case = pictures.add_key_images(archive, ann, case.id, [shown._replace(frame=2)], spoiler)
    author = Reader(ann)
    image, _ = view_case(archive, author, case.id).key_images
    add_question(archive, author, case.id, Wish(FREE, "What is it?", [CANARY]))
    add_question(archive, author, case.id, Wish(LOCATE, "Where?", key_image=image.id))
    add_tag(archive, view_case(archive, author, case.id), CANARY)
    return publishing.publish(archive, ann, case.id, None, VERSION, looked=True)


def talk(here: Town, case: Case) -> None:
    """Have the author say it to a reader who follows them, also at a place in the image."""
    cleo = Reader(find_person(here.archive, here.ids["cleo"]))
    follow(here.archive, cleo, "case", case.id)
    follow(here.archive, cleo, "person", here.ids["ann"])
    spot = Spot("community", STUDY, f"{STUDY}.1", f"{STUDY}.1.1")
    for one in (None, spot):
        say(here.archive, here.ids["ann"], case.slug, f"@cleo it is {CANARY}.", spot=one)


# ---- every door

_ACCEPTS = ("text/html", "*/*")
_DICOM_ACCEPTS = (
    "*/*", "application/dicom+json", 'multipart/related; type="application/dicom+xml"',
    'multipart/related; type="application/dicom"',
    'multipart/related; type="application/octet-stream"',
    "application/zip", "text/html", "application/pdf", "image/png",
)  # fmt: skip


def addresses(scene: Scene) -> list[tuple[str, tuple[str, ...]]]:
    """Every address that the app answers to GET with the case in its places; what to accept."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in scene.town.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.endswith("static"):
            continue
        is_dicom = "dicomweb" in rule.endpoint or "wado" in rule.rule
        for values in _places(scene, rule, is_dicom=is_dicom):
            built = rule.build(values, append_unknown=False)
            if built is not None:
                found[built[1]] = _accepts(rule, is_dicom=is_dicom)
    found.update(dict.fromkeys(_questions(scene), _ACCEPTS))
    root = f"/cases/{scene.case.id}/dicom-web"
    uri = f"{root}/wado?requestType=WADO&studyUID={STUDY}"
    for kind, instance in scene.instances.items():
        series = instance.rpartition(".")[0]
        asked = f"{uri}&seriesUID={series}&objectUID={instance}"
        rendered = f"{root}/studies/{STUDY}/series/{series}/instances/{instance}/rendered"
        for more in ("", "&contentType=application/dicom", "&contentType=text/html"):
            found[asked + more] = ("*/*",)
        found[f"{rendered}?annotation=patient,technique"] = ("image/png",)
        assert kind
    found[f"{root}/studies?includefield=all"] = _DICOM_ACCEPTS[:3]
    found[f"{root}/instances?includefield=all"] = _DICOM_ACCEPTS[:3]
    return sorted(found.items())


def _accepts(rule: Rule, *, is_dicom: bool) -> tuple[str, ...]:
    if not is_dicom:
        return _ACCEPTS
    # Of the other roots nothing is open at all; one way of asking shows it.
    return _DICOM_ACCEPTS if rule.rule.startswith("/cases/") else ("*/*",)


def _questions(scene: Scene) -> Iterator[str]:
    slug = scene.case.slug
    with scene.town.app.test_request_context():
        ours = origin_of(scene.town.archive.settings, request)
    page = quote(f"{ours}/cases/{slug}", safe="")
    for form in ("json", "xml"):
        yield f"/oembed?format={form}&url={page}"
    for style in ("bibtex", "ris", "csl"):
        yield f"/cases/{slug}/cite?style={style}"
        yield f"/api/v1/cases/{scene.case.id}/cite?style={style}"
    for form in ("zip", "mirc", "json"):
        yield f"/cases/{slug}/export?format={form}"
        yield f"/api/v1/cases/{scene.case.id}/export?format={form}"
    for words in ("cough", "A+cough+that+stayed"):
        yield f"/search?q={words}"
        yield f"/api/v1/search?q={words}"
    yield f"/u/ann?case={slug}"


def _places(scene: Scene, rule: Rule, *, is_dicom: bool) -> Iterator[dict[str, Any]]:
    names = rule.arguments
    for named, numbers in product((scene.case.slug, scene.case.id), _listed(rule)):
        common = dict.fromkeys(names, named) | {"handle": "ann", "collection": "community"}
        common |= {"case": scene.case.id if is_dicom else named} | numbers
        for instance in scene.instances.values() if is_dicom else ("",):
            uids = {
                "study": STUDY,
                "series": instance.rpartition(".")[0],
                "instance": instance,
                "frames": "1",
                "path": "00420011" if is_dicom else named,
                "transaction": "1.2.3",
            }
            yield {name: value for name, value in (common | uids).items() if name in names}


def _listed(rule: Rule) -> Iterator[dict[str, Any]]:
    """What may stand where only numbers, or some words, may."""
    allowed: dict[str, list[Any]] = {}
    for name, one in rule._converters.items():
        if isinstance(one, IntegerConverter):
            allowed[name] = [1]
        elif isinstance(one, AnyConverter):
            allowed[name] = sorted(one.items)
    for values in product(*allowed.values()):
        yield dict(zip(allowed, values, strict=True))


def hits(answer: TestResponse) -> bool:
    """Whether the diagnosis is anywhere in an answer, also packed or encoded."""
    told = repr(list(answer.headers)).encode()
    return any(is_in(part) for part in (told, *unpacked(answer.data)))


def unpacked(body: bytes) -> Iterator[bytes]:
    yield body
    if body.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(body)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from unpacked(archive.read(name))


def _encoded() -> Iterator[bytes]:
    word = CANARY.encode()
    yield CANARY.lower().encode("utf-16-le")
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + word)
        yield encoded[4 if shift else 0 : len(encoded) - 8].lower()


_SPELLINGS = (CANARY.lower().encode(), *_encoded())


def is_in(body: bytes) -> bool:
    lowered = body.lower()
    return any(one in lowered for one in _SPELLINGS)


def walk(scene: Scene, browser: FlaskClient, **headers: str) -> set[str]:
    """The addresses whose answers have the diagnosis in them."""
    found = set()
    for address, accepts in addresses(scene):
        for accept in accepts:
            answer = browser.get(address, headers={"Accept": accept, **headers})
            assert answer.status_code < 500, (address, accept, answer.text[:500])
            if hits(answer):
                found.add(f"{address} [{accept}] {answer.status_code}")
    return found
