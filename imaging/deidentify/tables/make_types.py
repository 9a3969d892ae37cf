"""Make `types.json` from the tables of PS3.3 that highdicom carries.

    python -m imaging.deidentify.tables.make_types > imaging/deidentify/tables/types.json

Not for the running product: it needs highdicom, which tests have. A test compares its output with
the file that is kept.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from imaging.deidentify.profile import rules

_STRICTEST = ("1", "1C", "2", "2C", "3")
# Whether the condition of a module holds is not known here: it may.
_USES = {"M": 0, "C": 0, "U": 1}
Types = dict[str, str]


def make_types() -> dict[str, Any]:
    """Give the types of the attributes that table E.1-1 names.

    Returns
    -------
    dict
        ``iods``: SOP Class UID → IOD; ``top``: IOD → keyword → type; ``nested``: the keyword of a
        sequence → keyword → type, the strictest of all IODs. What is optional is left out.
    """
    keywords = frozenset(rule.keyword for rule in rules().values())
    iods, modules = _read("iod_module_map"), _read("module_attribute_map")
    top: dict[str, Types] = {}
    nested: dict[str, Types] = {}
    for iod, used in iods.items():
        found: dict[str, tuple[int, int]] = {}
        for module in used:
            for path, keyword, kind in _attributes(modules.get(module["key"], [])):
                if keyword not in keywords:
                    continue
                if path:
                    inside = nested.setdefault(path[-1], {})
                    inside[keyword] = _stricter(inside.get(keyword), kind)
                else:
                    # What a mandatory module says goes before what an optional one does.
                    rank = (_USES[module["usage"]], _STRICTEST.index(kind))
                    found[keyword] = min(found.get(keyword, rank), rank)
        top[iod] = {keyword: _STRICTEST[rank] for keyword, (_, rank) in found.items()}
    return {
        "iods": dict(sorted(_read("sop_class_iod_map").items())),
        "top": _demanded(top),
        "nested": _demanded(nested),
    }


def _demanded(types: Mapping[str, Types]) -> dict[str, Types]:
    """What must be there, with or without a value, sorted."""
    demanded = {
        name: {keyword: kind for keyword, kind in sorted(found.items()) if kind != "3"}
        for name, found in sorted(types.items())
    }
    return {name: found for name, found in demanded.items() if found}


def _read(name: str) -> Mapping[str, Any]:
    text = files("highdicom").joinpath("_standard", f"{name}.json").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


def _attributes(module: list[dict[str, Any]]) -> Iterator[tuple[list[str], str, str]]:
    for row in module:
        yield row["path"], row["keyword"], row["type"]


def _stricter(known: str | None, found: str) -> str:
    return min(known or "3", found, key=_STRICTEST.index)


def spell(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Spell the tables as JSON with one row a line."""
    parts = (f'"{name}": {{\n' + ",\n".join(_rows(table)) + "\n}" for name, table in tables.items())
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _rows(table: Mapping[str, Any]) -> Iterator[str]:
    for name, value in table.items():
        yield f" {json.dumps(name)}: {json.dumps(value)}"


if __name__ == "__main__":
    sys.stdout.write(spell(make_types()))
