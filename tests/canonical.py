"""DICOM JSON models as the Native DICOM Model can tell them apart.

XML names private elements by their creator and not by their block, and a person name by its
components; which block it was, and trailing delimiters, are no part of what is said (PS3.19 A.1).
"""

from __future__ import annotations

from collections import Counter
from typing import Any


def canonical(model: dict[str, Any]) -> dict[str, Any]:
    """The same model with private blocks under their creators and no trailing delimiters."""
    creators = {name: creator for name in model if (creator := _creator(name, model))}
    often = Counter((name[:4], creator) for name, creator in creators.items())
    blocks = {
        name[:4] + name[6:]: creator
        for name, creator in creators.items()
        if often[name[:4], creator] == 1
    }
    return {
        _name(name, blocks): _attribute(attribute)
        for name, attribute in model.items()
        if name not in creators or name[:4] + name[6:] not in blocks
    }


def _creator(name: str, model: dict[str, Any]) -> str:
    if name[3] not in "13579BDF" or name[4:6] != "00":
        return ""
    values = model[name].get("Value", [])
    return str(values[0]) if len(values) == 1 else ""


def _name(name: str, blocks: dict[str, str]) -> str:
    creator = blocks.get(name[:6])
    return f"{name[:4]}({creator}){name[6:]}" if creator else name


def _attribute(attribute: dict[str, Any]) -> dict[str, Any]:
    if attribute["vr"] not in ("SQ", "PN"):
        return attribute
    read = canonical if attribute["vr"] == "SQ" else _person_name
    values = [read(value) if value else value for value in attribute.get("Value", [])]
    return {"vr": attribute["vr"], **({"Value": values} if values not in ([], [None]) else {})}


def _person_name(name: dict[str, str]) -> dict[str, str] | None:
    groups = {group: text.rstrip("^") for group, text in name.items()}
    return {group: text for group, text in groups.items() if text} or None
