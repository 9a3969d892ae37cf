"""What known clients send, replayed word for word, and answered as each of them needs.

The table is of Accept headers as they stand in the clients' sources or were recorded from them;
what a client needs is said by a small function that does what the client does with the answer.
The images are real ones that come with pydicom, in eight transfer syntaxes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.filebase import DicomBytesIO

from archive.archive import migrate, open_archive
from archive.settings import Settings
from dicomweb import routes
from dicomweb.settings import DoorSettings

FILES = {
    "explicit": "CT_small.dcm",
    "implicit": "MR_small_implicit.dcm",
    "big endian": "MR_small_bigendian.dcm",
    "deflated": "image_dfl.dcm",
    "RLE": "MR_small_RLE.dcm",
    "JPEG": "SC_rgb_jpeg_dcmtk.dcm",
    "JPEG-LS": "MR_small_jpeg_ls_lossless.dcm",
    "JPEG 2000": "emri_small_jpeg_2k_lossless.dcm",
}
EXPLICIT = "1.2.840.10008.1.2.1"
PDF = 'multipart/related; type="application/pdf", multipart/related; '


@dataclass(frozen=True)
class Answer:
    """An answer, as a client takes it apart."""

    content_type: str
    body: bytes
    stored_uid: str
    file: bytes

    @property
    def parts(self) -> list[tuple[str, bytes]]:
        """Part headers as text, and bodies; header names as they are spelled."""
        boundary = self.content_type.split("boundary=")[1].split(";")[0].strip('"').encode()
        pieces = self.body.split(b"--" + boundary)[1:-1]
        split = (piece.removeprefix(b"\r\n").partition(b"\r\n\r\n") for piece in pieces)
        return [(head.decode(), data.removesuffix(b"\r\n")) for head, _, data in split]

    @property
    def said_uid(self) -> str:
        said = self.parts[0][0] if "multipart" in self.content_type else self.content_type
        return said.partition("transfer-syntax=")[2].partition("\r")[0].partition(";")[0]


def frame_as_stored(answer: Answer) -> None:
    """cornerstone, Slim: a codec of their own, told by the part which one."""
    assert answer.content_type.startswith("multipart/related")
    head, data = answer.parts[0]
    assert "Content-Type: " in head, "looked for with this very spelling"
    native = answer.stored_uid.startswith("1.2.840.10008.1.2.1") or answer.stored_uid in (
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.2",
    )
    assert answer.said_uid == (EXPLICIT if native else answer.stored_uid)
    assert data


def frame_decoded(answer: Answer) -> None:
    """Clients without codecs: octets in the length that the metadata give."""
    ds = dcmread(DicomBytesIO(answer.file), force=True)
    data = answer.parts[0][1] if "multipart" in answer.content_type else answer.body
    samples = 2 if ds.PhotometricInterpretation == "YBR_FULL_422" else ds.SamplesPerPixel
    assert answer.said_uid == EXPLICIT
    assert len(data) == ds.Rows * ds.Columns * samples * ds.BitsAllocated // 8


def frame_told(answer: Answer) -> None:
    """A frame in whatever way, if only the part says which."""
    assert answer.said_uid
    assert "image/" not in answer.content_type or answer.said_uid


def instance_as_stored(answer: Answer) -> None:
    """Gateways: the very bytes."""
    assert answer.parts[0][1] == answer.file


def instance_readable(answer: Answer) -> None:
    """Anything that pydicom reads without a codec of its own."""
    data = answer.parts[0][1] if "multipart" in answer.content_type else answer.body
    ds = dcmread(DicomBytesIO(data))
    assert ds.file_meta.TransferSyntaxUID == EXPLICIT == answer.said_uid
    ds.pixel_array  # noqa: B018 - raises where the client would


def multipart_of_instances(answer: Answer) -> None:
    assert answer.content_type.startswith('multipart/related; type="application/dicom"')
    assert answer.parts[0][1][128:132] == b"DICM"


def jpeg_lossless_frame(answer: Answer) -> None:
    assert answer.said_uid in ("1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.50")
    assert answer.parts[0][1][:2] == b"\xff\xd8"


def json_array(answer: Answer) -> None:
    assert answer.content_type == "application/dicom+json"
    assert answer.body[:1] == b"["


def plain_json_array(answer: Answer) -> None:
    assert answer.content_type == "application/json"
    assert answer.body[:1] == b"["


def xml_parts(answer: Answer) -> None:
    assert all(b"NativeDicomModel" in data for _, data in answer.parts)


@dataclass(frozen=True)
class Row:
    """One request of a client."""

    client: str
    path: str
    accept: str | None
    needs: Callable[[Answer], None]

    @property
    def name(self) -> str:
        return f"{self.client}: {self.path} {self.accept}"


ONE, FRAME, META = "/instances/{i}", "/instances/{i}/frames/1", "/metadata"
DICOM = 'multipart/related; type="application/dicom"'
OCTETS = 'multipart/related; type="application/octet-stream"'
JSON = "application/dicom+json"
BARE = "multipart/related; type=application/octet-stream; transfer-syntax"
BARE_OCTETS = f"{BARE}=*"
OHIF_JPEG = (
    "multipart/related; type=image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.70; transfer-syntax=*"
)
OLD_OHIF = "application/dicom+json, multipart/related; type=application/octet-stream"
DCM4CHE = "multipart/related;type=application/dicom"
WEASIS = 'multipart/related;type="application/dicom";transfer-syntax=*'
OLD_SLIM = (
    'multipart/related; type="image/jls"; transfer-syntax=1.2.840.10008.1.2.4.80, '
    'multipart/related; type="image/jls"; transfer-syntax=1.2.840.10008.1.2.4.81, '
    'multipart/related; type="image/jp2"; transfer-syntax=1.2.840.10008.1.2.4.90, '
    'multipart/related; type="image/jp2"; transfer-syntax=1.2.840.10008.1.2.4.91, '
    'multipart/related; type="image/jpx"; transfer-syntax=1.2.840.10008.1.2.4.92, '
    'multipart/related; type="image/jpx"; transfer-syntax=1.2.840.10008.1.2.4.93, '
    'multipart/related; type="application/octet-stream"; transfer-syntax=*, '
    'multipart/related; type="image/jpeg"; transfer-syntax=1.2.840.10008.1.2.4.50'
)

TABLE = [
    # OHIF and cornerstone: quoted, unquoted, with the transfer syntax that is configured, or not
    Row("OHIF 3.8-3.13", FRAME, BARE_OCTETS, frame_as_stored),
    Row("OHIF, quoted", FRAME, OCTETS + '; transfer-syntax="*"', frame_as_stored),
    Row("OHIF, explicit asked for", FRAME, f"{BARE}={EXPLICIT}; transfer-syntax=*", frame_decoded),
    Row(
        "OHIF, implicit asked for",
        FRAME,
        f"{BARE}=1.2.840.10008.1.2; transfer-syntax=*",
        frame_as_stored,
    ),
    Row("OHIF, lossless JPEG asked for", FRAME, OHIF_JPEG, jpeg_lossless_frame),
    Row("OHIF, static-wado", FRAME, "image/*, application/*", frame_told),
    Row("cornerstone wadors 2", FRAME, OCTETS, frame_decoded),
    Row("OHIF, metadata", META, JSON, json_array),
    Row("OHIF, metadata of old", META, OLD_OHIF, json_array),
    Row("OHIF, SEG", ONE, DICOM, instance_readable),
    # dicomweb-client, Python
    Row("dicomweb-client", ONE, DICOM + "; transfer-syntax=*", instance_as_stored),
    Row("dicomweb-client", "", DICOM, multipart_of_instances),
    Row("dicomweb-client", FRAME, 'multipart/related; type="*/*"', frame_decoded),
    Row("dicomweb-client", META, "application/dicom+json, application/json", json_array),
    # dicomweb-client, npm
    Row("dicomweb-client.js", ONE, DICOM, instance_readable),
    Row("dicomweb-client.js", FRAME, OCTETS, frame_decoded),
    Row("dicomweb-client.js", ONE, None, multipart_of_instances),
    # dcm4che wadors: one header line a type, with or without a transfer syntax, never a space
    Row("dcm4che wadors", ONE, DCM4CHE, instance_readable),
    Row("dcm4che wadors", ONE, f"{DCM4CHE};transfer-syntax={EXPLICIT}", instance_readable),
    Row("dcm4che wadors", FRAME, "multipart/related;type=application/octet-stream", frame_decoded),
    Row("dcm4che wadors", META, "multipart/related;type=application/dicom+xml", xml_parts),
    Row("dcm4che wadors", META, "application/json", plain_json_array),
    # Weasis
    Row("Weasis", ONE, WEASIS, instance_as_stored),
    Row("Weasis", "", WEASIS, multipart_of_instances),
    # 3D Slicer asks through dicomweb-client; dicomtrolley with nothing but a wild card
    Row("3D Slicer", ONE, DICOM + "; transfer-syntax=*", instance_as_stored),
    Row("dicomtrolley", "", "*/*", multipart_of_instances),
    # MONAI Label
    Row("MONAI Label", "", DICOM, multipart_of_instances),
    Row("MONAI Label", FRAME, 'multipart/related; type="*/*"', frame_decoded),
    Row("MONAI Label", META, JSON, json_array),
    # Slim and dicom-microscopy-viewer, new and old
    Row("Slim", FRAME, OCTETS + "; transfer-syntax=*", frame_as_stored),
    Row("Slim of old", FRAME, OLD_SLIM, frame_as_stored),
    Row("dicom-microscopy-viewer", FRAME, BARE_OCTETS, frame_as_stored),
    # Names of editions past
    Row(
        "cornerstone of 2015",
        FRAME,
        'multipart/related; type="image/dicom+jpeg"',
        jpeg_lossless_frame,
    ),
]


@dataclass(frozen=True)
class Stored:
    """A stored file, where it is, and the door to it."""

    door: FlaskClient
    path: str
    data: bytes
    uid: str


@pytest.fixture(params=FILES, scope="module")
def stored(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stored]:
    """One file behind a door of its own: the examples share their UIDs."""
    environment = {"DICOMTUBE_HOME": str(tmp_path_factory.mktemp("clients"))}
    migrate(Settings.from_environment(environment))
    archive = open_archive(Settings.from_environment(environment))
    app = Flask(__name__, static_folder=None)
    routes.register(app, archive, DoorSettings.from_environment(environment))
    door = app.test_client()
    data = Path(str(get_testdata_file(FILES[request.param], download=False))).read_bytes()
    answer = door.post("/dicom-web/studies", data=data, content_type="application/dicom")
    assert answer.status_code == 200, answer.data[:300]
    ds = dcmread(DicomBytesIO(data), force=True)
    path = f"/studies/{ds.StudyInstanceUID}/series/{ds.SeriesInstanceUID}"
    uid = str(ds.file_meta.TransferSyntaxUID)
    yield Stored(door, f"{path}/instances/{ds.SOPInstanceUID}", data, uid)
    archive.close()


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_client_gets_what_it_needs(stored: Stored, row: Row) -> None:
    series, _, instance = stored.path.partition("/instances/")
    headers = {} if row.accept is None else {"Accept": row.accept}
    answer = stored.door.get("/dicom-web" + series + row.path.format(i=instance), headers=headers)
    assert answer.status_code == 200, answer.data[:300]
    row.needs(Answer(answer.content_type or "", answer.data, stored.uid, stored.data))
