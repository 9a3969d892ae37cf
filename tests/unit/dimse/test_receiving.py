"""P-DATA becomes spool files, byte for byte, within limits; a peer that lies is cut off."""

import queue
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom.dimse_primitives import C_ECHO
from pynetdicom.dsutils import encode
from pynetdicom.pdu_primitives import P_DATA

from archive.errors import StoreUnavailable
from archive.objects import SpoolFile
from dimse import receiving
from dimse.receiving import Receiver, Spooling, StoreRequest
from tests.dimse_peer import store_command

COMMAND, DATA, LAST = 1, 0, 2


class Peer:
    """A receiver with what surrounds it, fed fragment by fragment."""

    def __init__(self, directory: Path, max_bytes: int = 1000) -> None:
        self.directory = directory
        self.waiting: queue.Queue[Any] = queue.Queue()
        self.events: queue.Queue[str] = queue.Queue()
        assoc = SimpleNamespace(
            dul=SimpleNamespace(event_queue=self.events), get_handlers=lambda event: []
        )
        self.spool: Callable[[], SpoolFile] = lambda: SpoolFile(directory)
        spooling = Spooling(lambda: self.spool(), lambda request: b"HEAD", max_bytes)
        self.receiver = Receiver(assoc, spooling, self.waiting)  # type: ignore[arg-type]

    def send(self, *fragments: tuple[int, bytes], context_id: int = 1) -> None:
        primitive = P_DATA()
        primitive.presentation_data_value_list.extend(
            (context_id, bytes([control]) + data) for control, data in fragments
        )
        self.receiver.receive_primitive(primitive)

    def store(self, data: bytes, **changes: Any) -> StoreRequest:
        self.send((COMMAND | LAST, store_command(**changes)), (DATA | LAST, data))
        message: StoreRequest = self.waiting.get_nowait()[1]
        return message

    @property
    def aborted(self) -> bool:
        return not self.events.empty() and self.events.get_nowait() == "Evt19"

    @property
    def files(self) -> list[bytes]:
        return [path.read_bytes() for path in self.directory.iterdir()]


@pytest.fixture
def peer(tmp_path: Path) -> Peer:
    return Peer(tmp_path)


def test_a_data_set_in_many_fragments_is_written_in_their_order(peer: Peer) -> None:
    command = store_command()
    peer.send((COMMAND, command[:9]))
    peer.send((COMMAND | LAST, command[9:]), (DATA, b"abc"))
    peer.send((DATA, b""), (DATA, b"de"))
    assert peer.waiting.empty()
    assert peer.receiver.is_receiving
    peer.send((DATA | LAST, b"f"))
    context_id, request = peer.waiting.get_nowait()
    assert (context_id, request.message_id, request.received) == (1, 7, 6)
    request.spooled.close()
    assert peer.files == [b"HEADabcdef"]
    assert not peer.receiver.is_receiving


def test_an_echo_is_passed_on_as_the_library_reads_it(peer: Peer) -> None:
    command = Dataset()
    command.AffectedSOPClassUID = "1.2.840.10008.1.1"
    command.CommandField = 0x0030
    command.MessageID = 3
    command.CommandDataSetType = 0x0101
    peer.send((COMMAND | LAST, encode(command, True, True) or b""))
    context_id, message = peer.waiting.get_nowait()
    assert (context_id, type(message), message.MessageID) == (1, C_ECHO, 3)


def test_a_data_set_that_is_too_long_is_thrown_away_and_still_answered(tmp_path: Path) -> None:
    peer = Peer(tmp_path, max_bytes=10)
    request = peer.store(b"x" * 11)
    assert request.failure is not None
    assert request.failure.reason == 0xA700
    assert peer.files == []
    assert not peer.aborted


def test_a_data_set_of_just_the_limit_is_taken(tmp_path: Path) -> None:
    assert Peer(tmp_path, max_bytes=10).store(b"x" * 10).failure is None


