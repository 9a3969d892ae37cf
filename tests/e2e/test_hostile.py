"""Hostile input gets its own clear failure, spoils no neighbour and costs no memory to speak of."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE, _config, build_context

from tests.hostile import Hostile, hostile_files, identified, part10
from tests.product import JSON, Product, stow

pytestmark = pytest.mark.alone

FILES = hostile_files()
MAX_SECONDS = 30
MAX_MIB = 512


@pytest.fixture(scope="module")
def product(embedded_product: Product) -> Iterator[Product]:
    processes = set(embedded_product.descendants())
    yield embedded_product
    assert processes == set(embedded_product.descendants()), "hostile input ended a process"


def outcomes(answer: requests.Response) -> tuple[set[str], list[str]]:
    """The SOP Instance UIDs that were stored, and each failure's words."""
    body = answer.json()
    stored = {i["00081155"]["Value"][0] for i in body.get("00081199", {}).get("Value", [])}
    failed = [
        str({k: v.get("Value") for k, v in item.items()})
        for sequence in ("00081198", "0008119A")
        for item in body.get(sequence, {}).get("Value", [])
    ]
    return stored, failed


@pytest.mark.parametrize("hostile", FILES, ids=str)
def test_by_stow_its_neighbours_are_stored_and_it_is_refused_by_name(
    product: Product, hostile: Hostile
) -> None:
    before, after = generate_uid(), generate_uid()
    neighbours = [part10(identified(sop=uid), sop=uid) for uid in (before, after)]
    begun = time.monotonic()
    answer = stow(product.root, [neighbours[0], hostile.data, neighbours[1]])
    assert time.monotonic() - begun < MAX_SECONDS
    stored, failed = outcomes(answer)
    assert {before, after} <= stored, "a neighbour was spoilt"
    if hostile.words is None and not failed:
        assert answer.status_code == 200
        return
    assert answer.status_code == 202
    assert len(failed) == 1
    assert any(word in failed[0].lower() for word in hostile.words or ("",)), failed[0]
    assert "\r" not in failed[0]
    assert "etc/passwd" not in failed[0]
    assert "script" not in failed[0]


def test_another_instance_under_the_same_uid_is_refused_and_the_first_kept(
    product: Product,
) -> None:
    sop, study, series = generate_uid(), generate_uid(), generate_uid()
    first, second = (
        part10(identified(sop=sop, study=study, series=series, extra=b"") + tail, sop=sop)
        for tail in (b"", b"\xfc\xff\xfc\xffOB\0\0\4\0\0\0abcd")
    )
    assert stow(product.root, [first]).status_code == 200
    stored, failed = outcomes(stow(product.root, [second]))
    assert not stored
    assert str(0x0111) in failed[0]
    url = f"{product.root}/studies/{study}/series/{series}/instances/{sop}"
    accept = {"Accept": "application/dicom; transfer-syntax=*"}
    assert requests.get(url, headers=accept, timeout=30).content == first


def has_data_set(hostile: Hostile) -> bool:
    """C-STORE carries data sets; a file that is not even one cannot be sent by it."""
    return hostile.data[128:132] == b"DICM" and len(hostile.data) > 400


@pytest.mark.parametrize("hostile", list(filter(has_data_set, FILES)), ids=str)
def test_by_c_store_it_is_refused_and_the_association_goes_on(
    product: Product, hostile: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_config, "STORE_SEND_CHUNKED_DATASET", True)
    path, good = tmp_path / "hostile.dcm", tmp_path / "good.dcm"
    path.write_bytes(hostile.data)
    sop = generate_uid()
    good.write_bytes(part10(identified(sop=sop), sop=sop))
    ae = AE(ae_title="HOSTILE")
    ae.requested_contexts = [
        build_context(CTImageStorage, s) for s in {hostile.syntax, ExplicitVRLittleEndian}
    ]
    ae.dimse_timeout = ae.network_timeout = MAX_SECONDS
    assoc = ae.associate("127.0.0.1", product.dimse_port, ae_title="DICOMTUBE")
    assert assoc.is_established
    try:
        begun = time.monotonic()
        status = assoc.send_c_store(path)
        assert time.monotonic() - begun < MAX_SECONDS
        if hostile.words is not None:
            assert status.Status not in (0x0000, 0xB000), f"{status.Status:04X}"
            comment = str(status.get("ErrorComment", "")).lower()
            assert any(word in comment for word in hostile.words), comment
        assert assoc.send_c_store(good).Status == 0x0000, "the next instance was spoilt"
    finally:
        assoc.release()


def test_memory_stayed_within_bounds(product: Product) -> None:
    peaks = product.peak_memory_mib()
    assert all(0 < peak < MAX_MIB for peak in peaks.values()), peaks
    print(peaks)


def test_the_server_still_answers(product: Product) -> None:
    found = requests.get(
        f"{product.root}/studies?PatientID=HOSTILE", headers={"Accept": JSON}, timeout=30
    )
    assert found.status_code == 200
    assert found.json()
