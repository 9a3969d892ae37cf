"""Which facts may leave the process in a log line: a table of fields, each with its spelling.

Patient data must never reach a log. A list of forbidden things is always one short, so the rule
is turned round: a field that is not in `SAFE_FIELDS` is dropped, and a value that is not spelled
as its row says is replaced. Nothing else may live here.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Mapping

Clean = Callable[[object], object]

WITHHELD = "(withheld)"
OUR_PACKAGES = frozenset(
    {"imaging", "archive", "dicomweb", "dimse", "worker", "viewer", "ops", "telemetry"}
)
max_text = 300
max_frames = 12


def _spelled(pattern: str) -> Clean:
    matches = re.compile(pattern, re.ASCII).fullmatch

    def clean(value: object) -> object:
        return str(value) if matches(str(value)) else WITHHELD

    return clean


def _number(value: object) -> object:
    return value if isinstance(value, bool | int | float) else WITHHELD


# Parameters of addresses that are secrets: of capability links, of signing in, of forms.
_SECRETS = re.compile(
    r"(?i)((?:^|[?&])(?:k|key|code|state|nonce|token|id_token|csrf|password|signed_request)=)"
    r"[^&\s\"'#)<>]+"
)
# What the links in mails end with: 256 bits of chance, as `community.accounts.secret` spells them.
_IN_PATHS = re.compile(r"(/)[A-Za-z0-9_-]{40,}(?![A-Za-z0-9_.-])")
_KNOWN_SECRETS = re.compile(r"\b(?:dt[lp]?_[A-Za-z0-9_-]{20,}|AIza[A-Za-z0-9_-]{30,})")


def without_secrets(text: str) -> str:
    """Take out of a text whatever opens something: ``k=``, ``code=``, tokens, links of mails."""
    for pattern in (_SECRETS, _IN_PATHS):
        text = pattern.sub(rf"\1{WITHHELD}", text)
    return _KNOWN_SECRETS.sub(WITHHELD, text)


def _our_words(value: object) -> object:
    """Clean a sentence that our own code worded: no control characters, no secrets, bounded."""
    text = without_secrets(str(value)[: 4 * max_text])[:max_text]
    return "".join(c if c.isprintable() else "?" for c in text)


_uid = _spelled(r"[0-9.]{1,64}")
_token = _spelled(r"[A-Za-z0-9_.:/<>{}*+-]{1,128}")
_ae_title = _spelled(r"[ -~]{0,16}")
_address = _spelled(r"[0-9A-Fa-f.:%a-z]{1,64}")
_word = _spelled(r"0x[0-9A-F]{4}")

SAFE_FIELDS: Mapping[str, Clean] = {
    # identity of things: names we gave, or DICOM UIDs, which say nothing about a person
    "collection": _token,
    "study_instance_uid": _uid,
    "series_instance_uid": _uid,
    "sop_instance_uid": _uid,
    "sop_class_uid": _uid,
    "transfer_syntax_uid": _uid,
    "revision": _number,
    # who calls, and how
    "door": _token,
    "method": _token,
    "resource": _token,
    "address": _address,
    "port": _number,
    "calling_ae_title": _ae_title,
    "called_ae_title": _ae_title,
    "principal": _token,
    # what happened
    "outcome": _token,
    "status": _number,
    "reason": _word,
    "step": _token,
    "task": _token,
    "task_id": _token,
    "attempt": _number,
    "signal": _token,
    "error": _token,
    "detail": _our_words,
    # how much and how long
    "bytes": _number,
    "count": _number,
    "duration_ms": _number,
    "delay_s": _number,
    "limit": _number,
}


def clean_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """Let known-safe fields through, each in its spelling; name what was dropped.

    Parameters
    ----------
    fields
        What the caller wanted to say.

    Returns
    -------
    dict
        The safe part; a field that has no row in the table is dropped and its *name* is not kept
        either, as names made from data are data. Their number stands under ``dropped_fields``.
    """
    cleaned = {
        name: SAFE_FIELDS[name](value)
        for name, value in fields.items()
        if name in SAFE_FIELDS and value is not None
    }
    dropped = sum(name not in SAFE_FIELDS for name in fields)
    return {**cleaned, "dropped_fields": dropped} if dropped else cleaned


def describe_exception(error: BaseException) -> dict[str, object]:
    """Say what went wrong and where, without foreign words.

    The message of a foreign exception may quote a bound SQL parameter or an attribute's value,
    so only exceptions of our own packages keep their message.
    """
    kind = type(error)
    described: dict[str, object] = {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "where": list(_where(traceback.extract_tb(error.__traceback__))),
    }
    if kind.__module__.partition(".")[0] in OUR_PACKAGES:
        described["message"] = _our_words(error)
    if (cause := error.__cause__ or error.__context__) is not None:
        described["cause"] = f"{type(cause).__module__}.{type(cause).__qualname__}"
    return described


def _where(frames: Iterable[traceback.FrameSummary]) -> Iterable[str]:
    for frame in list(frames)[-max_frames:]:
        path = "/".join(frame.filename.rsplit("/", 2)[-2:])
        yield f"{path}:{frame.lineno} {frame.name}"
