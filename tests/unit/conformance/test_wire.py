"""The wire: what leaves, what is kept, what a report may show."""

from __future__ import annotations

import socket

import pytest

from conformance.mock.messages import Reply, Request
from conformance.mock.server import Mock, serving
from conformance.verdicts import Failed, Undecided
from conformance.wire.answer import Answer
from conformance.wire.server import Server, ServerGone
from conformance.wire.shown import HIDDEN, Redaction
from conformance.wire.target import Target, TargetError


class Telling(Mock):
    """A mock that remembers what it was asked, and answers as it is told."""

    def __init__(self, reply: Reply | None = None) -> None:
        super().__init__()
        self.asked: list[Request] = []
        self.reply = reply

    def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        return self.reply or super().answer(request)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_a_read_only_run_sends_nothing_but_get(method: str) -> None:
    mock = Telling()
    with serving(mock) as base, pytest.raises(Undecided):
        Server(Target(base), Redaction()).ask(method, "/studies")
    assert mock.asked == []


def test_odd_bytes_are_not_sent_in_a_read_only_run() -> None:
    mock = Telling()
    with serving(mock) as base, pytest.raises(Undecided):
        Server(Target(base), Redaction()).send_raw(b"GET / HTTP/1.1\r\n\r\n")
    assert mock.asked == []


def test_a_rate_is_kept() -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    with serving(Telling()) as base:
        server = Server(Target(base, rate=4), Redaction(), clock=lambda: now[0], sleep=sleep)
        for _ in range(5):
            server.get("/studies")
    assert slept == [0.25] * 4


def test_a_server_that_is_not_there_is_gone_after_three_requests() -> None:
    server = Server(Target("http://127.0.0.1:9", timeout_s=2), Redaction())
    for _ in range(2):
        with pytest.raises(Failed):
            server.get("/studies")
    with pytest.raises(ServerGone):
        server.get("/studies")


def test_a_server_that_hangs_is_found_out() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        target = Target(f"http://127.0.0.1:{listening.getsockname()[1]}", timeout_s=0.2)
        with pytest.raises(Failed, match="longer than --timeout"):
            Server(target, Redaction()).get("/studies")


def test_credentials_go_to_the_server_under_test_alone() -> None:
    first, second = Telling(), Telling()
    with serving(first) as mine, serving(second) as other:
        target = Target(mine, headers=(("Authorization", "Bearer secret"),))
        server = Server(target, Redaction())
        server.get("/studies")
        server.get(f"{other}/studies")
    assert first.asked[0].header("authorization") == "Bearer secret"
    assert second.asked[0].header("authorization") is None


def test_no_secret_is_in_the_evidence() -> None:
    reply = Reply(
        200, "text/plain", b"you sent s3cret", [("Set-Cookie", "a=b"), ("X-Echo", "s3cret")]
    )
    with serving(Telling(reply)) as base:
        target = Target(base, headers=(("Authorization", "Bearer s3cret"),), secrets=("s3cret",))
        server = Server(target, Redaction(target.secrets, shows_bodies=True))
        server.get("/studies", {"token": "s3cret"})
    text = repr(server.evidence())
    assert "s3cret" not in text
    assert "a=b" not in text
    assert HIDDEN in text


def test_bodies_and_strangers_uids_are_not_shown() -> None:
    with serving(Telling(Reply(200, "text/plain", b"Doe^John"))) as base:
        redaction = Redaction()
        redaction.hide("1.2.3.4", "study 1")
        server = Server(Target(base), redaction)
        server.get("/studies/1.2.3.4/metadata")
    [one] = server.evidence()
    assert one.excerpt is None
    assert "1.2.3.4" not in one.curl
    assert "‹study 1›" in one.url


def test_a_long_query_is_cut_in_sentences_and_kept_in_evidence() -> None:
    with serving(Telling()) as base:
        server = Server(Target(base), Redaction())
        answer = server.get("/studies", {"StudyInstanceUID": "1.2.3," * 60})
    assert "…" in answer.asked
    assert answer.url in server.evidence()[0].curl


@pytest.mark.parametrize(
    "base", ["ftp://x/y", "nothing", "http://", "http://u:p@x/", "http://x/?a=b", "http://x/#a"]
)
def test_an_address_that_cannot_be_used_is_refused(base: str) -> None:
    with pytest.raises(TargetError):
        Target(base)


@pytest.mark.parametrize("body", [b"", b"[", b"{}", b"[1]", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_array_of_data_sets_fails(body: bytes) -> None:
    with pytest.raises(Failed):
        Answer("GET", "http://x", 200, (), body, 0.0).data_sets()
