"""The tables of PS3.15 annex E and the attribute types of PS3.3, as data."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load(name: str) -> Any:
    """Read a table of this folder, by its name without the ending."""
    text = files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text)
