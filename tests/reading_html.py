"""What a browser would make of a page: its forms, and whatever in it could run or load.

May live here: reading HTML. May not: expectations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_ADDRESSES = frozenset({"href", "src", "action", "formaction", "poster", "data", "xlink:href"})
_RUNS = ("javascript:", "vbscript:", "data:text", "data:application")

Attributes = list[tuple[str, str | None]]


@dataclass
class Form:
    """A form as it would be sent untouched."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    """Names of the fields that a person types into."""


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._text: tuple[str, str] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(found.get("action", ""), found.get("method", "get").lower()))
        elif self.forms and (name := found.get("name", "")):
            self._add(tag, name, found)
        elif tag == "option" and self.forms and self._select and "selected" in found:
            self.forms[-1].fields.append((self._select, found.get("value", "")))

    def _add(self, tag: str, name: str, found: dict[str, str]) -> None:
        form, kind = self.forms[-1], found.get("type", "text")
        if tag == "textarea":
            form.texts.append(name)
            self._text = (name, "")
        elif tag == "select":
            self._select = name
        elif tag in ("input", "button") and kind not in ("file", "reset"):
            if kind not in ("checkbox", "radio") or "checked" in found:
                form.fields.append((name, found.get("value", "")))
            if tag == "input" and kind in ("text", "search", "url", "email", "number", "hidden"):
                form.texts.append(name)

    def handle_data(self, data: str) -> None:
        if self._text:
            self._text = (self._text[0], self._text[1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text:
            self.forms[-1].fields.append(self._text)
            self._text = None
        elif tag == "select":
            self._select = ""


def forms_in(page: str) -> list[Form]:
    """The forms of a page."""
    reader = _Forms()
    reader.feed(page)
    return reader.forms


class _Dangers(HTMLParser):
    def __init__(self, mark: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._mark = mark

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        values = dict(attrs)
        if self._mark in tag:
            self.found.append(f"an element <{tag}>")
        if tag == "script" and "src" not in values and values.get("type") != "application/json":
            self.found.append("a script in the page")
        for name, value in attrs:
            said = "".join(sign for sign in (value or "") if sign > " ").lower()
            if self._mark in name or name.startswith("on") or name in ("style", "srcdoc"):
                self.found.append(f"an attribute {name} of <{tag}>")
            if name in _ADDRESSES and said.startswith(_RUNS):
                self.found.append(f"{name}={said[:40]} of <{tag}>")

    def handle_comment(self, data: str) -> None:
        if self._mark in data:
            self.found.append("a comment")


def dangers_in(page: str, mark: str) -> list[str]:
    """What could run in a page, and what of a hostile text has become markup.

    Parameters
    ----------
    mark
        A word in the names of elements and attributes of that text.
    """
    reader = _Dangers(mark)
    reader.feed(page)
    return reader.found