def test_a_data_set_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "max_drained_bytes", 20)
    peer = Peer(tmp_path, max_bytes=10)
    peer.send((COMMAND | LAST, store_command()), (DATA, b"x" * 31))
    assert peer.aborted
    assert peer.files == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"AffectedSOPInstanceUID": "../../etc/passwd"}, 0x0117),
        ({"AffectedSOPInstanceUID": ""}, 0x0117),
        ({"AffectedSOPInstanceUID": "1.2\r\n3"}, 0x0117),
        ({"AffectedSOPInstanceUID": "1." * 40 + "1"}, 0x0117),
        ({"AffectedSOPClassUID": "' OR 1=1"}, 0x0122),
    ],
)
@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_a_command_with_no_uid_is_answered_and_its_data_set_not_kept(
    peer: Peer, changes: dict[str, Any], reason: int
) -> None:
    request = peer.store(b"abc", **changes)
    assert request.failure is not None
    assert request.failure.reason == reason
    assert peer.files == []
    assert peer.store(b"next").failure is None


@pytest.mark.parametrize(
    "fragments",
    [
        [(DATA | LAST, b"a data set without a command")],
        [(COMMAND | LAST, b"no command set")],
        [(COMMAND | LAST, b"")],
        [(COMMAND, b"x" * (receiving.max_command_bytes + 1))],
        [(COMMAND | LAST, store_command()), (COMMAND, b"a command inside a data set")],
        [(COMMAND | LAST, store_command(CommandDataSetType=0x0101))],
        [(COMMAND | LAST, store_command(CommandField=0x0020))],
        [(COMMAND | LAST, store_command(CommandField=0x8001))],
    ],
)
def test_a_peer_that_breaks_the_protocol_is_aborted_and_leaves_no_file(
    peer: Peer, fragments: list[tuple[int, bytes]]
) -> None:
    peer.send(*fragments)
    assert peer.aborted
    assert peer.files == []
    assert peer.waiting.empty()


def test_a_data_set_under_another_context_than_its_command_is_a_lie(peer: Peer) -> None:
    peer.send((COMMAND | LAST, store_command()))
    peer.send((DATA, b"abc"), context_id=3)
    assert peer.aborted
    assert peer.files == []


def test_a_fragment_without_its_control_header_aborts(peer: Peer) -> None:
    primitive = P_DATA()
    primitive.presentation_data_value_list.append((1, b""))
    peer.receiver.receive_primitive(primitive)
    assert peer.aborted


def test_an_error_of_ours_while_receiving_is_in_the_log_without_what_was_received(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> SpoolFile:
        raise RuntimeError("ours")

    peer.spool = broken
    peer.send((COMMAND | LAST, store_command()))
    assert peer.aborted
    [line] = caplog.records
    assert line.getMessage() == "what a peer sent could not be taken; its association is aborted"
    assert line.exc_info is not None


def test_requests_before_their_turn_do_not_fill_the_spool(peer: Peer) -> None:
    for _ in range(receiving.max_waiting_requests):
        peer.send((COMMAND | LAST, store_command()), (DATA | LAST, b"x"))
    assert not peer.aborted
    peer.send((COMMAND | LAST, store_command()))
    assert peer.aborted


def test_a_transfer_that_is_broken_off_leaves_no_file(peer: Peer) -> None:
    peer.send((COMMAND | LAST, store_command()), (DATA, b"half"))
    peer.receiver.close()
    assert peer.files == []


@pytest.mark.parametrize("error", [StoreUnavailable("down"), OSError("disk full")])
def test_without_room_the_request_fails_and_the_association_lives(
    peer: Peer, error: Exception
) -> None:
    def no_room() -> SpoolFile:
        raise error

    peer.spool = no_room
    request = peer.store(b"abc")
    assert request.failure is not None
    assert request.failure.reason == 0xA700
    assert not peer.aborted


def test_a_disk_that_fills_up_under_way_fails_the_request(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    spooled = SpoolFile(peer.directory)
    peer.spool = lambda: spooled
    peer.send((COMMAND | LAST, store_command()))
    monkeypatch.setattr(spooled, "write", lambda data: (_ for _ in ()).throw(OSError("full")))
    peer.send((DATA | LAST, b"abc"))
    request = peer.waiting.get_nowait()[1]
    assert request.failure.reason == 0xA700
    assert peer.files == []
