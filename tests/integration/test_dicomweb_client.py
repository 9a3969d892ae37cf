"""The public client of PyPI, unmodified, against the live product on both sets of backends."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from dicomweb_client.api import DICOMwebClient
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import EncapsulatedPDFStorage, generate_uid
from requests import HTTPError

from tests.builders import ct_data_set, part10
from tests.conftest import Stack
from tests.product import Product

# Bundled with pydicom: native and compressed, single and multi-frame.
FILES = (
    "CT_small.dcm",
    "MR_small_RLE.dcm",
    "ExplVR_BigEnd.dcm",
    "JPEG-LL.dcm",
    "JPGLosslessP14SV1_1s_1f_8b.dcm",
    "SC_rgb_rle_2frame.dcm",
    "emri_small.dcm",
)


@pytest.fixture(scope="module")
def root(stack: Stack) -> Iterator[str]:
    product = Product(Path(stack.environment["DICOMTUBE_HOME"]), stack.environment)
    product.start()
    yield product.root
    product.stop()


@pytest.fixture(scope="module")
def client(root: str) -> DICOMwebClient:
    return DICOMwebClient(root)


@pytest.fixture(scope="module")
def files(client: DICOMwebClient) -> dict[str, bytes]:
    """What was stored, by name; every one was accepted."""
    found = {name: Path(str(get_testdata_file(name))).read_bytes() for name in FILES}
    for data in found.values():
        answer = client.store_instances([dcmread(BytesIO(data))])
        assert "ReferencedSOPSequence" in answer
        assert "FailedSOPSequence" not in answer
    return found


def uids(data: bytes) -> tuple[str, str, str]:
    ds = dcmread(BytesIO(data), stop_before_pixels=True)
    return ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID


def test_it_searches(client: DICOMwebClient, files: dict[str, bytes]) -> None:
    study, series, sop = uids(files["CT_small.dcm"])
    [found] = client.search_for_studies(search_filters={"PatientID": "1CT1"}, fields=["StudyID"])
    assert found["0020000D"]["Value"] == [study]
    assert [s["0020000E"]["Value"] for s in client.search_for_series(study)] == [[series]]
    [instance] = client.search_for_instances(study, series)
    assert instance["00080018"]["Value"] == [sop]


def test_it_searches_with_wild_cards(client: DICOMwebClient, files: dict[str, bytes]) -> None:
    assert len(client.search_for_studies(search_filters={"PatientName": "compress*"})) >= 1
    assert client.search_for_studies(search_filters={"PatientName": "nobody*"}) == []


def test_it_pages(client: DICOMwebClient, files: dict[str, bytes]) -> None:
    everything = client.search_for_studies()
    first, second = client.search_for_studies(limit=2), client.search_for_studies(limit=2, offset=2)
    assert (first + second)[:4] == everything[:4]


def test_it_retrieves_metadata(client: DICOMwebClient, files: dict[str, bytes]) -> None:
    for data in files.values():
        [model] = client.retrieve_series_metadata(*uids(data)[:2])
        original, ds = dcmread(BytesIO(data)), Dataset.from_json(model, lambda *_: b"")
        assert (ds.SOPInstanceUID, ds.Rows) == (original.SOPInstanceUID, original.Rows)
        assert ds.PatientName == original.PatientName


def test_it_retrieves_instances_as_stored(client: DICOMwebClient, files: dict[str, bytes]) -> None:
    for data in files.values():
        instance = client.retrieve_instance(*uids(data))
        original = dcmread(BytesIO(data))
        assert instance.PixelData == original.PixelData
        assert instance.file_meta.TransferSyntaxUID == original.file_meta.TransferSyntaxUID


def test_it_retrieves_series_by_default(client: DICOMwebClient, files: dict[str, bytes]) -> None:
    for data in files.values():
        [instance] = client.retrieve_series(*uids(data)[:2])
        assert instance.SOPInstanceUID == uids(data)[2]


def test_it_retrieves_frames_without_naming_a_type(
    client: DICOMwebClient, files: dict[str, bytes]
) -> None:
    for data in files.values():
        [frame] = client.retrieve_instance_frames(*uids(data), frame_numbers=[1])
        assert frame


def test_native_frames_are_the_pixels(client: DICOMwebClient, files: dict[str, bytes]) -> None:
    data = files["emri_small.dcm"]
    wanted = dcmread(BytesIO(data)).pixel_array
    frames = client.retrieve_instance_frames(
        *uids(data), frame_numbers=[1, 10], media_types=("application/octet-stream",)
    )
    for frame, number in zip(frames, (1, 10), strict=True):
        assert np.array_equal(np.frombuffer(frame, "<u2").reshape(64, 64), wanted[number - 1])


def test_compressed_frames_are_decoded_for_who_wants_octets(
    client: DICOMwebClient, files: dict[str, bytes]
) -> None:
    data = files["MR_small_RLE.dcm"]
    [frame] = client.retrieve_instance_frames(
        *uids(data), frame_numbers=[1], media_types=("application/octet-stream",)
    )
    assert np.array_equal(
        np.frombuffer(frame, "<i2").reshape(64, 64), dcmread(BytesIO(data)).pixel_array
    )


def test_it_retrieves_bulk_data(client: DICOMwebClient) -> None:
    pdf = b"%PDF-1.7\n" + bytes(range(256)) * 64
    ds = ct_data_set(
        SOPClassUID=EncapsulatedPDFStorage, PixelData=None, StudyInstanceUID=generate_uid()
    )
    ds.MIMETypeOfEncapsulatedDocument, ds.EncapsulatedDocument = "application/pdf", pdf + b"\0"
    client.store_instances([dcmread(BytesIO(part10(ds)))])
    model = client.retrieve_instance_metadata(
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID
    )
    [value] = client.retrieve_bulkdata(model["00420011"]["BulkDataURI"])
    assert value[: len(pdf)] == pdf


def test_a_chunked_upload_is_taken(root: str) -> None:
    chunked = DICOMwebClient(root, chunk_size=10_000)
    ds = ct_data_set(Rows=256, Columns=256)
    ds.PixelData = bytes(256 * 256 * 2)
    answer = chunked.store_instances([dcmread(BytesIO(part10(ds)))])
    assert len(answer.ReferencedSOPSequence) == 1


def test_it_erases(client: DICOMwebClient) -> None:
    ds = ct_data_set()
    client.store_instances([dcmread(BytesIO(part10(ds)))])
    client.delete_study(ds.StudyInstanceUID)
    with pytest.raises(HTTPError, match="410"):
        client.retrieve_study(ds.StudyInstanceUID)


@pytest.mark.parametrize("name", ["CT_small.dcm", "SC_rgb_rle_2frame.dcm", "emri_small.dcm"])
def test_it_retrieves_rendered_instances(
    client: DICOMwebClient, files: dict[str, bytes], name: str
) -> None:
    of = uids(files[name])
    usual = client.retrieve_instance_rendered(*of)
    assert Image.open(BytesIO(usual)).format == "JPEG"
    small = client.retrieve_instance_rendered(
        *of, media_types=("image/png",), params={"quality": 80, "viewport": "64,64"}
    )
    shown = Image.open(BytesIO(small))
    assert (shown.format, max(shown.size)) == ("PNG", 64)


def test_it_retrieves_rendered_frames(client: DICOMwebClient, files: dict[str, bytes]) -> None:
    of = uids(files["emri_small.dcm"])
    for media_types in (None, ("image/jpeg",), ("image/png",)):
        frame = client.retrieve_instance_frames_rendered(*of, [2], media_types=media_types)
        assert Image.open(BytesIO(frame)).size == (64, 64)
    moving = client.retrieve_instance_frames_rendered(*of, [1, 2, 3], media_types=("image/gif",))
    assert Image.open(BytesIO(moving)).n_frames == 3  # type: ignore[attr-defined]


def test_it_retrieves_a_rendered_series(client: DICOMwebClient, files: dict[str, bytes]) -> None:
    study, series, _ = uids(files["CT_small.dcm"])
    message = client.retrieve_series_rendered(study, series)
    assert b"Content-Type: image/jpeg" in message
