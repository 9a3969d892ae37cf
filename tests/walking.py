"""Every route of an app, found in the app itself, so that a new one is tested without a new line.

May live here: how routes are found and addressed. May not: expectations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Flask

READS = ("GET",)
WRITES = ("POST", "PUT", "PATCH", "DELETE")

_VARIABLE = re.compile(r"<(?:(?P<kind>[a-z]+)(?:\((?P<options>[^)]*)\))?:)?(?P<name>\w+)>")
_NOTHING = {"int": "1", "uuid": "01890a5d-ac96-774b-bcce-b302099a8057"}


@dataclass(frozen=True)
class Door:
    """One method of one route."""

    method: str
    rule: str
    endpoint: str

    @property
    def blueprint(self) -> str:
        return self.endpoint.rpartition(".")[0]

    @property
    def variables(self) -> dict[str, str]:
        """The kind of each variable by its name."""
        return {m["name"]: m["kind"] or "string" for m in _VARIABLE.finditer(self.rule)}

    @property
    def is_api(self) -> bool:
        return self.rule.startswith("/api/")

    @property
    def is_dicomweb(self) -> bool:
        return "dicom-web" in self.rule or self.rule.startswith("/wado")

    def address(self, values: Mapping[str, str] | None = None) -> str:
        """An address of the route; what is not given is a number or a word that nothing has."""

        def value(found: re.Match[str]) -> str:
            if found["kind"] == "any":
                return found["options"].partition(",")[0].strip("\"' ")
            return (values or {}).get(found["name"]) or _NOTHING.get(found["kind"], "none")

        return _VARIABLE.sub(value, self.rule)

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"


def doors(
    app: Flask, methods: tuple[str, ...], only: Callable[[Door], bool] = lambda _: True
) -> list[Door]:
    """The routes of an app that take one of these methods."""
    found = [
        Door(method, rule.rule, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in methods
        if method in (rule.methods or ())
    ]
    return sorted({door for door in found if only(door)}, key=str)
