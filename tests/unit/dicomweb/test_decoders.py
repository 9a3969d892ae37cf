"""Waiting for a decoder: only so many requests at once, and no answer broken off for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydicom.uid import JPEGLSLossless

from dicomweb import calls
from dicomweb.decoders import Decoders
from dicomweb.errors import Refusal
from dicomweb.settings import DoorSettings
from imaging.pixels import DecodedFrame, FrameDescription
from tests.builders import ct_image

FRAME = FrameDescription(str(JPEGLSLossless), 4, 4)
FRAMES = 'multipart/related; type="application/octet-stream"'


class Slow:
    """A decoder that is at work until it is told to end."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.end = threading.Event()

    def __call__(self, description: FrameDescription, _encoded: bytes) -> DecodedFrame:
        self.begun.release()
        assert self.end.wait(30), "nobody ended it"
        return DecodedFrame(bytes(description.native_bytes), description.decoded())


@pytest.fixture
def slow() -> Iterator[Slow]:
    decoder = Slow()
    yield decoder
    decoder.end.set()


@pytest.fixture
def busy_web(open_web: Any, slow: Slow, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(calls, "Decoders", lambda settings: Decoders(settings, slow))
    return open_web(max_decodes="2")


@pytest.mark.parametrize("resource", ["/frames/1", "/frames/1,2", ""])
def test_one_request_too_many_for_the_decoders_is_told_to_come_again(
    busy_web: Any, slow: Slow, resource: str
) -> None:
    [path] = busy_web.stored(
        ct_image(JPEGLSLossless, frames=[b"\xff\xd81", b"\xff\xd82"], NumberOfFrames=2)
    )
    accept = FRAMES if resource else "application/dicom"

    def ask(_: int = 0) -> Any:
        client = busy_web.client.application.test_client()
        return client.get(busy_web.root + path + resource, headers={"Accept": accept})

    with ThreadPoolExecutor(2) as threads:
        waiting = threads.map(ask, range(2))
        assert all(slow.begun.acquire(timeout=20) for _ in range(2))
        refused = ask()
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        as_stored = busy_web.get(path + "/frames/1", "multipart/related; type=image/jls")
        assert as_stored.status_code == 200
        slow.end.set()
        assert [answer.status_code for answer in waiting] == [200, 200]
    assert ask().status_code == 200


def test_an_answer_that_is_under_way_is_not_broken_off(slow: Slow) -> None:
    slow.end.set()
    decoders = Decoders(DoorSettings(max_decodes=1), slow)
    begun, late = decoders.for_request(), decoders.for_request()
    begun.under_way = True
    decoders._places.acquire()
    assert begun(FRAME, b"").data == bytes(FRAME.native_bytes)
    with pytest.raises(Refusal):
        late(FRAME, b"")


def test_frames_of_an_answer_that_has_begun_come_while_others_fill_the_places(
    open_web: Any, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow.end.set()
    decoders = Decoders(DoorSettings(max_decodes=1), slow)
    monkeypatch.setattr(calls, "Decoders", lambda _: decoders)
    web = open_web()
    [path] = web.stored(
        ct_image(JPEGLSLossless, frames=[b"\xff\xd81", b"\xff\xd82"], NumberOfFrames=2)
    )
    answer = web.get(path + "/frames/1,2", FRAMES)
    decoders._places.acquire()
    assert answer.data.count(b"Content-Type") == 2
    assert web.get(path + "/frames/1", FRAMES).status_code == 503


def test_a_place_comes_back_when_decoding_fails() -> None:
    def fail(_description: FrameDescription, _encoded: bytes) -> DecodedFrame:
        raise OSError("no codec")

    decoders = Decoders(DoorSettings(max_decodes=1), fail)
    for _ in range(2):
        with pytest.raises(OSError, match="no codec"):
            decoders.for_request()(FRAME, b"")
