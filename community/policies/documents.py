"""Which texts there are, in which versions, and where each lies. Reads files, knows no reader."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from community.look.words import N_

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the texts.

    Attributes
    ----------
    path
        Of its page.
    must_agree
        Whoever has an account agreed to it.
    """

    name: str
    path: str
    title: str
    lead: str
    must_agree: bool = False


KINDS: Final = (
    Kind(
        "privacy",
        "/privacy",
        N_("Privacy policy"),
        N_("What we know about you, what for, for how long, and what you can do about it."),
        must_agree=True,
    ),
    Kind(
        "terms",
        "/terms",
        N_("Terms of service"),
        N_("What you may rely on, and what we ask of you."),
        must_agree=True,
    ),
    Kind(
        "rules",
        "/community-rules",
        N_("Community rules"),
        N_("How we show cases here, and how we talk about them."),
        must_agree=True,
    ),
    Kind(
        "accessibility",
        "/accessibility",
        N_("Accessibility"),
        N_("What works for whom, what does not yet, and whom to tell."),
    ),
)


@dataclass(frozen=True, slots=True)
class Version:
    """A text as it was published.

    Attributes
    ----------
    number
        As it stands in its address, and beside who agreed to it.
    changes
        What is new, in a sentence.
    """

    number: str
    day: date
    sha256: str
    changes: str


def kind_named(name: str) -> Kind | None:
    """The text of this name."""
    return next((one for one in KINDS if one.name == name), None)


@cache
def versions() -> Mapping[str, tuple[Version, ...]]:
    """All versions of each text, the newest last."""
    said = tomllib.loads((FOLDER / "versions.toml").read_text("utf-8"))
    return {kind.name: tuple(Version(**row) for row in said[kind.name]) for kind in KINDS}


def newest(name: str) -> Version:
    """The version that holds now."""
    return versions()[name][-1]


def version_of(name: str, number: str) -> Version | None:
    """A version by its number."""
    return next((one for one in versions()[name] if one.number == number), None)


def text_path(name: str, number: str) -> Path:
    """The file of a version."""
    return FOLDER / "texts" / name / f"{number}.md"


def to_agree() -> Mapping[str, str]:
    """What somebody with an account agreed to, by kind and version, as it holds now."""
    return {kind.name: newest(kind.name).number for kind in KINDS if kind.must_agree}
