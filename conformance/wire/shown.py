"""What a report may show of an exchange: no secret, and of strangers' data no value.

References
----------
PS3.18 has no opinion; this is the runner's own promise, kept in one place.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Sequence
from typing import Final

from conformance.model import Evidence
from conformance.wire.answer import Answer

HIDDEN: Final = "‹hidden›"
max_excerpt_chars: Final = 4_000
_SECRET_FIELDS: Final = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token"}
)


class Redaction:
    """Hides secrets always, and names of things on the server when they are strangers'.

    Parameters
    ----------
    secrets
        Texts that are hidden wherever they stand.
    shows_bodies
        Whether the beginning of a body may be shown: only when all of it is the runner's own.
    """

    def __init__(self, secrets: Sequence[str] = (), *, shows_bodies: bool = False) -> None:
        self._secrets = sorted((s for s in secrets if s), key=len, reverse=True)
        self._names: dict[str, str] = {}
        self._shows_bodies = shows_bodies

    def hide(self, value: str, name: str) -> None:
        """Show `name` in place of a value from now on, such as a stranger's UID."""
        if value:
            self._names.setdefault(value, f"‹{name}›")

    def text(self, text: str) -> str:
        """A text as it may be shown."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        for value in sorted(self._names, key=len, reverse=True):
            text = text.replace(value, self._names[value])
        return text

    def fields(self, headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Header fields as they may be shown."""
        return tuple(
            (name, HIDDEN if name.lower() in _SECRET_FIELDS else self.text(value))
            for name, value in headers
        )

    def evidence(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        answer: Answer | None,
        trouble: str | None = None,
    ) -> Evidence:
        """One exchange as it may be shown."""
        shown_url, shown_fields = self.text(url), self.fields(headers)
        return Evidence(
            curl(method, shown_url, shown_fields, len(body)),
            method,
            shown_url,
            shown_fields,
            len(body),
            None if answer is None else answer.status,
            () if answer is None else self.fields(answer.headers),
            0 if answer is None else len(answer.body),
            "" if answer is None else hashlib.sha256(answer.body).hexdigest(),
            0.0 if answer is None else answer.elapsed_s,
            None if answer is None else self._excerpt(answer),
            None if trouble is None else self.text(trouble),
        )

    def _excerpt(self, answer: Answer) -> str | None:
        if not self._shows_bodies or not answer.body:
            return None
        beginning = answer.body[: max_excerpt_chars * 4]
        if b"\0" in beginning:
            return f"{len(answer.body)} bytes, beginning {beginning[:32].hex(' ')}"
        text = self.text(beginning.decode("utf-8", "replace"))
        return text if len(text) <= max_excerpt_chars else text[:max_excerpt_chars] + " …"


def curl(method: str, url: str, headers: Sequence[tuple[str, str]], body_bytes: int) -> str:
    """A line for a shell that asks the same."""
    words = ["curl", "-i", "-s"]
    if method == "HEAD":
        words.append("--head")
    elif method != "GET":
        words += ["-X", method]
    for name, value in headers:
        if name.lower() not in ("host", "content-length"):
            words += ["-H", f"{name}: {value}"]
    if body_bytes:
        words += ["--data-binary", "@body"]
    return " ".join(shlex.quote(word) for word in [*words, url])


def compact(value: object, limit: int = 300) -> str:
    """A value in a sentence, cut when it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= limit else text[:limit] + " …"
