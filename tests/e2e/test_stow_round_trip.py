"""What the live server gives away as metadata and bulk data, it takes back: the same instances.

Metadata and bulk data are fetched from one collection, in JSON through dicomweb-client and in XML,
and stored with their BulkDataURIs as they came into another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import EncapsulatedPDFStorage, generate_uid

from imaging.native_xml import from_xml
from tests.builders import ct_data_set, part10
from tests.canonical import canonical
from tests.part10_files import parts_of
from tests.product import JSON, Product, stow
from tests.sent import (
    Part,
    box,
    content_type,
    json_parts,
    message,
    part,
    png_bomb,
    with_pixels,
    xml_parts,
)
from tests.sent import metadata as described
from tests.services import wait_until

XML = "application/dicom+xml"
# Bundled with pydicom: native in both byte orders, and compressed in several ways and frames.
FILES = (
    "CT_small.dcm",
    "ExplVR_BigEnd.dcm",
    "JPEG-LL.dcm",
    "JPEG2000.dcm",
    "SC_rgb_rle_2frame.dcm",
    "emri_small_jpeg_ls_lossless.dcm",
    "color3d_jpeg_baseline.dcm",
)
PIXEL_DATA = "7FE00010"
AS_STORED = 'multipart/related; type="*/*"; transfer-syntax=*'
Spell = Callable[[Any], list[Part]]


@pytest.fixture(scope="module")
def product(embedded_product: Product) -> Iterator[Product]:
    for name in ("json", "xml"):
        embedded_product.command("collection", "create", name, "--ae-title", name.upper())
    yield embedded_product


@pytest.fixture(scope="module")
def paths(product: Product) -> dict[str, str]:
    """What was stored first, by name: the path of each instance."""
    stored = {name: Path(str(get_testdata_file(name))).read_bytes() for name in FILES}
    stored["report"] = part10(encapsulated_pdf())
    for name, data in stored.items():
        assert stow(product.root, [data]).status_code == 200, name
    return {name: path_of(data) for name, data in stored.items()}


def encapsulated_pdf() -> Dataset:
    ds = ct_data_set(Rows=None, SOPClassUID=EncapsulatedPDFStorage, Modality="DOC")
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    ds.EncapsulatedDocument = b"%PDF-1.7\n" + b"x" * 4001
    ds.EncapsulatedDocumentLength = len(ds.EncapsulatedDocument)
    ds.SOPInstanceUID = generate_uid()
    return ds


def path_of(data: bytes) -> str:
    ds = dcmread(BytesIO(data), stop_before_pixels=True)
    return (
        f"/studies/{ds.StudyInstanceUID}/series/{ds.SeriesInstanceUID}"
        f"/instances/{ds.SOPInstanceUID}"
    )


def metadata(root: str, path: str) -> dict[str, Any]:
    _, _, study, _, series, _, instance = path.split("/")
    found: dict[str, Any] = DICOMwebClient(root).retrieve_instance_metadata(study, series, instance)
    return found


def xml_metadata(root: str, path: str) -> dict[str, Any]:
    accept = {"Accept": f'multipart/related; type="{XML}"'}
    [document] = parts_of(requests.get(f"{root}{path}/metadata", headers=accept, timeout=60))
    return from_xml(document)


def bulk_uris(model: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, attribute in model.items():
        if uri := attribute.get("BulkDataURI"):
            yield name, uri
        if attribute["vr"] == "SQ":
            for item in attribute.get("Value", []):
                yield from bulk_uris(item)


def fetched(uri: str) -> list[Part]:
    answer = requests.get(uri, headers={"Accept": AS_STORED}, timeout=60)
    assert answer.status_code == 200, answer.text
    heads = [piece.partition(b"\r\n\r\n")[0] for piece in answer.content.split(b"\r\n--")]
    [media_type] = {
        line.partition(b": ")[2].decode()
        for head in heads
        for line in head.splitlines()
        if line.startswith(b"Content-Type: ")
    }
    return [part(data, media_type, uri) for data in parts_of(answer)]


def pixels(root: str, path: str) -> list[bytes]:
    uris = [uri for name, uri in bulk_uris(metadata(root, path)) if name == PIXEL_DATA]
    return [data.rstrip(b"\0") for uri in uris for _, data in fetched(uri)]


def without_places(model: dict[str, Any]) -> dict[str, Any]:
    """A model without what a place or a compressed form adds to it."""
    kept = {}
    for name, attribute in model.items():
        one = {key: value for key, value in attribute.items() if key != "BulkDataURI"}
        if attribute["vr"] == "SQ":
            one["Value"] = [without_places(item) for item in attribute.get("Value", [])]
        if name == PIXEL_DATA:
            one["vr"] = "OB or OW"
        kept[name] = one
    return kept


@pytest.mark.parametrize("name", [*FILES, "report"])
@pytest.mark.parametrize(
    ("collection", "root_type", "spell", "read"),
    [("json", JSON, json_parts, metadata), ("xml", XML, xml_parts, xml_metadata)],
    ids=["json", "xml"],
)
def test_an_instance_fetched_in_parts_is_stored_as_the_same_one(
    product: Product,
    paths: dict[str, str],
    name: str,
    collection: str,
    root_type: str,
    spell: Spell,
    read: Callable[[str, str], dict[str, Any]],
) -> None:
    there = f"{product.url}/collections/{collection}/dicom-web"
    model = read(product.root, paths[name])
    bulk = [one for _, uri in bulk_uris(model) for one in fetched(uri)]
    answer = requests.post(
        f"{there}/studies",
        data=message([*spell([model]), *bulk]),
        headers={"Content-Type": content_type(root_type)},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    before, after = (
        canonical(without_places(metadata(root, paths[name]))) for root in (product.root, there)
    )
    declared = after.pop("00080005", None)
    assert before.pop("00080005", declared) in (declared, {"vr": "CS"})
    assert after == before
    assert pixels(there, paths[name]) == pixels(product.root, paths[name])


def hostile(kind: str) -> bytes:
    """A message that wants more than it may have."""
    image = with_pixels(described())
    return {
        "deep": lambda: message([part(b'[{"00081115":' * 1000, JSON)]),
        "wide": lambda: message([part(b"[" + b"{}," * 1_100_000 + b"{}]", JSON)]),
        "long": lambda: message([part(b'[{"a":"' + b"x" * 34_000_000 + b'"}]', JSON)]),
        "parts": lambda: message([*json_parts([described()]), *[part(b"", "a/b", "c")] * 10_001]),
        "bomb": lambda: message(
            [*json_parts([image]), part(png_bomb(50_000, 50_000), "image/png", "pixels")]
        ),
        "boxes": lambda: message(
            [*json_parts([image]), part(box(b"free") * 500_000, "video/mp4", "pixels")]
        ),
    }[kind]()


@pytest.mark.parametrize(
    ("kind", "status"),
    [("deep", 400), ("wide", 400), ("long", 413), ("parts", 400), ("bomb", 409), ("boxes", 409)],
)
def test_the_live_server_refuses_what_is_too_much_and_goes_on(
    product: Product, kind: str, status: int
) -> None:
    answer = requests.post(
        f"{product.root}/studies",
        data=hostile(kind),
        headers={"Content-Type": content_type(JSON)},
        timeout=60,
    )
    assert answer.status_code == status, answer.text
    assert requests.get(f"{product.url}/healthz", timeout=10).ok
    # The worker spools, too: what it made of the studies before goes away by itself.
    wait_until(lambda: not list(product.home.rglob("*.part")), "the spool to be empty", 20)
