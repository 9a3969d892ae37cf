"""What a text service is to us, and the one that is there when none is: it says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from community.assistant.payload import AiPayload


class AssistantError(Exception):
    """A service gave no answer.

    Attributes
    ----------
    reason
        A word for logs; no word of the service's own.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the text service gave no answer: {reason}")
        self.reason = reason


class UnavailableError(AssistantError):
    """It may answer later."""


class RefusedError(AssistantError):
    """It will not answer to this."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said, unread, and which of its models."""

    text: str
    model: str


class CaseTextAssistant(Protocol):
    """A text service."""

    @property
    def model(self) -> str:
        """Which model it is asked for."""

    def ask(self, payload: AiPayload) -> Answer:
        """Have it propose words for a case.

        Raises
        ------
        AssistantError
            It gave no answer.
        """


class Null:
    """No service: nothing is told to anybody, and nothing is proposed."""

    model = ""

    def ask(self, payload: AiPayload) -> Answer:
        """Propose nothing."""
        del payload
        return Answer("", self.model)
