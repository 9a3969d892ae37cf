"""The listening side over real sockets: peers are served, bounded, rejected and let go in order."""

import contextlib
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, build_context, evt
from pynetdicom.association import Association
from pynetdicom.dsutils import encode

from archive.objects import SpoolFile
from dimse.association import Service, StoreAssociation
from dimse.receiving import Spooling, StoreRequest
from dimse.scp import Scp, listen
from dimse.settings import DimseSettings, TlsFiles
from dimse.status import Answer
from dimse.tls import server_context
from tests.builders import ct_data_set
from tests.dimse_peer import associate_request, p_data, store_command
from tests.services import wait_until

CT = "1.2.840.10008.5.1.4.1.1.2"
VERIFICATION = "1.2.840.10008.1.1"
PRIVATE = "1.2.826.0.1.3680043.9.9999.1"


class Door:
    """A server whose verbs keep what they are given in a list."""

    def __init__(self, spool: Path, tls: TlsFiles | None = None, **settings: Any) -> None:
        spool.mkdir(exist_ok=True)
        self.spool = spool
        self.kept: list[bytes] = []
        self.ended: list[StoreAssociation] = []
        self.refuse = False
        self.before_store: Callable[[], object] = lambda: None
        service = Service(self._admit, self._store, self._spooling, self.ended.append)
        chosen = DimseSettings(network_timeout_s=5, acse_timeout_s=5, shutdown_s=5, tls=tls)
        for name, value in settings.items():
            object.__setattr__(chosen, name, value)
        context = server_context(tls) if tls else None
        self.scp = Scp(chosen, service, listen("127.0.0.1", 0), context)
        self.scp.start()

    def _admit(self, assoc: StoreAssociation) -> bool:
        if self.refuse:
            assoc.acse.send_reject(1, 1, 7)
        return not self.refuse

    def _store(self, assoc: StoreAssociation, request: StoreRequest) -> Answer:
        self.before_store()
        if request.failure is not None:
            return Answer(request.failure.reason, str(request.failure))
        assert request.spooled is not None
        request.spooled.close()
        self.kept.append(request.spooled.path.read_bytes())
        return Answer(0)

    def _spooling(self, assoc: StoreAssociation) -> Spooling:
        return Spooling(lambda: SpoolFile(self.spool), lambda request: b"", 1 << 20)

    @property
    def spooled(self) -> list[Path]:
        return list(self.spool.iterdir())


@pytest.fixture
def open_door(tmp_path: Path) -> Iterator[Callable[..., Door]]:
    doors: list[Door] = []

    def make(**settings: Any) -> Door:
        doors.append(Door(tmp_path / f"spool{len(doors)}", **settings))
        return doors[-1]

    yield make
    for door in doors:
        door.scp.stop()


@pytest.fixture
def door(open_door: Callable[..., Door]) -> Door:
    return open_door()


def associate(door: Door, *contexts: tuple[str, list[str]], **given: Any) -> Association:
    ae = AE("PEER")
    ae.connection_timeout = ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 15
    asked = contexts or ((CT, [ExplicitVRLittleEndian]), (VERIFICATION, [ImplicitVRLittleEndian]))
    return ae.associate(
        "127.0.0.1",
        door.scp.port,
        contexts=[build_context(abstract, transfer) for abstract, transfer in asked],
        ae_title="DICOMTUBE",
        **given,
    )


def ct(**overrides: Any) -> Dataset:
    made = ct_data_set(**overrides)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return made


def connect(door: Door) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", door.scp.port), timeout=20)
    peer.settimeout(20)
    return peer


def answer(peer: socket.socket) -> int | None:
    """The type of the next PDU, or None when the connection was closed."""
    head = b""
    while len(head) < 6:
        try:
            more = peer.recv(6 - len(head))
        except ConnectionResetError:
            return None
        if not more:
            return None
        head += more
    left = struct.unpack(">L", head[2:])[0]
    while left:
        left -= len(peer.recv(left))
    return head[0]


ASSOCIATE_AC, REJECT, ABORT = 2, 3, 7


def test_an_echo_is_answered(door: Door) -> None:
    assoc = associate(door)
    assert assoc.send_c_echo().Status == 0
    assoc.release()


def test_a_data_set_arrives_byte_for_byte(door: Door) -> None:
    sent = ct()
    assoc = associate(door)
    assert assoc.send_c_store(sent).Status == 0
    assoc.release()
    assert door.kept == [encode(sent, False, True)]
    wait_until(lambda: not door.spooled, "the spool to be empty")


