"""What processes cost, out of /proc."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from benchmarks.suite import processes

_BUSY = "import sys; print(flush=True); x = bytearray(64 << 20)\nfor _ in range(3_000_000): pass\n"
_BUSY += "print(flush=True); sys.stdin.read()"


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[bytes]]:
    """A child that has worked for a moment and held 64 MiB."""
    child = subprocess.Popen(
        [sys.executable, "-c", _BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.readline(), child.stdout.readline()
    yield child
    child.communicate(b"")


def test_a_family_is_a_process_and_all_below_it(busy: subprocess.Popen[bytes]):
    assert {os.getpid(), busy.pid} <= processes.family([os.getpid()])
    assert processes.family([busy.pid]) == {busy.pid}


def test_time_on_the_processor_and_memory_are_those_of_the_process(busy: subprocess.Popen[bytes]):
    assert 0.02 < processes.processor_s([busy.pid]) < 60
    assert 64 < processes.memory([busy.pid]).peak < 1000


def test_processes_that_have_ended_cost_nothing():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert processes.processor_s([child.pid]) == processes.memory([child.pid]).peak == 0


def test_who_listens_at_a_port_is_found():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert processes.listeners(listening.getsockname()[1]) == {os.getpid()}


def test_settling_ends_when_nobody_works(busy: subprocess.Popen[bytes]):
    begun = time.monotonic()
    processes.settle([busy.pid], quiet_s=0.05, max_wait_s=30)
    assert time.monotonic() - begun < 20
