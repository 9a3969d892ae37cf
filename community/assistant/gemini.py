"""Gemini, through Google's library, which is loaded only when it is asked.

One request of text to one host: no file, no picture, no tool, no conversation, no redirect. What
the library would take from the environment (another key, host, platform) is said here instead.

References
----------
Gemini API, method ``models.generateContent``; docs/decisions/0211-the-text-assistant.md
"""

from __future__ import annotations

from typing import Any, Final

from community.assistant.payload import AiPayload
from community.assistant.port import Answer, RefusedError, UnavailableError
from community.assistant.prompting import INSTRUCTION, SCHEMA

ADDRESS: Final = "https://generativelanguage.googleapis.com"

max_output_tokens: Final = 2_048
max_wait_s: Final = 60
_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class Gemini:
    """The text service of Google.

    Parameters
    ----------
    key
        Of the Gemini API.
    address
        Another one in tests only.
    """

    def __init__(self, key: str, model: str, address: str = ADDRESS) -> None:
        self._key, self._model, self._address = key, model, address

    @property
    def model(self) -> str:
        """Which model it is asked for."""
        return self._model

    def ask(self, payload: AiPayload) -> Answer:
        """Have it propose words for a case.

        Raises
        ------
        UnavailableError, RefusedError
            It gave no answer.
        """
        from google.genai import errors

        try:
            with self._client() as client:
                found = client.models.generate_content(
                    model=self._model, contents=payload.spelled(), config=_config()
                )
        except errors.APIError as error:
            kind = UnavailableError if error.code in _BUSY else RefusedError
            raise kind(f"status_{error.code}") from error
        except Exception as error:
            # The library lets through whatever its transport raises, which has no base of its own.
            raise UnavailableError(type(error).__name__) from error
        return Answer(_text_of(found), str(found.model_version or self._model))

    def _client(self) -> Any:
        from google import genai
        from google.genai import types
        from google.genai.client import DebugConfig

        return genai.Client(
            api_key=self._key,
            vertexai=False,
            debug_config=DebugConfig(client_mode=None, replays_directory=None, replay_id=None),
            http_options=types.HttpOptions(
                base_url=self._address,
                timeout=max_wait_s * 1000,
                client_args={"follow_redirects": False},
                retry_options=types.HttpRetryOptions(attempts=1),
            ),
        )


def _config() -> Any:
    from google.genai import types

    return types.GenerateContentConfig(
        system_instruction=INSTRUCTION,
        temperature=0,
        candidate_count=1,
        max_output_tokens=max_output_tokens,
        response_mime_type="application/json",
        response_json_schema=SCHEMA,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )


def _text_of(answer: Any) -> str:
    """The text of the one candidate; of an answer that was stopped, nothing."""
    for candidate in answer.candidates or ():
        if candidate.content is None or str(candidate.finish_reason or "").endswith("SAFETY"):
            continue
        return "".join(part.text or "" for part in candidate.content.parts or ())
    return ""
