"""Places on the page of a case that other parts of the community fill.

A part adds the template of its place under the name that the page includes
(`templates/cases/_<name>.html`), and here the callable that gives the template its values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from flask import Flask, current_app

from community.cases.model import CaseView
from community.cases.readers import Reader

UNKNOWN: Final = "unknown"
DISCUSSION: Final = "discussion"
SHARE: Final = "share"
TAGS: Final = "tags"
ASSISTANT: Final = "assistant"
NAMES: Final = (UNKNOWN, DISCUSSION, SHARE, TAGS, ASSISTANT)

Fill = Callable[[CaseView, Reader], Mapping[str, Any]]
"""Gives a place its values, of what this reader may know."""

_SLOTS: Final = "dicomtube.case_slots"


def register_slot(app: Flask, name: str, fill: Fill) -> None:
    """Fill a place on the pages of cases of an app."""
    assert name in NAMES
    _slots(app.extensions)[name] = fill


def fill_slots(view: CaseView, reader: Reader) -> dict[str, Mapping[str, Any]]:
    """The values of every place that somebody fills, by its name, as `slots` in the template."""
    known = _slots(current_app.extensions)
    return {name: fill(view, reader) for name, fill in known.items()}


def _slots(extensions: dict[str, Any]) -> dict[str, Fill]:
    return cast("dict[str, Fill]", extensions.setdefault(_SLOTS, {}))
