"""What a text service may answer: a language, a summary, tags. Whatever else it says is dropped.

It is a stranger's text: bounded, without markup, and shown to nobody but the author of the case
until they accept it. It never names what its author did not: a tag consists of words of the text,
or is a term that says where or how something looks, which `is_neutral` knows.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from community.assistant.payload import AiPayload
from community.assistant.words import Screen, must_stay, without_addresses

max_answer_chars: Final = 20_000
max_summary_chars: Final = 1_500
max_tags: Final = 8
max_tag_chars: Final = 48

_WORD: Final = re.compile(r"[^\W_]+")
_CONTROL: Final = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What a service proposes; empty where it has nothing to say.

    Attributes
    ----------
    summary
        Plain text in paragraphs, for people who are no physicians.
    """

    language: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How an answer is read.

    Attributes
    ----------
    languages
        Tags of the languages that a case may have.
    is_neutral
        Whether a tag is a term that names no disease.
    screen
        Whether something in a text may identify somebody.
    """

    languages: Collection[str]
    is_neutral: Callable[[str], bool]
    screen: Screen


def read_answer(text: str, payload: AiPayload, how: Reading) -> Suggestions:
    """What of an answer is kept; of one that is none, nothing."""
    try:
        found = json.loads(text[:max_answer_chars])
    except (ValueError, RecursionError):
        return Suggestions()
    if not isinstance(found, dict):
        return Suggestions()
    language = found.get("language")
    return Suggestions(
        language=language if isinstance(language, str) and language in how.languages else "",
        summary=_summary(found.get("summary"), how),
        tags=_tags(found.get("tags"), payload, how),
    )


def _summary(said: Any, how: Reading) -> str:
    if not isinstance(said, str) or len(said) > max_summary_chars:
        return ""
    plain = without_addresses("".join(one if _is_seen(one) else " " for one in said))
    lines = [_CONTROL.sub(" ", line).strip() for line in plain.splitlines()]
    words = "\n\n".join(filter(None, lines))
    return "" if must_stay(words, (), how.screen) else words


def _tags(said: Any, payload: AiPayload, how: Reading) -> tuple[str, ...]:
    if not isinstance(said, list):
        return ()
    own = set(map(_folded, _WORD.findall(payload.texts)))
    kept: dict[str, str] = {}
    for one in said[: 4 * max_tags]:
        if not isinstance(one, str) or len(one) > max_tag_chars:
            continue
        words = _WORD.findall(one)
        tag = " ".join(one.split())
        is_own = bool(words) and set(map(_folded, words)) <= own
        if (is_own or how.is_neutral(tag)) and not must_stay(tag, (), how.screen):
            kept.setdefault(_folded(tag), tag)
    return tuple(kept.values())[:max_tags]


def _is_seen(character: str) -> bool:
    return character.isprintable() or character == "\n"


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()