def test_many_instances_one_after_the_other(door: Door) -> None:
    assoc = associate(door)
    for number in range(1, 21):
        assert assoc.send_c_store(ct(SOPInstanceUID=f"1.2.3.{number}")).Status == 0
    assoc.release()
    assert len(door.kept) == 20


def test_private_classes_and_private_transfer_syntaxes_are_accepted(door: Door) -> None:
    assoc = associate(door, (PRIVATE, ["1.2.826.0.1.3680043.9.9999.2"]))
    [context] = assoc.accepted_contexts
    assert context.transfer_syntax == ["1.2.826.0.1.3680043.9.9999.2"]
    assoc.release()


def test_what_is_no_storage_is_not_accepted(door: Door) -> None:
    assoc = associate(
        door,
        (CT, [ExplicitVRLittleEndian]),
        ("1.2.840.10008.5.1.4.1.2.2.1", [ImplicitVRLittleEndian]),
    )
    assert [context.abstract_syntax for context in assoc.accepted_contexts] == [CT]
    assoc.release()


def test_a_refused_caller_hears_the_reason(door: Door) -> None:
    door.refuse = True
    rejected: list[Any] = []
    assoc = associate(
        door,
        evt_handlers=[
            (evt.EVT_REJECTED, lambda event: rejected.append(event.assoc.acceptor.primitive))
        ],
    )
    assert assoc.is_rejected
    assert (rejected[0].result, rejected[0].result_source, rejected[0].diagnostic) == (1, 1, 7)
    wait_until(lambda: door.ended, "the association to end")


def test_one_association_too_many_hears_that_there_are_too_many(
    open_door: Callable[..., Door],
) -> None:
    door = open_door(max_associations=1)
    first, second = associate(door), associate(door)
    assert (first.is_established, second.is_rejected) == (True, True)
    first.release()
    wait_until(lambda: len(door.ended) == 2, "both to end")
    third = associate(door)
    assert third.is_established
    third.release()


def test_a_peer_that_hangs_up_in_the_middle_leaves_no_file(door: Door) -> None:
    with connect(door) as peer:
        peer.sendall(associate_request())
        assert answer(peer) == ASSOCIATE_AC
        peer.sendall(p_data(3, store_command()) + p_data(0, b"half of it"))
        wait_until(lambda: door.spooled, "the transfer to begin")
    wait_until(lambda: not door.spooled, "the file to be removed")
    wait_until(lambda: door.ended, "the association to end")
    assert door.kept == []


@pytest.mark.parametrize(
    "words",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x01\x00\xff\xff\xff\xff",
        b"\x04\x00\x00\x00\x00\x0a" + b"x" * 10,
        b"\x01\x00\x00\x00\x00\x44" + b"\xff" * 68,
        b"\x07\x00\x00\x00\x00\x00",
        b"",
    ],
)
def test_who_speaks_no_dicom_is_let_go_and_others_are_served(door: Door, words: bytes) -> None:
    with connect(door) as peer:
        peer.sendall(words)
        peer.shutdown(socket.SHUT_WR)
        assert answer(peer) in (ABORT, None)
    wait_until(lambda: door.ended, "the connection to end", 3)
    assoc = associate(door)
    assert assoc.send_c_echo().Status == 0
    assoc.release()


def test_a_pdu_longer_than_any_may_be_ends_the_association(door: Door) -> None:
    with connect(door) as peer:
        peer.sendall(associate_request())
        assert answer(peer) == ASSOCIATE_AC
        peer.sendall(b"\x04\x00" + struct.pack(">L", 0xFFFFFFF0))
        assert answer(peer) in (ABORT, None)
    wait_until(lambda: door.ended, "the association to end")


def test_a_peer_that_stops_in_the_middle_of_a_pdu_is_let_go(open_door: Callable[..., Door]) -> None:
    door = open_door(network_timeout_s=0.5)
    with connect(door) as peer:
        peer.sendall(associate_request())
        assert answer(peer) == ASSOCIATE_AC
        peer.sendall(b"\x04\x00" + struct.pack(">L", 100) + b"x")
        assert answer(peer) in (ABORT, None)
    wait_until(lambda: door.ended, "the association to end")


