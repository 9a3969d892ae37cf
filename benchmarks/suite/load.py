"""Asking over and over: one connection after another answer, or several at once by wrk.

May live here: how often, for how long, and what is noted. May not: what is asked.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from benchmarks.suite.client import Client, NotOfferedError, WrongError
from benchmarks.suite.servers.server import Server

Thing = TypeVar("Thing")

# A request that takes longer is counted by hand, so many a connection at a time.
_SLOW_S = 0.08
_SLOW_EACH = 2
_SCRIPT = """
local paths = {%(paths)s}
local headers = {%(headers)s}
local ready, at = {}, 0
init = function()
  for i = 1, #paths do ready[i] = wrk.format("GET", paths[i], headers) end
end
request = function() at = at %% #ready + 1; return ready[at] end
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT [%%d,%%d,%%d,%%f,%%f]\\n", summary.requests, summary.duration,
    errors.status + errors.connect + errors.read + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Measured:
    """What a work came to."""

    value: float
    """In the work's unit."""
    requests: int
    """How many pieces of work it was, for what each cost."""
    p50_ms: float | None = None
    p99_ms: float | None = None


def waits(ask: Callable[[int], object], seconds: float, least: int = 3, most: int = 40) -> Measured:
    """One after another, by one who waits: the median in milliseconds."""
    took: list[float] = []
    begun = time.perf_counter()
    while len(took) < least or (len(took) < most and time.perf_counter() - begun < seconds):
        start = time.perf_counter()
        ask(len(took))
        took.append(1000 * (time.perf_counter() - start))
    middle = statistics.median(took)
    return Measured(middle, len(took), middle, sorted(took)[int(0.99 * len(took))])


def rate(
    server: Server, paths: Sequence[str], accept: str, connections: int, seconds: float,
    encoding: str = "identity",
) -> Measured:  # fmt: skip
    """Requests a second on several connections that are always busy."""
    client = Client(server)
    start = time.perf_counter()
    client.get(paths[0], accept, encoding)
    # In a short time a slow server would end few requests, and those it has begun do not count.
    if time.perf_counter() - start > _SLOW_S or shutil.which("wrk") is None:
        return _counted(server, paths, accept, connections, seconds, encoding)
    return _by_wrk(server, paths, accept, connections, seconds, encoding)


def in_turn(
    server: Server, things: Iterable[Thing], connections: int, work: Callable[[Client, Thing], Any]
) -> float:
    """Do it with all things, every connection taking the next; the seconds until the last."""
    left, failed = iter(things), list[BaseException]()
    lock = threading.Lock()

    def next_things() -> Iterator[Thing]:
        while not failed:
            with lock:
                thing = next(left, None)
            if thing is None:
                return
            yield thing

    def connection() -> None:
        client = Client(server)
        try:
            for thing in next_things():
                work(client, thing)
        except BaseException as exc:  # told below, by whoever waits for this thread
            failed.append(exc)
        finally:
            client.close()

    threads = [threading.Thread(target=connection) for _ in range(connections)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return time.perf_counter() - begun


def _counted(
    server: Server, paths: Sequence[str], accept: str, connections: int, seconds: float,
    encoding: str,
) -> Measured:  # fmt: skip
    """Rounds of requests until the time is over, all of them waited for."""
    done, took = 0, 0.0
    while took < seconds:
        asked = [paths[(done + at) % len(paths)] for at in range(_SLOW_EACH * connections)]
        took += in_turn(server, asked, connections, lambda c, path: c.get(path, accept, encoding))
        done += len(asked)
    return Measured(done / took, done)


def _by_wrk(
    server: Server, paths: Sequence[str], accept: str, connections: int, seconds: float,
    encoding: str,
) -> Measured:  # fmt: skip
    parts = urlsplit(server.root)
    headers = {**server.headers, "Accept": accept, "Accept-Encoding": encoding}
    script = _SCRIPT % {
        "paths": ",".join(json.dumps(parts.path.rstrip("/") + path) for path in paths),
        "headers": ",".join(f"[{json.dumps(k)}]={json.dumps(v)}" for k, v in headers.items()),
    }
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
        command += ["--timeout", "30s", "-s", file.name, f"http://{parts.netloc}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    _, found, told = done.stdout.partition("RESULT ")
    if not found:
        raise NotOfferedError(f"wrk: {(done.stdout + done.stderr)[:200]}")
    requests, took_us, bad, p50, p99 = json.loads(told)
    if bad or not requests:
        raise WrongError(f"{bad} of {requests} requests failed")
    return Measured(requests * 1e6 / took_us, requests, p50 / 1000, p99 / 1000)
