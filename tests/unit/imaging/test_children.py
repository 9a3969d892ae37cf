"""Work over hostile bytes, done by child processes that may die."""

import logging
import os
import signal
import struct
import threading
import time
from dataclasses import asdict
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from imaging import children, codec_child
from imaging.children import ChildLimits, ChildPool, run_job
from imaging.errors import DecodeFailed, ImagingError, LimitExceeded, Unsupported
from imaging.pixels import FrameDescription

RAMP = (np.arange(64 * 48).reshape(64, 48) % 4000).astype("<u2")


@pytest.fixture
def pool():
    made = ChildPool(size=1, limits=ChildLimits(max_wait_s=20))
    yield made
    made.close()


FRAME = FrameDescription("1.2.840.10008.1.2.4.80", 64, 48, 1, 16, 12)
ENCODED = imagecodecs.jpegls_encode(RAMP)


def decoded(pool: ChildPool, encoded: bytes = ENCODED, frame: FrameDescription = FRAME) -> bytes:
    return pool.run("decode", {"description": asdict(frame)}, encoded)[1]


def usual_pool() -> ChildPool:
    return children._pool_of(children._USUAL)


def child_of(pool: ChildPool) -> int:
    return pool._idle[0]._process.pid


def test_one_child_serves_frame_after_frame(pool):
    decoded(pool)
    first = child_of(pool)
    with pytest.raises(DecodeFailed):
        decoded(pool, b"rubbish")
    decoded(pool)
    assert child_of(pool) == first


def test_a_child_that_died_is_replaced(pool):
    decoded(pool)
    first = child_of(pool)
    os.kill(first, signal.SIGKILL)
    assert decoded(pool) == RAMP.tobytes()
    assert child_of(pool) != first


def test_a_child_that_hangs_is_ended_and_replaced():
    pool = ChildPool(size=1, limits=ChildLimits(max_wait_s=3))
    decoded(pool)
    stuck = child_of(pool)
    os.kill(stuck, signal.SIGSTOP)
    with pytest.raises(DecodeFailed, match="too long"):
        decoded(pool)
    assert not Path(f"/proc/{stuck}").exists()
    assert decoded(pool) == RAMP.tobytes()
    pool.close()


def test_memory_past_the_limit_is_a_clear_refusal():
    pool = ChildPool(size=1, limits=ChildLimits(max_memory_bytes=4 * 1024 * 1024))
    large = np.zeros((4096, 4096), "u2")
    description = FrameDescription("1.2.840.10008.1.2.4.80", 4096, 4096, 1, 16, 16)
    with pytest.raises(ImagingError):
        decoded(pool, imagecodecs.jpegls_encode(large), description)
    pool.close()


def test_a_child_has_none_of_our_secrets(monkeypatch):
    monkeypatch.setenv("DICOMTUBE_DATABASE_URL", "postgresql://user:secret@host/db")
    pool = ChildPool(size=1)
    decoded(pool)
    environment = Path(f"/proc/{child_of(pool)}/environ").read_bytes()
    assert b"secret" not in environment
    pool.close()


def test_threads_share_the_children():
    pool = ChildPool(size=2)
    results: list[bytes] = []

    def work() -> None:
        results.extend(decoded(pool) for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [RAMP.tobytes()] * 80
    assert len(pool._idle) <= 2
    pool.close()


def test_a_forked_process_starts_children_of_its_own():
    decoded(usual_pool())
    ours = child_of(usual_pool())
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        ok = decoded(usual_pool()) == RAMP.tobytes()
        own = child_of(usual_pool())
        os.write(write, b"ok" if ok and own != ours else b"no")
        children.close_all()
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(read, 2) == b"ok"
    assert decoded(usual_pool()) == RAMP.tobytes()
    assert child_of(usual_pool()) == ours


def test_a_child_ends_soon_after_its_parent_was_killed():
    """Also when a process that the parent forked holds the socket open."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        decoded(usual_pool())
        child = child_of(usual_pool())
        os.dup(usual_pool()._idle[0]._connection.fileno())
        holder = os.fork()
        if holder:
            os.write(write, f"{child} {holder}".encode())
        signal.pause()
    child, holder = map(int, os.read(read, 40).split())
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    try:
        assert ended_within(child, 20)
    finally:
        os.kill(holder, signal.SIGKILL)


def ended_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


def test_an_idle_child_ends_and_the_next_frame_starts_another():
    pool = ChildPool(size=1, limits=ChildLimits(max_idle_s=0.2))
    decoded(pool)
    pool._idle[0]._process.wait(timeout=20)
    assert decoded(pool) == RAMP.tobytes()
    pool.close()


def test_a_message_that_lies_about_its_length_is_refused():
    ours, theirs = codec_child.socket.socketpair()
    ours.sendall(struct.pack(">I", 2**31))
    with pytest.raises(ValueError, match="too long"):
        codec_child.receive(theirs, 100)
    codec_child.send(ours, {}, b"x" * 200)
    with pytest.raises(ValueError, match="too long"):
        codec_child.receive(theirs, 100)


@pytest.mark.parametrize("job", codec_child.JOBS)
def test_every_job_is_a_function_of_head_and_body(job):
    assert callable(codec_child._job(job))


def test_an_error_comes_back_as_the_kind_it_is():
    asked = {"description": asdict(FRAME), "target": "1.2.3.4", "quality": None}
    with pytest.raises(Unsupported, match="encoder"):
        run_job("transcode", asked, ENCODED)
    large = imagecodecs.jpegls_encode(np.zeros((512, 512), "u2"))
    with pytest.raises(LimitExceeded, match="larger image"):
        run_job("decode", {"description": asdict(FRAME)}, large)


def test_what_nobody_expected_is_a_refusal_whose_place_is_logged_without_a_value(caplog):
    with caplog.at_level(logging.WARNING), pytest.raises(DecodeFailed, match="refuses"):
        run_job("decode", {"description": {"patient": "Doe^Jane"}})
    assert "TypeError at jobs.py:" in caplog.text
    assert "Jane" not in caplog.text


def test_a_body_past_the_limit_never_reaches_a_child():
    pool = ChildPool(size=1, limits=ChildLimits(max_body_bytes=100))
    with pytest.raises(LimitExceeded):
        decoded(pool, bytes(101))
    assert not pool._idle


def test_other_limits_are_kept_by_other_children():
    limits = ChildLimits(max_idle_s=77)
    data = run_job("decode", {"description": asdict(FRAME)}, ENCODED, limits=limits)[1]
    assert data == RAMP.tobytes()
    assert children._pool_of(limits)._idle
    assert children._pool_of(ChildLimits(max_idle_s=77)) is children._pool_of(limits)


def test_a_child_that_was_started_early_does_the_first_job(pool: ChildPool) -> None:
    pool.prepare_for("decode")
    pool.prepare_for("decode")
    [child] = pool._idle
    assert decoded(pool) == RAMP.tobytes()
    assert pool._idle == [child]
