"""Room for large pictures: only so many pixels at once, and it always comes back."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from dicomweb.canvas import Canvas, max_small_pixels
from dicomweb.errors import Refusal
from tests.builders import ct_image

LARGE = max_small_pixels + 1


def test_small_pictures_are_not_counted() -> None:
    canvas = Canvas(max_pixels=1)
    with canvas.room(max_small_pixels, 0), canvas.room(max_small_pixels, 0):
        pass


def test_there_is_room_for_so_many_pixels_and_no_more() -> None:
    canvas = Canvas(max_pixels=2 * LARGE)
    with canvas.room(LARGE, 0), canvas.room(LARGE, 0), pytest.raises(Refusal):
        canvas.room(LARGE, 0).__enter__()


def test_what_is_larger_than_all_room_is_made_alone() -> None:
    canvas = Canvas(max_pixels=LARGE)
    with canvas.room(100 * LARGE, 0), pytest.raises(Refusal):
        canvas.room(LARGE, 0).__enter__()


def test_room_comes_back_when_a_picture_fails() -> None:
    canvas = Canvas(max_pixels=LARGE)
    with pytest.raises(ValueError, match="bad"), canvas.room(LARGE, 0):
        raise ValueError("bad")
    with canvas.room(LARGE, 0):
        pass


def test_who_waits_gets_the_room_of_who_goes() -> None:
    canvas = Canvas(max_pixels=LARGE)
    there, gone = threading.Event(), threading.Event()

    def hold() -> None:
        with canvas.room(LARGE, 0):
            there.set()
            gone.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    there.wait(10)
    threading.Timer(0.1, gone.set).start()
    with canvas.room(LARGE, 10):
        assert gone.is_set()
    holder.join()


@pytest.mark.parametrize("resource", ["/rendered", "/frames/1/rendered"])
def test_a_large_picture_without_room_is_503_and_a_small_one_comes(
    web: Any, monkeypatch: pytest.MonkeyPatch, resource: str
) -> None:
    monkeypatch.setattr("dicomweb.decoders._MAX_WAIT_S", {False: 0.0, True: 0.0})
    monkeypatch.setattr(Canvas, "room", _full)
    [path] = web.stored(ct_image())
    assert web.get(f"{path}{resource}?viewport=2048,2048").status_code == 503
    assert web.get(f"{path}{resource}").status_code == 200


_room = Canvas.room


def _full(self: Canvas, pixels: int, max_wait_s: float) -> Any:
    self._free = 0
    return _room(self, pixels, max_wait_s)
