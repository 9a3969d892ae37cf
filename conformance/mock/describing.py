"""What the mock says of itself (PS3.18 8.9, H.1): all that its routes do, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from xml.sax.saxutils import quoteattr

_TEMPLATES: Final = (("([^/]+)", "{uid}"), ("(.+)", "{path}"))
WORK_ITEMS: Final[Mapping[str, tuple[str, ...]]] = {
    "/workitems": ("GET", "POST"),
    "/workitems/{uid}": ("GET", "POST"),
    "/workitems/{uid}/state": ("PUT",),
    "/workitems/{uid}/cancelrequest": ("POST",),
    "/workitems/{uid}/subscribers/{ae}": ("POST", "DELETE"),
}
"""One pattern serves them all, so that it does not tell them."""


def resources(rows: Iterable[tuple[str, Mapping[str, object]]]) -> dict[str, tuple[str, ...]]:
    """Paths with their methods, from patterns with their answers."""
    found: dict[str, tuple[str, ...]] = {"/": ("OPTIONS",)}
    for pattern, answers in rows:
        if pattern.startswith("/workitems"):
            found |= WORK_ITEMS
            continue
        path = pattern
        for regex, template in _TEMPLATES:
            path = path.replace(regex, template)
        found[path] = tuple(answers)
    return found


def wadl(root: str, found: Mapping[str, tuple[str, ...]]) -> bytes:
    """The WADL."""
    inside = "".join(
        f"<resource path={quoteattr(path.lstrip('/'))}>"
        + "".join(f'<method name="{method}"/>' for method in methods)
        + "</resource>"
        for path, methods in found.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<application xmlns="http://wadl.dev.java.net/2009/02">'
        f"<resources base={quoteattr(root)}>{inside}</resources></application>"
    ).encode()


def capabilities(found: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "resources": [{"path": path, "methods": list(methods)} for path, methods in found.items()]
    }
