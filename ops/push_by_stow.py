"""Sending files by STOW-RS, as any client would.

References
----------
PS3.18 10.5 and Annex I (Store Instances Response).
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import requests

from ops.demo_files import DemoFile
from ops.errors import OperatorError
from ops.outcomes import Outcomes

batch_size = 20
max_answer_s = 300

_FAILED = "00081198"
_REFERENCED = "00081199"
_OTHER_FAILURES = "0008119A"
_SOP_INSTANCE = "00081155"
_REASON = "00081197"
_COMMENT = "00000902"
_REFUSING = {401: "needs a token", 403: "does not let this token write"}


def push(
    root: str, token: str | None, files: Iterable[DemoFile], outcomes: Outcomes
) -> Iterator[int]:
    """Send the files in batches; yield the number sent after each.

    A batch in which a file cannot be named by its UID is sent file by file, so that the answer
    is about that file.
    """
    known: list[DemoFile] = []
    unknown: list[DemoFile] = []
    for file in files:
        (known if file.sop_instance else unknown).append(file)
    for batch in (*_batches(known), *([file] for file in unknown)):
        unanswered = _note(_send(root, token, batch), batch, outcomes)
        for file in unanswered:  # named otherwise in the answer than in its data set
            _note(_send(root, token, [file]), [file], outcomes)
        yield len(batch)


def _batches(files: Sequence[DemoFile]) -> Iterator[list[DemoFile]]:
    """Cut the files into batches; no two files of one instance meet in a batch."""
    rounds: dict[int, list[DemoFile]] = {}
    seen: Counter[str] = Counter()
    for file in files:
        rounds.setdefault(seen[file.sop_instance], []).append(file)
        seen[file.sop_instance] += 1
    for distinct in rounds.values():
        remaining = iter(distinct)
        while batch := list(islice(remaining, batch_size)):
            yield batch


def _send(root: str, token: str | None, batch: list[DemoFile]) -> Mapping[str, Any]:
    boundary = secrets.token_hex(16)
    headers = {
        "Accept": "application/dicom+json",
        "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
    }
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        answer = requests.post(
            f"{root}/studies", data=_body(batch, boundary), headers=headers, timeout=max_answer_s
        )
    except requests.RequestException as exc:
        raise OperatorError(f"{root} stopped answering ({type(exc).__name__}).") from exc
    if answer.status_code in _REFUSING:
        raise OperatorError(
            f"{root} {_REFUSING[answer.status_code]}: make one with `python -m ops token create` "
            "and pass it as DICOMTUBE_TOKEN."
        )
    try:
        return answer.json()  # type: ignore[no-any-return]  # a data set, as the media type says
    except ValueError as exc:
        raise OperatorError(f"{root}/studies answered {answer.status_code} without JSON.") from exc


def _body(batch: list[DemoFile], boundary: str) -> Iterator[bytes]:
    for file in batch:
        yield f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        yield file.path.read_bytes()
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _note(answer: Mapping[str, Any], batch: list[DemoFile], outcomes: Outcomes) -> list[DemoFile]:
    """Match the answer's items with the files by UID; a lone file needs no match.

    Returns the files that the answer does not name.
    """
    waiting = {file.sop_instance: file for file in batch}
    lone = batch[0].sop_instance if len(batch) == 1 else ""
    for item in _items(answer, _REFERENCED):
        if file := waiting.pop(lone or _value(item, _SOP_INSTANCE, ""), None):
            outcomes.stored.append(file)
    for item in (*_items(answer, _FAILED), *_items(answer, _OTHER_FAILURES)):
        if file := waiting.pop(lone or _value(item, _SOP_INSTANCE, ""), None):
            outcomes.refuse(file, _value(item, _REASON, 0), _value(item, _COMMENT, ""))
    return list(waiting.values()) if len(batch) > 1 else []


def _items(answer: Mapping[str, Any], tag: str) -> list[Mapping[str, Any]]:
    return answer.get(tag, {}).get("Value", [])  # type: ignore[no-any-return]  # DICOM JSON


def _value(item: Mapping[str, Any], tag: str, default: Any) -> Any:
    return item.get(tag, {}).get("Value", [default])[0]
