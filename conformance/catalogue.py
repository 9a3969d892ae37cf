"""The requirements, read from the tables in ``standard/``: a file a group, a table a requirement.

    [QIDO-MATCH-RANGE-DATE]
    section = "PS3.4 C.2.2.2.5"
    level = "SHALL"
    title = "A range of dates matches its two ends"

`section` without a part is one of PS3.18. `since` and `until` name editions; `standard = false` is
for what servers do beyond the standard.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from conformance.model import EDITIONS, Level, Requirement

_ID: Final = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)+")
_SECTION: Final = re.compile(r"(?:(PS3\.\d+|RFC \d+) )?(\S.*)")
_KEYS: Final = frozenset({"section", "level", "title", "since", "until", "standard"})


class CatalogueError(ValueError):
    """A requirement is written down wrongly."""


def _read() -> Iterator[Requirement]:
    for file in sorted(files("conformance").joinpath("standard").iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".toml"):
            continue
        group = file.name.removesuffix(".toml").replace("_", " ")
        for name, row in tomllib.loads(file.read_text("utf-8")).items():
            yield _requirement(name, row, group)


def _requirement(name: str, row: Mapping[str, Any], group: str) -> Requirement:
    if _ID.fullmatch(name) is None or not set(row) <= _KEYS:
        raise CatalogueError(f"{group}: {name} is no id, or has keys beside {sorted(_KEYS)}")
    match = _SECTION.fullmatch(row["section"])
    if match is None:
        raise CatalogueError(f"{name} has no section")
    since, until = row.get("since", "2019e"), row.get("until")
    if since not in EDITIONS or (until is not None and until not in EDITIONS):
        raise CatalogueError(f"{name} names an edition that is none of {EDITIONS}")
    return Requirement(
        name,
        match[1] or "PS3.18",
        match[2],
        Level(row["level"]),
        row["title"],
        group,
        since,
        until,
        row.get("standard", True),
    )


def read_catalogue() -> Mapping[str, Requirement]:
    """Every requirement by its id.

    Raises
    ------
    CatalogueError
        One is written down wrongly, or two have one id.
    """
    found: dict[str, Requirement] = {}
    for one in _read():
        if one.id in found:
            raise CatalogueError(f"{one.id} stands twice")
        found[one.id] = one
    return MappingProxyType(found)


CATALOGUE: Final = read_catalogue()
