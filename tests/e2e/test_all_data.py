"""Every real file, by STOW-RS and by C-STORE: stored and back byte for byte, or refused by name.

The expectation is an outsider's: pydicom reads the file, and a table names the files that no
archive can take, each with words that the refusal must contain.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pydicom
import pytest
import requests
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, _config, build_context

from tests.e2e.refusals import expected_refusal
from tests.part10_files import RealFile, data_set_of, parts_of, real_files
from tests.product import JSON, Product, stow

AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'
FILES = real_files()


@dataclass
class Pushed:
    """What became of the files that were pushed through one door."""

    stored: dict[str, tuple[RealFile, str]] = field(default_factory=dict)  # name → (file, root)
    refused: dict[str, str] = field(default_factory=dict)


@dataclass
class Collections:
    """Collections made as they are needed: the test data repeats SOP Instance UIDs."""

    product: Product
    prefix: str
    made: list[str] = field(default_factory=list)

    def __getitem__(self, index: int) -> tuple[str, str]:
        """(root, AE title) of the collection number `index`."""
        while len(self.made) <= index:
            name = f"{self.prefix}{len(self.made)}"
            self.product.command("collection", "create", name, "--ae-title", name.upper())
            self.made.append(name)
        name = self.made[index]
        return f"{self.product.url}/collections/{name}/dicom-web", name.upper()


def uids(path: Path) -> tuple[str, str, str]:
    ds = pydicom.dcmread(path, force=True, stop_before_pixels=True)
    return ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID


def push_by_stow(product: Product) -> Pushed:
    pushed, collections = Pushed(), Collections(product, "stow")
    kept: dict[tuple[str, str], bytes] = {}
    for file in FILES:
        for index in count():
            root, _ = collections[index]
            answer = stow(root, [file.read()])
            assert answer.status_code in (200, 202, 409), f"{file.name}: {answer.text[:300]}"
            failure = failure_of(answer.json())
            if failure is None:
                sop = answer.json()["00081199"]["Value"][0]["00081155"]["Value"][0]
                if kept.setdefault((root, sop), file.read()) != file.read():
                    continue  # the same data set under other file meta information: the next one
                pushed.stored[file.name] = (file, root)
            elif "0111" in failure:
                continue  # the same SOP Instance UID with other bytes: it goes to the next one
            else:
                pushed.refused[file.name] = failure
            break
    return pushed


def failure_of(
    answer: dict[str, dict[str, list[dict[str, dict[str, list[object]]]]]],
) -> str | None:
    """The Failure Reason (hexadecimal) and its words, or None where the instance was stored."""
    for sequence in ("00081198", "0008119A"):
        for item in answer.get(sequence, {}).get("Value", []):
            reason = int(str(item["00081197"]["Value"][0]))
            words = " ".join(
                str(v) for tag, e in item.items() if tag != "00081197" for v in e.get("Value", [])
            )
            return f"{reason:04X} {words}"
    assert answer.get("00081199", {}).get("Value"), "neither stored nor refused"
    return None


@pytest.fixture(scope="module")
def by_stow(product: Product) -> Pushed:
    return push_by_stow(product)


def test_stow_stores_every_file_but_those_refused_by_name(by_stow: Pushed) -> None:
    expected = {file.name for file in FILES if expected_refusal(file.name)}
    assert by_stow.refused.keys() == expected
    print(f"\n{len(FILES)} files: {len(by_stow.stored)} stored, {len(by_stow.refused)} refused")
    print(Counter(root.rsplit("/", 2)[1] for _, root in by_stow.stored.values()))


def test_a_refusal_names_what_is_wrong(by_stow: Pushed) -> None:
    for name, failure in by_stow.refused.items():
        assert (expected_refusal(name) or "") in failure, f"{name}: {failure}"


def test_what_was_stored_is_found_and_comes_back_byte_for_byte(by_stow: Pushed) -> None:
    with requests.Session() as session:
        for name, (file, root) in by_stow.stored.items():
            assert retrieve(session, root, file, name) == file.read(), f"{name} has other bytes"


def retrieve(session: requests.Session, root: str, file: RealFile, name: str) -> bytes:
    study, series, sop = uids(file.path)
    found = session.get(
        f"{root}/studies/{study}/series/{series}/instances",
        params={"SOPInstanceUID": sop}, headers={"Accept": JSON}, timeout=30,
    )  # fmt: skip
    assert [r["00080018"]["Value"] for r in found.json()] == [[sop]], f"{name} is not found"
    url = f"{root}/studies/{study}/series/{series}/instances/{sop}"
    metadata = session.get(f"{url}/metadata", headers={"Accept": JSON}, timeout=30)
    assert metadata.status_code == 200, f"{name}: metadata {metadata.status_code}"
    assert metadata.json()[0]["00080018"]["Value"] == [sop]
    answer = session.get(url, headers={"Accept": AS_STORED}, timeout=60)
    assert answer.status_code == 200, f"{name}: {answer.status_code} {answer.text[:200]}"
    return parts_of(answer)[0]


def test_c_store_stores_the_same_files_and_keeps_their_data_sets(
    product: Product, by_stow: Pushed
) -> None:
    pushed = push_by_c_store(product, list(by_stow.stored.values()))
    assert not pushed.refused, pushed.refused
    with requests.Session() as session:
        for name, (file, root) in pushed.stored.items():
            sent, back = data_set_of(file.read()), data_set_of(retrieve(session, root, file, name))
            assert back == sent, f"{name} has another data set"
    print(f"\n{len(pushed.stored)} stored by C-STORE")


def push_by_c_store(product: Product, files: list[tuple[RealFile, str]]) -> Pushed:
    """Send each data set as it lies in its file, never decoded or encoded again."""
    pushed, collections = Pushed(), Collections(product, "dimse")
    for file, _ in files:
        for index in count():
            root, ae_title = collections[index]
            status, comment = c_store(product, ae_title, file)
            if status == 0x0111:
                continue
            if status == 0x0000:
                pushed.stored[file.name] = (file, root)
            else:
                pushed.refused[file.name] = f"{status:04X} {comment}"
            break
    return pushed


def c_store(product: Product, ae_title: str, file: RealFile) -> tuple[int, str]:
    ae = AE(ae_title="PUSHER")
    path = with_file_meta(file.path, product.home)
    meta = pydicom.dcmread(path, specific_tags=["SOPClassUID"], stop_before_pixels=True).file_meta
    ae.requested_contexts = [build_context(meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID)]
    assoc = ae.associate("127.0.0.1", product.dimse_port, ae_title=ae_title)
    assert assoc.is_established, f"{file.name}: no association"
    try:
        status = assoc.send_c_store(path)
        return status.Status, str(status.get("ErrorComment", ""))
    finally:
        assoc.release()


@pytest.fixture(autouse=True)
def send_files_as_they_are(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_config, "STORE_SEND_CHUNKED_DATASET", True)
    monkeypatch.setattr(_config, "USE_SHORT_DIMSE_AET", True)
    yield


def with_file_meta(path: Path, scratch: Path) -> Path:
    """The file itself, or a copy whose file meta information says what the data set says.

    A C-STORE command is made of it, and one that contradicts its data set is rightly refused.
    """
    data = path.read_bytes()
    ds = pydicom.dcmread(io.BytesIO(data), force=True, stop_before_pixels=True)
    said = [ds.file_meta.get(k) for k in ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID")]
    if said == [ds.SOPClassUID, ds.SOPInstanceUID] and "TransferSyntaxUID" in ds.file_meta:
        return path
    syntax = ImplicitVRLittleEndian if ds.original_encoding[0] else ExplicitVRLittleEndian
    meta = pydicom.dataset.FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = (
        ds.SOPClassUID,
        ds.SOPInstanceUID,
    )
    meta.TransferSyntaxUID = ds.file_meta.get("TransferSyntaxUID", syntax)
    head = pydicom.filebase.DicomBytesIO()
    pydicom.filewriter.write_file_meta_info(head, meta, enforce_standard=True)
    copy = scratch / "with-meta.dcm"
    copy.write_bytes(b"\0" * 128 + b"DICM" + head.getvalue() + data_set_of(data))
    return copy
