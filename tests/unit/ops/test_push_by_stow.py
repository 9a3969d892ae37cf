"""Against a small HTTP server that answers as PS3.18 Annex I says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from ops.demo_files import DemoFile
from ops.errors import OperatorError
from ops.outcomes import Outcomes
from ops.push_by_stow import push


@contextmanager
def server(status: int, answer: Any) -> Iterator[tuple[str, list[bytes]]]:
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self._chunks())
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def _chunks(self) -> bytes:
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=http.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}/dicom-web", bodies
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def item(uid: str, **more: Any) -> dict[str, Any]:
    return {"00081155": {"vr": "UI", "Value": [uid]}} | more


@pytest.fixture
def files(tmp_path: Path) -> list[DemoFile]:
    made = []
    for uid in ("1.1", "1.2"):
        path = tmp_path / uid
        path.write_bytes(uid.encode())
        made.append(DemoFile(path, sop_instance=uid))
    return made


def test_each_file_gets_the_outcome_that_the_answer_gives_it(files: list[DemoFile]) -> None:
    answer = {
        "00081199": {"vr": "SQ", "Value": [item("1.1")]},
        "00081198": {
            "vr": "SQ",
            "Value": [item("1.2", **{"00081197": {"vr": "US", "Value": [0x0111]}})],
        },
    }
    outcomes = Outcomes()
    with server(202, answer) as (root, bodies):
        assert list(push(root, None, files, outcomes)) == [2]
    assert [file.sop_instance for file in outcomes.stored] == ["1.1"]
    assert [file.sop_instance for [file] in outcomes.refused.values()] == ["1.2"]
    assert b"\r\n\r\n1.1\r\n--" in bodies[0]


def test_a_file_without_uid_is_sent_alone(files: list[DemoFile]) -> None:
    odd = DemoFile(files[0].path)
    failure = {"00081197": {"vr": "US", "Value": [0xC000]}}
    outcomes = Outcomes()
    with server(409, {"0008119A": {"vr": "SQ", "Value": [failure]}}) as (root, bodies):
        list(push(root, None, [odd], outcomes))
    assert len(bodies) == 1
    assert [word[:4] for word in outcomes.refused] == ["C000"]


def test_two_files_of_one_instance_do_not_meet_in_a_request(files: list[DemoFile]) -> None:
    answer = {"00081199": {"vr": "SQ", "Value": [item("1.1"), item("1.2")]}}
    outcomes = Outcomes()
    with server(200, answer) as (root, bodies):
        list(push(root, None, [files[0], files[0], files[1]], outcomes))
    assert [body.count(b"\r\n\r\n1.1\r\n") for body in bodies] == [1, 1]
    assert len(outcomes.stored) == 3


def test_a_file_that_the_answer_does_not_name_is_asked_about_alone(files: list[DemoFile]) -> None:
    outcomes = Outcomes()
    with server(200, {"00081199": {"vr": "SQ", "Value": [item("1.1")]}}) as (root, bodies):
        list(push(root, None, files, outcomes))
    assert len(bodies) == 2
    assert [file.sop_instance for file in outcomes.stored] == ["1.1", "1.2"]


def test_a_missing_token_is_told_with_the_command_that_makes_one(files: list[DemoFile]) -> None:
    with server(401, {}) as (root, _), pytest.raises(OperatorError, match="ops token create"):
        list(push(root, None, files, Outcomes()))
