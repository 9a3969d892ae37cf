"""Whether a text service helps here, and which: what an operator sets in the environment.

Without a key there is none, and nothing of it is seen. The service's terms let only its paid tier
serve people in the European Economic Area, the United Kingdom and Switzerland; so the tier has to
be named, and the free one starts only for who says that there are no such people.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from archive.errors import SettingsError
from archive.settings import is_loopback
from community.assistant.gemini import ADDRESS, Gemini
from community.assistant.port import CaseTextAssistant

KEY: Final = "GEMINI_API_KEY"
KEY_FILE: Final = "GEMINI_API_KEY_FILE"
MODEL: Final = "GEMINI_MODEL"
TIER: Final = "GEMINI_TIER"
ACKNOWLEDGED: Final = "GEMINI_FREE_TIER_ACKNOWLEDGED"
CALLS: Final = "DICOMTUBE_ASSISTANT_CALLS_PER_DAY"
STAND_IN: Final = "DICOMTUBE_ASSISTANT_STAND_IN_URL"

PAID: Final = "paid"
FREE: Final = "free"
TIERS: Final = (PAID, FREE)
NO_SUCH_PEOPLE: Final = "no-users-in-eea-uk-ch"
usual_calls_per_day: Final = 500

_MODEL: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


@dataclass(frozen=True, slots=True)
class AssistantSettings:
    """A text service.

    Attributes
    ----------
    max_calls_per_day
        Of the whole server.
    address
        Of the service; in tests a stand-in on this machine.
    """

    key: str = field(repr=False)
    model: str
    tier: str
    max_calls_per_day: int = usual_calls_per_day
    address: str = ADDRESS

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> AssistantSettings | None:
        """Read the settings; None where no service helps.

        Raises
        ------
        SettingsError
            One of them cannot be, or something has to be said first.
        """
        key = _key(environ)
        if not key:
            return None
        model = environ.get(MODEL) or ""
        if _MODEL.fullmatch(model) is None:
            raise SettingsError(f"{MODEL} must name a model of Gemini; models come and go")
        return cls(key, model, _tier(environ), _calls(environ), _address(environ))

    def service(self) -> CaseTextAssistant:
        """The service that these settings speak of."""
        return Gemini(self.key, self.model, self.address)


def _key(environ: Mapping[str, str]) -> str:
    key, path = environ.get(KEY) or "", environ.get(KEY_FILE) or ""
    if key and path:
        raise SettingsError(f"set {KEY} or {KEY_FILE}, not both")
    if path:
        try:
            key = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{KEY_FILE} names a file that cannot be read") from error
        if not key:
            raise SettingsError(f"{KEY_FILE} names a file with nothing in it")
    if not key.isascii() or not key.isprintable():
        raise SettingsError(f"{KEY} is no key")
    return key


def _tier(environ: Mapping[str, str]) -> str:
    tier = environ.get(TIER) or ""
    if tier not in TIERS:
        raise SettingsError(f"{TIER} must be '{PAID}' or '{FREE}' where {KEY} is set")
    if tier == FREE and environ.get(ACKNOWLEDGED) != NO_SUCH_PEOPLE:
        raise SettingsError(
            f"{TIER}={FREE} lets Google use what it is told for its models, and its terms forbid "
            "it for services to people in the European Economic Area, the United Kingdom and "
            f"Switzerland: use {TIER}={PAID}, or say that there are none of them by "
            f"{ACKNOWLEDGED}={NO_SUCH_PEOPLE}"
        )
    return tier


def _calls(environ: Mapping[str, str]) -> int:
    text = environ.get(CALLS) or str(usual_calls_per_day)
    if re.fullmatch(r"[0-9]{1,7}", text) is None:
        raise SettingsError(f"{CALLS} must be a number of calls")
    return int(text)


def _address(environ: Mapping[str, str]) -> str:
    address = environ.get(STAND_IN) or ""
    if not address:
        return ADDRESS
    parts = urlsplit(address)
    if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        raise SettingsError(f"{STAND_IN} is for tests, and must be http:// on this machine")
    return address
