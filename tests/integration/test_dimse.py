"""C-STORE and C-ECHO against a live process, from DCMTK and from pynetdicom."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid
from pynetdicom import AE, build_context
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE

from archive.access import LOCAL
from archive.archive import Archive, open_archive
from archive.errors import NotFound
from archive.peers import create_peer
from archive.retrieve import find_instances, open_instance
from archive.settings import Settings
from imaging.part10 import read_header
from imaging.write import IMPLEMENTATION_CLASS_UID
from tests.builders import bare, ct_data_set, part10
from tests.conftest import ROOT, Stack
from tests.services import free_port, running, wait_until

CT = "1.2.840.10008.5.1.4.1.1.2"
ECHO = "1.2.840.10008.1.1"
MIB = 1 << 20


@dataclass
class Door:
    """A live DIMSE process and the archive behind it."""

    process: subprocess.Popen[bytes]
    port: int
    archive: Archive
    log: Path

    def associate(self, *contexts: tuple[str, str], called: str = "DICOMTUBE") -> Association:
        ae = AE("PEER")
        ae.connection_timeout = ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 60
        asked = contexts or ((CT, ExplicitVRLittleEndian), (ECHO, ImplicitVRLittleEndian))
        return ae.associate(
            "127.0.0.1",
            self.port,
            contexts=[build_context(abstract, transfer) for abstract, transfer in asked],
            ae_title=called,
        )

    def store(self, ds: Dataset, called: str = "DICOMTUBE") -> Dataset:
        assoc = self.associate((ds.SOPClassUID, ds.file_meta.TransferSyntaxUID), called=called)
        assert assoc.is_established
        status: Dataset = assoc.send_c_store(ds)
        assoc.release()
        return status

    def stored(self, ds: Dataset, collection: str = "archive") -> bytes:
        """The whole object, as it is kept."""
        uids = (ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
        [found] = find_instances(self.archive, LOCAL, collection, *uids)
        with open_instance(self.archive, found) as stream:
            return stream.read()

    def stored_data_set(self, ds: Dataset, collection: str = "archive") -> bytes:
        """The data set's bytes, as they are kept."""
        whole = self.stored(ds, collection)
        return whole[read_header(io.BytesIO(whole)).data_set_offset :]

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        assoc = self.associate()
        assoc.release()
        return assoc.is_released or assoc.is_rejected


def start(home: Path, environment: dict[str, str], mp: pytest.MonkeyPatch) -> Iterator[Door]:
    port = free_port()
    given = {
        "DICOMTUBE_HOME": str(home),
        **environment,
        "DICOMTUBE_DIMSE_BIND": f"127.0.0.1:{port}",
    }
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("DICOMTUBE_", "AWS_"))}
    for name, value in given.items():
        mp.setenv(name, value)
    log = home / f"dimse-{port}.log"
    command = [sys.executable, "-m", "dimse"]
    with running(command, log, cwd=ROOT, env=clean | given) as process:
        archive = open_archive(Settings.from_environment(given))
        door = Door(process, port, archive, log)
        wait_until(door.is_up, "DIMSE to listen")
        yield door
        archive.close()


