"""The real library before a stand-in: what it sends, to whom, and what becomes of its answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from community.assistant.answers import max_answer_chars
from community.assistant.gemini import ADDRESS, Gemini
from community.assistant.payload import AiPayload
from community.assistant.port import Null, RefusedError, UnavailableError
from community.assistant.prompting import INSTRUCTION, SCHEMA
from tests.assistant import PROPOSED, Left, StandIn, answer_of, nobody_else, stand_in

PAYLOAD = AiPayload("A title", (("history", "Since spring."),), "Chest", "", (), "en")


@pytest.fixture
def service() -> Iterator[StandIn]:
    with stand_in() as made, nobody_else():
        yield made


def gemini(service: StandIn) -> Gemini:
    return Gemini("a-key", "gemini-of-tests", service.address)


def body_of(service: StandIn) -> dict[str, object]:
    head, _, body = service.requests[-1].partition(b"\n\n")
    assert head.startswith(b"POST /")
    found = json.loads(body)
    assert isinstance(found, dict)
    return found


def test_one_request_carries_the_payload_the_instruction_and_nothing_else(
    service: StandIn,
) -> None:
    answer = gemini(service).ask(PAYLOAD)
    assert json.loads(answer.text) == PROPOSED
    assert answer.model == "gemini-of-tests"
    assert len(service.requests) == 1
    body = body_of(service)
    assert set(body) == {"contents", "systemInstruction", "generationConfig"}
    assert body["contents"] == [{"role": "user", "parts": [{"text": PAYLOAD.spelled()}]}]
    assert body["systemInstruction"] == {"role": "user", "parts": [{"text": INSTRUCTION}]}
    assert body["generationConfig"]["responseJsonSchema"] == SCHEMA
    assert not any(one in service.heard for one in (b"inlineData", b"inline_data", b"fileData"))
    assert not any(one in service.heard for one in (b"tools", b"functionDeclarations", b"cached"))


def test_nothing_in_the_environment_leads_it_elsewhere(
    service: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    for name, value in {
        "GOOGLE_API_KEY": "another-key",
        "GOOGLE_GENAI_USE_VERTEXAI": "true",
        "GOOGLE_GENAI_USE_ENTERPRISE": "true",
        "GOOGLE_CLOUD_PROJECT": "another",
        "GOOGLE_CLOUD_LOCATION": "elsewhere",
        "GOOGLE_GEMINI_BASE_URL": "https://elsewhere.example",
        "GOOGLE_GENAI_CLIENT_MODE": "record",
        "GOOGLE_GENAI_REPLAYS_DIRECTORY": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    gemini(service).ask(PAYLOAD)
    assert b"another" not in service.heard
    assert b"x-goog-api-key: a-key" in service.heard


def test_it_follows_nobody_elsewhere(service: StandIn) -> None:
    with stand_in() as other:
        service.status, service.headers = 307, {"Location": f"{other.address}/take"}
        with pytest.raises((RefusedError, UnavailableError)):
            gemini(service).ask(PAYLOAD)
    assert len(service.requests) == 1
    assert other.requests == []


def test_without_a_stand_in_it_would_speak_to_google_and_the_guard_sees_it() -> None:
    with nobody_else() as asked, pytest.raises((UnavailableError, Left)):
        Gemini("a-key", "gemini-of-tests").ask(PAYLOAD)
    assert set(asked) == {ADDRESS.removeprefix("https://")}


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, UnavailableError), (503, UnavailableError), (400, RefusedError), (403, RefusedError)],
)
def test_a_service_that_is_busy_is_asked_again_and_one_that_refuses_is_not(
    service: StandIn, status: int, error: type[Exception]
) -> None:
    service.status = status
    service.body = json.dumps({"error": {"code": status, "message": "words of a case"}}).encode()
    with pytest.raises(error) as caught:
        gemini(service).ask(PAYLOAD)
    assert len(service.requests) == 1
    assert "words of a case" not in str(caught.value)


def test_a_service_that_is_away_is_asked_again() -> None:
    with nobody_else(), pytest.raises(UnavailableError):
        Gemini("a-key", "gemini-of-tests", "http://127.0.0.1:9").ask(PAYLOAD)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"candidates": []}',
        b'{"candidates": [{"finishReason": "SAFETY", "content": {"parts": [{"text": "no"}]}}]}',
        b'{"candidates": [{"content": {"parts": []}}]}',
        b'{"promptFeedback": {"blockReason": "SAFETY"}}',
    ],
)
def test_an_answer_without_words_is_one(service: StandIn, body: bytes) -> None:
    service.body = body
    assert gemini(service).ask(PAYLOAD).text == ""


def test_bytes_that_are_no_answer_are_no_fault_of_ours(service: StandIn) -> None:
    service.body = b"<html>"
    with pytest.raises(UnavailableError):
        gemini(service).ask(PAYLOAD)
    service.body = answer_of("x" * (10 * max_answer_chars))
    assert gemini(service).ask(PAYLOAD).text


def test_where_no_service_is_nothing_is_said() -> None:
    with nobody_else():
        assert Null().ask(PAYLOAD).text == ""


def test_the_library_is_loaded_by_nobody_but_a_call() -> None:
    code = (
        "import sys\n"
        "import community.assisting.mounting, community.assisting.working\n"
        "assert not any(name.startswith('google') for name in sys.modules), 'loaded'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
