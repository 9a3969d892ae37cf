"""What is refused when more is asked for than can be served, and what never is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from dicomweb.admission import WATCHED, Admission, Crowd, patience_s
from dicomweb.settings import DoorSettings


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def crowded(clock: Clock, most: int = 4) -> Crowd:
    """A crowd of one more than ought to be inside, for longer than is borne."""
    crowd = Crowd(most, clock)
    for _ in range(most + 1):
        assert crowd.enter()
    for _ in range(3):
        clock.now += patience_s / 2
        if not crowd.enter():
            return crowd
    raise AssertionError("nobody was refused")


def test_a_burst_is_served_whole(clock: Clock) -> None:
    crowd = Crowd(4, clock)
    assert all(crowd.enter() for _ in range(100))


def test_a_crowd_that_stays_is_joined_by_nobody(clock: Clock) -> None:
    crowd = crowded(clock)
    assert not any(crowd.enter() for _ in range(50))


def test_who_leaves_makes_room_for_one_even_while_others_are_refused(clock: Clock) -> None:
    crowd = crowded(clock, most=4)
    while crowd._inside > 3:
        crowd.leave()
    assert crowd.enter()
    assert not crowd.enter()


def test_bursts_with_pauses_in_between_are_no_standing_crowd(clock: Clock) -> None:
    crowd = Crowd(4, clock)
    for _ in range(10):
        assert all(crowd.enter() for _ in range(20))
        for _ in range(20):
            crowd.leave()
        clock.now += patience_s * 1.5


def test_a_crowd_that_was_gone_for_a_while_is_borne_anew(clock: Clock) -> None:
    crowd = crowded(clock)
    clock.now += patience_s * 1.5
    assert crowd.enter()


def test_few_are_served_however_long_it_takes(clock: Clock) -> None:
    crowd = Crowd(4, clock)
    for _ in range(1000):
        clock.now += 1
        assert crowd.enter()
        crowd.leave()


# ---- the layer


def answer(layer: Admission, path: str = "/dicom-web/studies") -> tuple[str, dict[str, str], bytes]:
    said: list[Any] = []
    body = layer({"PATH_INFO": path}, lambda *args: said.append(args))
    status, headers = said[0][:2]
    return status, dict(headers), b"".join(body)


@pytest.fixture
def full() -> Iterator[Admission]:
    """A layer inside of which threads hang for longer than is borne."""
    clock = Clock()
    hanging, inside = threading.Event(), threading.Semaphore(0)

    def application(environ: Any, start_response: Any) -> tuple[bytes]:
        if environ["PATH_INFO"] == "/hang":
            inside.release()
            hanging.wait(60)
        start_response("200 OK", [])
        return (b"served",)

    layer = Admission(application, 2)
    layer._crowd = Crowd(2, clock)
    threads = [threading.Thread(target=answer, args=(layer, "/hang")) for _ in range(2)]
    for thread in threads:
        thread.start()
        inside.acquire()
    for _ in range(2):  # the first that are too many are borne
        assert answer(layer)[0] == "200 OK"
        clock.now += patience_s * 0.6
    yield layer
    hanging.set()
    for thread in threads:
        thread.join()


def test_a_refusal_says_when_to_come_again(full: Admission) -> None:
    status, headers, body = answer(full)
    assert status.startswith("503 ")
    assert int(headers["Retry-After"]) > 0
    assert headers["Cache-Control"] == "no-store"
    assert b"try again" in body and len(body) == int(headers["Content-Length"])


def test_those_refused_are_told_different_times(full: Admission) -> None:
    assert len({answer(full)[1]["Retry-After"] for _ in range(100)}) > 1


@pytest.mark.parametrize("path", sorted(WATCHED))
def test_whoever_watches_over_us_is_answered(full: Admission, path: str) -> None:
    assert answer(full, path)[0] == "200 OK"


def test_a_request_that_fails_leaves_no_place_taken() -> None:
    def application(_environ: Any, _start: Any) -> tuple[bytes]:
        raise RuntimeError("a bug")

    layer = Admission(application, 2)
    for _ in range(10):
        with pytest.raises(RuntimeError, match="a bug"):
            layer({"PATH_INFO": "/"}, lambda *_: None)
    assert layer._crowd._inside == 0


def test_places_of_uploads_and_decoders_leave_room_for_the_rest_by_default() -> None:
    usual = DoorSettings()
    assert usual.max_working > usual.max_uploads + usual.max_decodes
    assert usual.max_working + usual.max_streams < usual.web_threads


def test_an_operator_with_few_threads_still_serves() -> None:
    assert DoorSettings.from_environment({"DICOMTUBE_WEB_THREADS": "2"}).max_working > 0