@pytest.fixture(scope="module")
def door(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """On the embedded default, and on the full set of real servers."""
    with pytest.MonkeyPatch.context() as mp:
        yield from start(tmp_path_factory.mktemp("dimse"), stack.environment, mp)


@pytest.fixture
def own_door(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Door]:
    """One of the test's own, with the settings that its parameter gives."""
    yield from start(tmp_path, getattr(request, "param", {}), monkeypatch)


def ct(**overrides: Any) -> Dataset:
    made = ct_data_set(**overrides)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return made


def storescu(
    door: Door, *words: str, called: str = "DICOMTUBE"
) -> subprocess.CompletedProcess[str]:
    program = shutil.which("storescu")
    assert program, "DCMTK is missing: `make system` installs it"
    command = [program, "-v", "-aec", called, "127.0.0.1", str(door.port), *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120,
        env=os.environ | {"TCP_NODELAY": "1"},
    )  # fmt: skip


# ---- storing


def test_what_pynetdicom_sends_is_kept_byte_for_byte(door: Door) -> None:
    sent = ct()
    assert door.store(sent).Status == 0x0000
    assert door.stored_data_set(sent) == bare(sent)


def test_the_kept_file_has_our_file_meta_and_names_its_source(door: Door) -> None:
    sent = ct()
    door.store(sent)
    meta = dcmread(io.BytesIO(door.stored(sent))).file_meta
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert meta.SourceApplicationEntityTitle == "PEER"
    assert meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert meta.MediaStorageSOPInstanceUID == sent.SOPInstanceUID


@pytest.mark.parametrize(
    "name",
    ["CT_small.dcm", "MR_small_bigendian.dcm", "image_dfl.dcm",
     "JPEG2000.dcm", "SC_rgb_rle_2frame.dcm", "JPGLosslessP14SV1_1s_1f_8b.dcm", "rtplan.dcm",
     "reportsi.dcm"],
)  # fmt: skip
def test_what_storescu_sends_is_kept_value_for_value(door: Door, name: str, tmp_path: Path) -> None:
    path = get_testdata_file(name)
    assert isinstance(path, str)
    sent = dcmread(path)
    options = {"1.2.840.10008.1.2.1.99": ["-xd"], "1.2.840.10008.1.2.2": ["-xb"],
               "1.2.840.10008.1.2": ["-xi"], "1.2.840.10008.1.2.4.90": ["-xv"],
               "1.2.840.10008.1.2.5": ["-xr"], "1.2.840.10008.1.2.4.70": ["-xs"],
               "1.2.840.10008.1.2.4.91": ["-xw"]}  # fmt: skip
    words = options.get(str(sent.file_meta.TransferSyntaxUID), [])
    said = storescu(door, *words, path)
    assert said.returncode == 0, said.stderr
    kept = dcmread(io.BytesIO(door.stored(sent)))
    assert kept.file_meta.TransferSyntaxUID == sent.file_meta.TransferSyntaxUID
    assert values(kept) == values(sent)


def values(ds: Dataset) -> dict[int, Any]:
    """Elements by tag, without group lengths and trailing padding: DCMTK does not send them."""
    return {int(elem.tag): elem for elem in ds if elem.tag.element not in (0, 0xFFFC)}


def test_a_private_class_in_a_private_transfer_syntax_gets_an_answer_of_its_own(
    door: Door,
) -> None:
    sent = ct(SOPClassUID="1.2.826.0.1.3680043.9.9999.1")
    assert door.store(sent).Status == 0x0000
    assert door.stored_data_set(sent) == bare(sent)


def test_the_same_bytes_again_are_success_and_others_are_a_duplicate(door: Door) -> None:
    sent = ct()
    assert [door.store(sent).Status, door.store(sent).Status] == [0, 0]
    other = ct(
        SOPInstanceUID=sent.SOPInstanceUID,
        StudyInstanceUID=sent.StudyInstanceUID,
        SeriesInstanceUID=sent.SeriesInstanceUID,
        PatientName="Roe^Richard",
    )
    refused = door.store(other)
    assert refused.Status == 0x0111
    assert "first is kept" in refused.ErrorComment
    assert door.stored_data_set(sent) == bare(sent)


def test_four_associations_at_once_lose_nothing(door: Door) -> None:
    study, series = generate_uid(), generate_uid()
    sent = [
        [ct(StudyInstanceUID=study, SeriesInstanceUID=series) for _ in range(10)] for _ in range(4)
    ]
    statuses: list[int] = []

    def push(batch: list[Dataset]) -> None:
        assoc = door.associate()
        statuses.extend(assoc.send_c_store(ds).Status for ds in batch)
        assoc.release()

    threads = [threading.Thread(target=push, args=(batch,)) for batch in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert statuses == [0] * 40
    assert len(list(find_instances(door.archive, LOCAL, "archive", study))) == 40


# ---- refusing


def test_a_data_set_that_is_another_instance_than_the_command_says_is_refused(door: Door) -> None:
    sent = ct()
    assoc = door.associate()
    message = sent.SOPInstanceUID
    lie = ct(SOPInstanceUID=generate_uid(), StudyInstanceUID=sent.StudyInstanceUID)
    lie_bytes = bare(lie)
    status = _store_raw(assoc, CT, message, lie_bytes)
    assoc.release()
    assert status.Status == 0xA900
    with pytest.raises(NotFound):
        door.stored(sent)


def test_bytes_that_are_no_data_set_are_refused_and_the_next_instance_is_stored(door: Door) -> None:
    assoc = door.associate()
    broken = _store_raw(assoc, CT, generate_uid(), b"\xff" * 4096)
    good = ct()
    stored = assoc.send_c_store(good)
    assoc.release()
    assert 0xA000 <= broken.Status <= 0xCFFF
    assert stored.Status == 0
    assert door.stored_data_set(good) == bare(good)


def test_an_answer_repeats_nothing_of_the_patient(door: Door) -> None:
    sent = ct()
    door.store(sent)
    other = ct(
        SOPInstanceUID=sent.SOPInstanceUID,
        StudyInstanceUID=sent.StudyInstanceUID,
        SeriesInstanceUID=sent.SeriesInstanceUID,
        PatientName="Secret^Name",
        PatientID="SECRET-ID",
    )
    said = str(door.store(other))
    assert "ecret" not in said
    assert "SECRET" not in said
    log = door.log.read_text()
    assert "ecret" not in log
    assert "SECRET" not in log


def test_an_unknown_called_ae_title_is_rejected(door: Door) -> None:
    assert door.associate(called="NOBODY").is_rejected
    said = storescu(door, get_testdata_file("CT_small.dcm"), called="NOBODY")
    assert "Called AE Title Not Recognized" in said.stderr + said.stdout


def test_what_is_stored_into_community_is_quarantined_and_not_readable(door: Door) -> None:
    sent = ct()
    status = door.store(sent, called="DICOMTUBE_DEID")
    assert status.Status == 0xB000
    assert "quarantine" in status.ErrorComment
    for collection in ("community", "archive"):
        with pytest.raises(NotFound):
            door.stored(sent, collection)


@pytest.mark.parametrize("own_door", [{"DICOMTUBE_MAX_INSTANCE_BYTES": "1M"}], indirect=True)
def test_a_data_set_beyond_the_limit_is_refused_and_leaves_nothing(own_door: Door) -> None:
    large = ct(Rows=1024, Columns=1024, PixelData=bytes(2 * MIB))
    status = own_door.store(large)
    assert status.Status == 0xA700
    small = ct()
    assert own_door.store(small).Status == 0
    spool = Path(os.environ["DICOMTUBE_HOME"]) / "objects" / "spool"
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize("own_door", [{"DICOMTUBE_ACCESS": "accounts"}], indirect=True)
def test_with_accounts_only_a_known_peer_may_connect_and_only_with_the_scope_store(
    own_door: Door,
) -> None:
    assert own_door.associate().is_rejected
    create_peer(own_door.archive, "PEER", "127.0.0.1/32", {("archive", "read")})
    assert own_door.store(ct()).Status == 0x0124
    create_peer(own_door.archive, "PEER", "127.0.0.0/8", {("archive", "write")})
    assert own_door.store(ct()).Status == 0
    assert own_door.associate(called="DICOMTUBE_DEID").is_rejected


@pytest.mark.parametrize("own_door", [{"DICOMTUBE_ACCESS": "accounts"}], indirect=True)
def test_with_accounts_a_peer_that_calls_from_elsewhere_is_rejected(own_door: Door) -> None:
    create_peer(own_door.archive, "PEER", "10.0.0.0/8", {("archive", "write")})
    assert own_door.associate().is_rejected


# ---- living and dying


def test_what_was_acknowledged_before_a_kill_is_there(own_door: Door) -> None:
    acknowledged: list[Dataset] = []
    assoc = own_door.associate()
    for number in range(20):
        sent = ct()
        if assoc.send_c_store(sent).get("Status") == 0:
            acknowledged.append(sent)
        if number == 10:
            own_door.process.kill()
            own_door.process.wait()
            break
    assert len(acknowledged) == 11
    for sent in acknowledged:
        assert own_door.stored_data_set(sent) == bare(sent)


def test_sigterm_ends_the_process_in_order_with_an_association_open(own_door: Door) -> None:
    assoc = own_door.associate()
    assert assoc.send_c_store(ct()).Status == 0
    own_door.process.send_signal(signal.SIGTERM)
    assert own_door.process.wait(25) == 0
    wait_until(lambda: not assoc.is_established, "the peer to hear it")


@pytest.mark.parametrize("own_door", [{"DICOMTUBE_DIMSE_PROCESSES": "2"}], indirect=True)
def test_a_process_of_several_that_dies_is_replaced(own_door: Door) -> None:
    parent = psutil.Process(own_door.process.pid)
    wait_until(lambda: len(parent.children()) == 2, "both processes")
    victim = parent.children()[0]
    victim.kill()
    wait_until(
        lambda: len(parent.children()) == 2 and victim not in parent.children(), "another one"
    )
    assert own_door.store(ct()).Status == 0


@pytest.mark.parametrize("own_door", [{"DICOMTUBE_DIMSE_PROCESSES": "2"}], indirect=True)
def test_when_the_parent_is_killed_the_others_end_and_free_the_port(own_door: Door) -> None:
    children = psutil.Process(own_door.process.pid).children()
    own_door.process.kill()
    own_door.process.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []


def test_idle_associations_cost_next_to_no_processor_time(own_door: Door) -> None:
    assocs = [own_door.associate() for _ in range(8)]
    process = psutil.Process(own_door.process.pid)
    before = sum(process.cpu_times()[:2])
    threading.Event().wait(3)
    spent = sum(process.cpu_times()[:2]) - before
    for assoc in assocs:
        assoc.release()
    # With only half of these 16 threads polling each millisecond it was 0.46 s.
    assert spent < 0.2


def test_memory_does_not_grow_with_the_size_of_an_instance(own_door: Door, tmp_path: Path) -> None:
    assert own_door.store(ct()).Status == 0
    process = psutil.Process(own_door.process.pid)
    before = process.memory_info().rss
    frames = 160
    ds = ct(Rows=1024, Columns=1024, NumberOfFrames=frames, PixelData=bytes(frames * 2 * MIB))
    file = tmp_path / "large.dcm"
    file.write_bytes(part10(ds))
    most = [before]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            most.append(process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    said = storescu(own_door, "-pdu", "131072", str(file))
    done.set()
    watcher.join()
    assert said.returncode == 0, said.stderr
    assert max(most) - before < 64 * MIB


def _store_raw(assoc: Association, sop_class: str, sop_instance: str, data: bytes) -> Dataset:
    """Send a C-STORE whose command and data set are the test's, true or not."""
    [context] = [cx for cx in assoc.accepted_contexts if cx.abstract_syntax == sop_class]
    request = C_STORE()
    request.MessageID = 1
    request.AffectedSOPClassUID = sop_class
    request.AffectedSOPInstanceUID = sop_instance
    request.Priority = 2
    request.DataSet = io.BytesIO(data)
    assoc._reactor_checkpoint.clear()
    wait_until(lambda: assoc._is_paused, "the peer's reactor to pause")
    assert context.context_id is not None
    assoc.dimse.send_msg(request, context.context_id)
    _, response = assoc.dimse.get_msg(block=True)
    assoc._reactor_checkpoint.set()
    assert response is not None
    status = Dataset()
    status.Status = response.Status
    return status
