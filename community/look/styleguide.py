"""The page that shows every component in every state, for who builds pages and for the tests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from flask import render_template

from community.look.languages import PSEUDO

_SPRITE: Final = Path(__file__).resolve().parent.parent / "static" / "icons.svg"
_COLOURS: Final = (
    "ground", "panel", "raised", "sunk", "ink", "soft", "line", "strong-line", "accent",
    "accent-deep", "accent-wash", "marker", "marker-wash", "good", "good-wash", "bad", "bad-wash",
)  # fmt: skip
_STEPS: Final = ("5", "4", "3", "2", "1", "0", "-1")


@dataclass(frozen=True, slots=True)
class _Somebody:
    handle: str
    display_name: str | None = None
    avatar_url: str | None = None


_PEOPLE = (
    _Somebody("quiet-heron", "Mira Okafor"),
    _Somebody("late-reader"),
    _Somebody("wei.zhang", "张伟"),
    _Somebody("noor", "نور الدين"),
)


@cache
def icon_names() -> tuple[str, ...]:
    """Names of the icons of the sprite."""
    return tuple(re.findall(r'<symbol id="([a-z-]+)" viewBox="0 0 24 24"', _SPRITE.read_text()))


def render_guide() -> str:
    """The page."""
    return render_template(
        "styleguide.html",
        colours=_COLOURS,
        steps=_STEPS,
        icons=icon_names(),
        people=_PEOPLE,
        pseudo=PSEUDO,
    )
