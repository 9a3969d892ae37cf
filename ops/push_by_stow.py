"""Sending files by STOW-RS, as any client would.

References
----------
PS3.18 10.5 and Annex I (Store Instances Response).
"""

from __future__ import annotations

import secrets
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
    for batch in (*_batches(_first_of_each(known)), *([file] for file in unknown)):
        _note(_send(root, token, batch), batch, outcomes)
        yield len(batch)


def _first_of_each(files: list[DemoFile]) -> list[DemoFile]:
    """Order the files so that two of the same instance do not meet in one batch."""
    seen: dict[str, int] = {}
    ranked = []
    for file in files:
        rank = seen[file.sop_instance] = seen.get(file.sop_instance, -1) + 1
        ranked.append((rank, file))
    return [file for _, file in sorted(ranked, key=lambda pair: pair[0])]


def _batches(files: Sequence[DemoFile]) -> Iterator[list[DemoFile]]:
    remaining = iter(files)
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


def _note(answer: Mapping[str, Any], batch: list[DemoFile], outcomes: Outcomes) -> None:
    """Match the answer's items with the files by UID; a lone file needs no match."""
    by_uid = {file.sop_instance: file for file in batch}
    lone = batch[0] if len(batch) == 1 else None
    for item in _items(answer, _REFERENCED):
        if file := by_uid.get(_value(item, _SOP_INSTANCE, ""), lone):
            outcomes.stored.append(file)
    for item in (*_items(answer, _FAILED), *_items(answer, _OTHER_FAILURES)):
        if file := by_uid.get(_value(item, _SOP_INSTANCE, ""), lone):
            outcomes.refuse(file, _value(item, _REASON, 0), _value(item, _COMMENT, ""))


def _items(answer: Mapping[str, Any], tag: str) -> list[Mapping[str, Any]]:
    return answer.get(tag, {}).get("Value", [])  # type: ignore[no-any-return]  # DICOM JSON


def _value(item: Mapping[str, Any], tag: str, default: Any) -> Any:
    return item.get(tag, {}).get("Value", [default])[0]
