"""Sampling processes from outside by py-spy, while something keeps them busy.

May live here: what py-spy is told. It needs the right to look into processes that are not its
children: root's, or a kernel that lets it (`kernel.yama.ptrace_scope`).
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.profiling.stacks import Stack, read_stacks

RATE = 200


class NoRecordingError(Exception):
    """Nothing was sampled; what py-spy said."""


@contextlib.contextmanager
def recorded(pids: Iterable[int], seconds: int) -> Iterator[Counter[Stack]]:
    """Sample these for so long; the stacks are there when the block has ended."""
    program = Path(sys.executable).with_name("py-spy")
    if not program.exists():
        raise NoRecordingError("py-spy is not installed: it is of the extra 'bench'")
    found: Counter[Stack] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        command = [str(program), "record", "--format", "raw", "--function", "--nonblocking"]
        command += ["--rate", str(RATE), "--duration", str(seconds)]
        spies = [
            subprocess.Popen(
                [*command, "--output", f"{folder}/{pid}", "--pid", str(pid)],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            )
            for pid in pids
        ]  # fmt: skip
        yield found
        told = [spy.communicate()[1] for spy in spies]
        for one in Path(folder).iterdir():
            found.update(read_stacks(one.read_text("utf-8").splitlines()))
    if not found:
        raise NoRecordingError(" ".join(told)[-400:] or "no process to sample")
