"""A capability description spelled as WADL. Nothing is decided here; `capabilities` knows it all.

References
----------
DICOM PS3.18 section 8.9.4 and Annex H; Web Application Description Language, W3C member
submission of 31 August 2009.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

NAMESPACE = "http://wadl.dev.java.net/2009/02"
_SCHEMA = "http://www.w3.org/2001/XMLSchema"

Description = Mapping[str, Any]


def to_wadl(description: Description) -> bytes:
    """Spell a description as WADL.

    Parameters
    ----------
    description
        From `capabilities.describe`.
    """
    application = ElementTree.Element("application", {"xmlns": NAMESPACE, "xmlns:xs": _SCHEMA})
    ElementTree.SubElement(application, "doc", title=description["name"])
    resources = ElementTree.SubElement(application, "resources", base=description["base"])
    used: Counter[str] = Counter()
    for row in description["resources"]:
        resource = ElementTree.SubElement(resources, "resource", path=row["path"])
        for name in _template_names(row["path"]):
            attributes = {"name": name, "style": "template", "required": "true"}
            ElementTree.SubElement(resource, "param", attributes)
        for method in row["methods"]:
            _method(resource, method, _unique(method["transaction"], used))
    return bytes(ElementTree.tostring(application, "utf-8", xml_declaration=True))


def _template_names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _unique(transaction: str, used: Counter[str]) -> str:
    """An id that no other method of the document has: one transaction has several resources."""
    used[transaction] += 1
    return transaction if used[transaction] == 1 else f"{transaction}-{used[transaction]}"


def _method(resource: ElementTree.Element, described: Description, identifier: str) -> None:
    attributes = {"name": described["method"], "id": identifier}
    method = ElementTree.SubElement(resource, "method", attributes)
    request = ElementTree.SubElement(method, "request")
    media_types = described.get("mediaTypes", ())
    if media_types:
        accept = {"name": "Accept", "style": "header", "default": media_types[0]}
        _options(ElementTree.SubElement(request, "param", accept), media_types)
    for parameter in described.get("parameters", ()):
        _parameter(request, parameter)
    _representations(request, described.get("requestMediaTypes", ()))
    for statuses in _good_and_bad(described["statuses"]):
        response = ElementTree.SubElement(method, "response", status=" ".join(map(str, statuses)))
        if statuses[0] < 300:
            _representations(response, media_types)


def _good_and_bad(statuses: Iterable[int]) -> list[list[int]]:
    statuses = list(statuses)
    good = [status for status in statuses if status < 300]
    return [group for group in (good, [s for s in statuses if s >= 300]) if group]


def _parameter(request: ElementTree.Element, described: Description) -> None:
    attributes = {"name": described["name"], "style": "query", "type": f"xs:{described['type']}"}
    if described.get("repeating"):
        attributes["repeating"] = "true"
    _options(ElementTree.SubElement(request, "param", attributes), described.get("options", ()))


def _options(parameter: ElementTree.Element, values: Iterable[str]) -> None:
    for value in values:
        ElementTree.SubElement(parameter, "option", value=value)


def _representations(parent: ElementTree.Element, media_types: Iterable[str]) -> None:
    for media_type in media_types:
        ElementTree.SubElement(parent, "representation", mediaType=media_type)
