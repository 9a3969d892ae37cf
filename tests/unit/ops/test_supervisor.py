"""Real processes, started by a supervisor in a process of its own so that signals can be sent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.services import wait_until

ROOT = Path(__file__).resolve().parents[3]

SCRIPT = """
import os, sys
from pathlib import Path
from ops.children import Program
from ops.errors import OperatorError
from ops.supervisor import Supervisor

home = Path(sys.argv[1])
programs = [
    Program(f"child{n}", ("sh", "-c", body), dict(os.environ), foundation=n == 0)
    for n, body in enumerate(sys.argv[2:])
]
supervisor = Supervisor(home, lambda line: print(line, flush=True))
try:
    with supervisor.running():
        supervisor.start(programs)
        print("started", flush=True)
        supervisor.watch()
except OperatorError as exc:
    print("gave up:", exc, flush=True)
    sys.exit(1)
print("stopped", flush=True)
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start(*bodies: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(SCRIPT), str(tmp_path), *bodies],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def pid_of(home: Path, name: str) -> int:
    path = home / "run" / f"{name}.pid"
    wait_until(lambda: path.read_text().strip(), f"{name} to start", 10)
    return int(path.read_text())


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_gone(pid: int) -> None:
    wait_until(lambda: not is_running(pid), f"process {pid} to end", 10)


SLEEP = "exec sleep 600"
# A server whose own child keeps running, as a web server's worker would.
WITH_GRANDCHILD = 'sleep 600 & echo $! > "$0.tmp" && mv "$0.tmp" "$0"; wait'


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_every_child(
    supervise: Start, tmp_path: Path, number: signal.Signals
) -> None:
    process = supervise(SLEEP, SLEEP)
    pids = [pid_of(tmp_path, "child0"), pid_of(tmp_path, "child1")]
    process.send_signal(number)
    assert process.wait(30) == 0
    assert not any(is_running(pid) for pid in pids)
    assert "stopped" in process.communicate()[0]


def test_no_child_outlives_a_supervisor_that_is_killed(supervise: Start, tmp_path: Path) -> None:
    process = supervise(SLEEP, SLEEP)
    pids = [pid_of(tmp_path, "child0"), pid_of(tmp_path, "child1")]
    process.kill()
    for pid in pids:
        wait_gone(pid)


def test_a_child_that_dies_is_started_again(supervise: Start, tmp_path: Path) -> None:
    supervise(SLEEP)
    first = pid_of(tmp_path, "child0")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: pid_of(tmp_path, "child0") != first, "a new process", 10)
    assert is_running(pid_of(tmp_path, "child0"))


def test_what_a_dead_child_left_behind_is_ended_before_it_starts_again(
    supervise: Start, tmp_path: Path
) -> None:
    note = tmp_path / "grandchild"
    supervise(WITH_GRANDCHILD.replace("$0", str(note)))
    wait_until(lambda: note.read_text().strip(), "the grandchild", 10)
    grandchild = int(note.read_text())
    os.kill(pid_of(tmp_path, "child0"), signal.SIGKILL)
    wait_gone(grandchild)


def test_a_child_that_never_starts_ends_the_attempt_with_its_last_words(
    supervise: Start, tmp_path: Path
) -> None:
    process = supervise("echo the port is taken; exit 3")
    said = process.communicate(timeout=20)[0]
    assert process.returncode == 1
    assert "child0 ended with exit code 3; starting it again" in said
    assert "gave up: child0 does not start" in said
    assert "the port is taken" in said


def test_foundations_stop_after_what_stands_on_them(supervise: Start, tmp_path: Path) -> None:
    order = tmp_path / "order"
    slow = f"trap 'sleep 0.3; echo upper >> {order}; exit' TERM; sleep 600 & wait"
    base = f"trap 'echo foundation >> {order}; exit' TERM; echo up > {order}; sleep 600 & wait"
    process = supervise(base, slow)
    wait_until(order.exists, "the foundation", 10)
    pid_of(tmp_path, "child1")
    wait_until(lambda: _sleeps_below(pid_of(tmp_path, "child1")), "the trap to be set", 10)
    process.terminate()
    process.wait(10)
    assert order.read_text().split() == ["up", "upper", "foundation"]


def _sleeps_below(pid: int) -> bool:
    return bool(Path(f"/proc/{pid}/task/{pid}/children").read_text().strip())


def test_a_second_signal_does_not_wait_for_a_child_that_will_not_stop(
    supervise: Start, tmp_path: Path
) -> None:
    note = tmp_path / "asked"
    process = supervise(f"trap 'echo yes > {note}' TERM; while :; do sleep 0.1; done")
    pid_of(tmp_path, "child0")
    wait_until(lambda: _sleeps_below(pid_of(tmp_path, "child0")), "the trap to be set", 10)
    process.terminate()
    wait_until(note.exists, "the child to be asked", 10)
    process.terminate()
    assert process.wait(10) == 0


def test_a_childs_output_is_in_its_log(supervise: Start, tmp_path: Path) -> None:
    supervise("echo hello; exec sleep 600")
    log = tmp_path / "logs" / "child0.log"
    wait_until(lambda: log.read_text() == "hello\n", "the log line", 10)