def test_a_connection_that_never_asks_is_let_go(open_door: Callable[..., Door]) -> None:
    door = open_door(acse_timeout_s=0.5)
    with connect(door) as peer:
        assert answer(peer) in (ABORT, None)
    wait_until(lambda: door.ended, "the connection to end")


def test_an_idle_association_is_aborted(open_door: Callable[..., Door]) -> None:
    door = open_door(network_timeout_s=0.5)
    assoc = associate(door)
    wait_until(lambda: door.ended, "the association to end")
    wait_until(lambda: not assoc.is_established, "the peer to hear it")


def test_stopping_lets_a_store_under_way_finish_and_be_answered(door: Door) -> None:
    stored, go = threading.Event(), threading.Event()

    def hold() -> None:
        stored.set()
        assert go.wait(20)

    door.before_store = hold
    statuses: list[Any] = []
    assoc = associate(door)
    pusher = threading.Thread(target=lambda: statuses.append(assoc.send_c_store(ct())))
    pusher.start()
    assert stored.wait(20)
    stopper = threading.Thread(target=door.scp.stop)
    stopper.start()
    go.set()
    stopper.join(20)
    pusher.join(20)
    assert [status.Status for status in statuses] == [0]
    wait_until(lambda: door.ended, "the association to end")


def test_stopping_ends_idle_associations_at_once(door: Door) -> None:
    assoc = associate(door)
    began = time.monotonic()
    door.scp.stop()
    assert time.monotonic() - began < 4
    wait_until(lambda: not assoc.is_established, "the peer to hear it")


def test_a_store_that_fails_in_our_code_does_not_leave_the_peer_waiting(door: Door) -> None:
    def bug() -> None:
        raise RuntimeError("a bug")

    door.before_store = bug
    assoc = associate(door)
    assert assoc.send_c_store(ct()).Status == 0x0110
    assoc.release()
    wait_until(lambda: not door.spooled, "the file to be removed")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and a server and a client that it signed."""
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=Test authority", "-days", "2")  # fmt: skip
    for name in ("server", "client"):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key",
                "-out", f"{name}.csr", "-subj", f"/CN={name}")  # fmt: skip
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-out", f"{name}.pem", "-days", "2")  # fmt: skip
    return folder


def client_context(certificates: Path, name: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    context.check_hostname = False
    if name:
        context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    return context


@pytest.fixture
def secure_door(open_door: Callable[..., Door], certificates: Path) -> Door:
    files = TlsFiles(*(certificates / name for name in ("server.pem", "server.key", "ca.pem")))
    return open_door(tls=files)


def test_a_peer_with_a_certificate_of_the_authority_stores_over_tls(
    secure_door: Door, certificates: Path
) -> None:
    assoc = associate(secure_door, tls_args=(client_context(certificates, "client"), "localhost"))
    assert assoc.send_c_store(ct()).Status == 0
    assoc.release()
    assert len(secure_door.kept) == 1


def test_a_peer_without_a_certificate_is_not_let_in(secure_door: Door, certificates: Path) -> None:
    assoc = associate(secure_door, tls_args=(client_context(certificates, None), "localhost"))
    assert not assoc.is_established
    assert secure_door.kept == []


@pytest.mark.parametrize(
    ("said", "reason"), [(b"no TLS at all, this is", "WRONG_VERSION_NUMBER"), (b"", None)]
)
def test_a_handshake_that_fails_is_one_warning_without_a_trace(
    secure_door: Door, caplog: pytest.LogCaptureFixture, said: bytes, reason: str | None
) -> None:
    with connect(secure_door) as peer:
        peer.sendall(said)
        # The door may have hung up already.
        with contextlib.suppress(OSError):
            peer.shutdown(socket.SHUT_WR)
        wait_until(lambda: caplog.records, "the door to log", 10)
    [line] = caplog.records
    assert (line.levelname, line.getMessage()) == ("WARNING", "TLS handshake failed")
    assert not line.exc_info
    facts = line.__dict__["dicomtube"]
    assert (facts["door"], facts["address"]) == ("dimse", "127.0.0.1")
    assert facts["error"] == reason if reason else facts["error"]


def test_a_peer_that_never_ends_its_handshake_does_not_keep_others_out(
    secure_door: Door, certificates: Path
) -> None:
    with connect(secure_door):
        assoc = associate(
            secure_door, tls_args=(client_context(certificates, "client"), "localhost")
        )
        assert assoc.send_c_echo().Status == 0
        assoc.release()
