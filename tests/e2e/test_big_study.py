"""Memory does not grow with the study: stored and retrieved within 300 MiB per process.

`make big-study` runs it with 2 GiB; `make test` with a study that is still larger than the bound.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator

import pytest
import requests
from pydicom.uid import CTImageStorage, generate_uid
from pynetdicom import AE

from tests.hostile import element, identified, part10
from tests.product import JSON, Product

pytestmark = pytest.mark.alone

MIB = 1 << 20
STUDY_MIB = int(os.environ.get("DICOMTUBE_TEST_STUDY_MIB", "640"))
MAX_MIB = 300
CONTENT_TYPE = 'multipart/related; type="application/dicom"; boundary=big'
BLOCK = hashlib.sha256(b"noise").digest() * (MIB // 32)


class BigInstance:
    """A multi-frame CT of `mib` MiB that is written piece by piece."""

    def __init__(self, study: str, series: str, mib: int) -> None:
        self.sop = generate_uid()
        size = mib * MIB
        extra = element(0x00280008, b"IS", str(mib * 16).encode())
        head = identified(
            sop=self.sop, study=study, series=series, extra=b"",
            pixels=extra + struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, size),
        )  # fmt: skip
        frame_of_64_kib = element(0x00280010, b"US", struct.pack("<H", 256))
        head = head.replace(element(0x00280010, b"US", b"\4\0"), frame_of_64_kib)
        head = head.replace(
            element(0x00280011, b"US", b"\4\0"), frame_of_64_kib.replace(b"\x10\0US", b"\x11\0US")
        )
        self.head, self.mib = part10(head, sop=self.sop), mib

    def pieces(self) -> Iterator[bytes]:
        yield self.head
        for _ in range(self.mib):
            yield BLOCK

    def digest(self) -> str:
        digest = hashlib.sha256()
        for piece in self.pieces():
            digest.update(piece)
        return digest.hexdigest()


def body(instances: list[BigInstance]) -> Iterator[bytes]:
    for instance in instances:
        yield b"--big\r\nContent-Type: application/dicom\r\n\r\n"
        yield from instance.pieces()
        yield b"\r\n"
    yield b"--big--\r\n"


@pytest.mark.timeout(3600)
def test_a_big_study_goes_in_and_out_within_300_mib(embedded_product: Product) -> None:
    product = embedded_product
    study, series = generate_uid(), generate_uid()
    big = [BigInstance(study, series, STUDY_MIB // 2 - STUDY_MIB // 8) for _ in range(2)]
    small = [BigInstance(study, series, 1) for _ in range(STUDY_MIB // 4)]
    instances = big + small
    answer = requests.post(
        f"{product.root}/studies",
        data=body(instances),
        timeout=1800,
        headers={"Content-Type": CONTENT_TYPE, "Accept": JSON},
    )
    assert answer.status_code == 200, answer.text[:500]
    assert digests_of_study(product, study, len(instances)) == sorted(i.digest() for i in instances)
    peaks = product.peak_memory_mib()
    print(f"\n{STUDY_MIB} MiB in and out; peak MiB per process: {peaks}")
    assert all(0 < peak < MAX_MIB for peak in peaks.values()), peaks


def digests_of_study(product: Product, study: str, count: int) -> list[str]:
    """SHA-256 of each part of the study, read as it comes."""
    accept = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
    with requests.get(
        f"{product.root}/studies/{study}", headers=accept, stream=True, timeout=600
    ) as answer:
        assert answer.status_code == 200
        boundary = answer.headers["Content-Type"].split("boundary=")[1].split(";")[0].strip('"')
        found = list(part_digests(answer.iter_content(MIB), b"\r\n--" + boundary.encode()))
    assert len(found) == count
    return sorted(found)


def part_digests(pieces: Iterator[bytes], delimiter: bytes) -> Iterator[str]:
    buffer, digest = b"\r\n", None
    for piece in pieces:
        buffer += piece
        while (at := buffer.find(delimiter)) >= 0 and len(buffer) > at + len(delimiter) + 400:
            if digest is not None:
                digest.update(buffer[:at])
                yield digest.hexdigest()
            buffer = buffer[at + len(delimiter) :].split(b"\r\n\r\n", 1)[1]
            digest = hashlib.sha256()
        if digest is not None and len(buffer) > (keep := len(delimiter) + 400):
            digest.update(buffer[:-keep])
            buffer = buffer[-keep:]
    assert digest is not None
    digest.update(buffer[: buffer.index(delimiter)])
    yield digest.hexdigest()


@pytest.mark.timeout(1800)
def test_a_big_instance_by_c_store_stays_within_300_mib(
    embedded_product: Product, tmp_path, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    from pynetdicom import _config

    monkeypatch.setattr(_config, "STORE_SEND_CHUNKED_DATASET", True)
    instance = BigInstance(generate_uid(), generate_uid(), STUDY_MIB // 2)
    path = tmp_path / "big.dcm"
    with path.open("wb") as out:
        out.writelines(instance.pieces())
    ae = AE(ae_title="BIG")
    ae.add_requested_context(CTImageStorage, "1.2.840.10008.1.2.1")
    ae.dimse_timeout = ae.network_timeout = 600
    assoc = ae.associate("127.0.0.1", embedded_product.dimse_port, ae_title="DICOMTUBE")
    assert assoc.is_established
    assert assoc.send_c_store(path).Status == 0x0000
    assoc.release()
    peaks = embedded_product.peak_memory_mib()
    print(f"\n{STUDY_MIB // 2} MiB by C-STORE; peak MiB per process: {peaks}")
    assert all(0 < peak < MAX_MIB for peak in peaks.values()), peaks
