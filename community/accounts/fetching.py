"""Asking a provider over HTTP, within bounds of size and time.

Only addresses of our own table and what `Provider.may_hold_picture` passed are asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import requests

from community.accounts.errors import ProviderError

timeout_s: Final = (5.0, 10.0)
"""To connect, and between two pieces of an answer."""

_PIECE: Final = 16 * 1024


def fetch(url: str, max_bytes: int, params: Mapping[str, str] | None = None) -> bytes:
    """Return what lies at an address; no redirect is followed.

    Raises
    ------
    ProviderError
        It cannot be had, or is longer than `max_bytes`.
    """
    try:
        with requests.get(
            url, params=params, timeout=timeout_s, stream=True, allow_redirects=False
        ) as answer:
            if answer.status_code != requests.codes.ok:
                raise ProviderError(f"the provider answered {answer.status_code}")
            data = bytearray()
            for piece in answer.iter_content(_PIECE):
                data += piece
                if len(data) > max_bytes:
                    raise ProviderError("the provider's answer is too long")
            return bytes(data)
    except requests.RequestException as error:
        raise ProviderError("the provider cannot be reached just now; try again") from error
