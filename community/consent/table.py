"""The table of cookies (`cookies.toml`) as values: for the banner, the page and the tests."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

NECESSARY: Final = "necessary"
ANALYTICS: Final = "analytics"

_FILE: Final = Path(__file__).with_name("cookies.toml")


@dataclass(frozen=True, slots=True)
class Category:
    """Why something is kept in a browser."""

    name: str
    title: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Cookie:
    """One thing that is kept there.

    Attributes
    ----------
    kind
        ``cookie`` or ``local storage``.
    lasts
        Days; 0 until the browser is closed, -1 until it is deleted there.
    """

    name: str
    category: str
    provider: str
    kind: str
    lasts: int
    purpose: str

    def is_named(self, name: str) -> bool:
        """Whether this row is about what has this name."""
        if self.name.endswith("*"):
            return name.startswith(self.name[:-1])
        return name == self.name


@dataclass(frozen=True, slots=True)
class CookieTable:
    """All of it; its version is what consents are given for."""

    version: str
    categories: tuple[Category, ...]
    cookies: tuple[Cookie, ...]

    def of(self, category: str) -> tuple[Cookie, ...]:
        """The rows of one category."""
        return tuple(one for one in self.cookies if one.category == category)

    def category(self, name: str) -> Category:
        """The category of this name."""
        return next(one for one in self.categories if one.name == name)

    def find(self, name: str) -> Cookie | None:
        """The row about what has this name."""
        return next((one for one in self.cookies if one.is_named(name)), None)


@cache
def cookie_table() -> CookieTable:
    """The table."""
    said = tomllib.loads(_FILE.read_text("utf-8"))
    return CookieTable(
        said["version"],
        tuple(Category(**row) for row in said["category"]),
        tuple(Cookie(**row) for row in said["cookie"]),
    )
