"""Whatever is killed, whenever: nothing acknowledged is lost, nothing half-written is seen.

`make crash` runs it with 50 kills; `make test` with fewer.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path

import pytest
import requests
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE, _config
from pynetdicom.association import Association

from tests.builders import ct_image
from tests.conftest import Stack
from tests.product import JSON, Product, stow, wait_processed
from tests.services import wait_until

pytestmark = pytest.mark.alone

KILLS = int(os.environ.get("DICOMTUBE_TEST_KILLS", "8"))
AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'


@dataclass
class Ledger:
    """What the server acknowledged: SOP Instance UID → digest of the data set that was sent."""

    acknowledged: dict[str, tuple[str, str]] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def acknowledge(self, sop: str, study: str, data: bytes) -> None:
        with self.lock:
            self.acknowledged[sop] = (study, data_set_digest(data))


def data_set_digest(part10: bytes) -> str:
    """SHA-256 of what follows the file meta information."""
    length = int.from_bytes(part10[140:144], "little")
    return hashlib.sha256(part10[144 + length :]).hexdigest()


def new_instances(count: int) -> Iterator[tuple[str, str, bytes]]:
    study, series = generate_uid(), generate_uid()
    for number in range(1, count + 1):
        sop = generate_uid()
        yield sop, study, ct_image(
            StudyInstanceUID=study, SeriesInstanceUID=series, SOPInstanceUID=sop,
            InstanceNumber=number, PatientID=f"CRASH{number}",
        )  # fmt: skip


def push_by_stow(product: Product, ledger: Ledger) -> None:
    while not ledger.stop.is_set():
        sent = {sop: (study, data) for sop, study, data in new_instances(random.randint(1, 6))}
        with suppress(requests.RequestException):
            answer = stow(product.root, [data for _, data in sent.values()], timeout_s=20)
            if answer.status_code not in (200, 202):
                continue
            for item in answer.json().get("00081199", {}).get("Value", []):
                sop = item["00081155"]["Value"][0]
                ledger.acknowledge(sop, *sent[sop])
        time.sleep(0.02)  # leaves the machine some air; nothing is waited for


def push_by_c_store(product: Product, ledger: Ledger) -> None:
    ae = AE(ae_title="CRASH")
    ae.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 10
    while not ledger.stop.is_set():
        assoc = ae.associate("127.0.0.1", product.dimse_port, ae_title="DICOMTUBE")
        if not assoc.is_established:
            time.sleep(0.1)  # the door is being started again
            continue
        for sop, study, data in new_instances(10):
            if not c_store(assoc, product.home / "pushed.dcm", data):
                break
            ledger.acknowledge(sop, study, data)
        with suppress(Exception):
            assoc.release()


def c_store(assoc: Association, file: Path, data: bytes) -> bool:
    """Send the data set as it lies in the file; was it acknowledged?"""
    file.write_bytes(data)
    with suppress(Exception):
        status = assoc.send_c_store(file)
        return bool(status) and status.Status == 0x0000
    return False


@pytest.fixture(autouse=True)
def send_files_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_config, "STORE_SEND_CHUNKED_DATASET", True)


def search_and_retrieve(product: Product, ledger: Ledger) -> None:
    """No search ever shows an instance that cannot be retrieved."""
    while not ledger.stop.is_set():
        with suppress(requests.RequestException):
            found = requests.get(
                f"{product.root}/instances?PatientID=CRASH*&limit=20",
                headers={"Accept": JSON},
                timeout=20,
            )
            for row in found.json() if found.status_code == 200 else []:
                study, series, sop = (
                    row[t]["Value"][0] for t in ("0020000D", "0020000E", "00080018")
                )
                url = f"{product.root}/studies/{study}/series/{series}/instances/{sop}"
                answer = requests.get(url, headers={"Accept": AS_STORED}, timeout=20)
                if answer.status_code not in (200, 503):
                    ledger.violations.append(f"{sop} was found, then {answer.status_code}")
        time.sleep(0.05)


def retrieve(product: Product, study: str, sop: str) -> bytes:
    answer = requests.get(
        f"{product.root}/studies/{study}/instances?SOPInstanceUID={sop}",
        headers={"Accept": JSON},
        timeout=30,
    )
    rows = answer.json()
    assert len(rows) == 1, f"{sop} was acknowledged and is found {len(rows)} times"
    series = rows[0]["0020000E"]["Value"][0]
    answer = requests.get(
        f"{product.root}/studies/{study}/series/{series}/instances/{sop}",
        headers={"Accept": AS_STORED}, timeout=30,
    )  # fmt: skip
    assert answer.status_code == 200, f"{sop} was acknowledged, then {answer.status_code}"
    return first_part(answer)


def first_part(answer: requests.Response) -> bytes:
    header = Message()
    header["Content-Type"] = answer.headers["Content-Type"]
    delimiter = b"--" + str(header.get_param("boundary")).encode()
    body = answer.content.split(b"\r\n\r\n", 1)[1]
    return body[: body.rindex(b"\r\n" + delimiter + b"--")]


def alive(product: Product) -> Callable[[], bool]:
    def check() -> bool:
        return requests.get(f"{product.url}/healthz", timeout=5).ok and product.echo()

    return check


@pytest.mark.timeout(3600)
def test_fifty_kills_lose_nothing(stack: Stack) -> None:
    product = Product(Path(stack.environment["DICOMTUBE_HOME"]), {
        **stack.environment, "DICOMTUBE_WORKER_SWEEP_S": "2", "DICOMTUBE_WORKER_STUCK_S": "5",
    })  # fmt: skip
    product.start()
    ledger = Ledger()
    jobs = (push_by_stow, push_by_stow, push_by_c_store, search_and_retrieve)
    threads = [threading.Thread(target=job, args=(product, ledger), daemon=True) for job in jobs]
    try:
        for thread in threads:
            thread.start()
        kill_at_random(product, ledger)
    finally:
        ledger.stop.set()
        for thread in threads:
            thread.join(60)
    try:
        check_everything(product, ledger)
    finally:
        product.stop()


def kill_at_random(product: Product, ledger: Ledger) -> None:
    chance = random.Random(20261123)
    for kill in range(KILLS):
        before = len(ledger.acknowledged)
        wait_until(lambda: len(ledger.acknowledged) > before, "something acknowledged", 60)  # noqa: B023
        time.sleep(chance.uniform(0.0, 0.7))  # the moment of the kill is the point of the test
        role = ("web", "dimse", "worker")[kill % 3]
        victims = product.pids(role)
        if not victims:
            continue
        with suppress(ProcessLookupError):
            os.kill(chance.choice(victims), signal.SIGKILL)
        wait_until(alive(product), f"the product to be back after kill {kill + 1}", 60)


def check_everything(product: Product, ledger: Ledger) -> None:
    wait_until(alive(product), "the product", 60)
    wait_processed(product)
    assert not ledger.violations, ledger.violations[:5]
    assert len(ledger.acknowledged) > KILLS
    for sop, (study, digest) in ledger.acknowledged.items():
        assert data_set_digest(retrieve(product, study, sop)) == digest, f"{sop} has other bytes"
    print(f"{len(ledger.acknowledged)} acknowledged instances are there after {KILLS} kills")
