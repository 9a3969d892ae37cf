"""What a server claims, read from its WADL, its capabilities in JSON, OpenAPI, or a profile.

A profile is a TOML file that says what a conformance statement promises:

    [claims]
    "retrieve.study application/zip" = true
    "work.search" = false

Its names are those that ``python -m conformance features`` lists. The other three name paths,
methods, media types and parameters; where one of them names none of a kind, nothing is claimed and
nothing is denied.

References
----------
PS3.18 8.9 and H.1 (WADL), OpenAPI 3.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from conformance.claims.features import Feature, Kind
from conformance.claims.rows import FEATURES
from conformance.verdicts import Verdict
from conformance.wire.media import MediaTypeError, read_media_type
from conformance.wire.server import Server, ServerGone

max_claims_bytes: Final = 16 * 1024 * 1024
max_depth: Final = 60
_ROOTS: Final = frozenset({"studies", "series", "instances", "workitems", "commitment-requests"})
_UNQUOTED: Final = re.compile(r"(;\s*type=)([^\s\";]+)")
_METHODS: Final = frozenset({"get", "post", "put", "delete", "options", "head", "patch"})


class ClaimsError(ValueError):
    """A source of claims cannot be read."""


@dataclass(slots=True)
class Operation:
    """What a source says of one method of one path."""

    method: str
    path: str
    media_types: set[str] = field(default_factory=set)
    parameters: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a source says.

    Parameters
    ----------
    said
        By a feature's id: claimed or denied; what is not in it is left open.
    others
        Claims that no feature of the runner stands for.
    """

    source: str
    said: Mapping[str, bool]
    others: tuple[str, ...] = ()


def read_claims(data: bytes, source: str) -> Claims:
    """Read a source, whichever of the four it is.

    Raises
    ------
    ClaimsError
        It is none of them.
    """
    if len(data) > max_claims_bytes:
        raise ClaimsError(f"{source} is longer than {max_claims_bytes} bytes")
    beginning = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if beginning == b"<":
        return _from_operations(_wadl(data, source), source)
    if beginning == b"{":
        document = _json(data, source)
        read = _openapi if "paths" in document else _capabilities
        return _from_operations(_merged(read(document), source), source)
    return _profile(data, source)


def claims_source(source: str, server: Server) -> tuple[bytes, str]:
    """The bytes of a source, and what it is called.

    Parameters
    ----------
    source
        ``wadl`` or ``capabilities`` (both by OPTIONS), a path below the base, or a file.

    Raises
    ------
    ClaimsError
        It cannot be had.
    """
    try:
        if source in _BY_OPTIONS:
            answer = server.ask("OPTIONS", "/", (), [("Accept", _BY_OPTIONS[source])])
        elif source.startswith("/") and not Path(source).is_file():
            answer = server.get(source, accept="application/json, */*;q=0.5")
        else:
            return Path(source).read_bytes(), source
        return answer.expect_status(200).body, f"{answer.method} {answer.url}"
    except (Verdict, ServerGone, OSError) as error:
        raise ClaimsError(f"what the server claims cannot be had: {error}") from error


_BY_OPTIONS: Final = {"wadl": "application/vnd.sun.wadl+xml", "capabilities": "application/json"}


# ---- a profile
def _profile(data: bytes, source: str) -> Claims:
    try:
        said = tomllib.loads(data.decode("utf-8"))["claims"]
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        raise ClaimsError(
            f"{source} is no WADL, no JSON, and no profile with a table [claims]: {error}"
        ) from error
    known = {one.id for one in FEATURES}
    if not isinstance(said, dict) or not all(isinstance(one, bool) for one in said.values()):
        raise ClaimsError(f"{source}: each claim is true or false")
    if unknown := [name for name in said if name not in known]:
        raise ClaimsError(f"{source} claims {unknown[0]!r}; see 'conformance features'")
    return Claims(source, said)


# ---- what names operations
def _from_operations(operations: Mapping[tuple[str, str], Operation], source: str) -> Claims:
    said = {one.id: claimed for one in FEATURES if (claimed := _said(one, operations)) is not None}
    named = {(one.method, one.path) for one in FEATURES if one.kind is Kind.TRANSACTION}
    others = sorted(f"{method} {path}" for method, path in operations.keys() - named)
    return Claims(source, said, tuple(others))


def _said(feature: Feature, operations: Mapping[tuple[str, str], Operation]) -> bool | None:
    one = operations.get((feature.method, feature.path))
    if feature.kind is Kind.TRANSACTION:
        return one is not None
    if one is None:
        return None
    if feature.kind is Kind.MEDIA_TYPE:
        wanted = _plain(feature.value)
        return wanted in one.media_types if one.media_types else None
    if feature.kind in (Kind.PARAMETER, Kind.KEY):
        return feature.value in one.parameters if one.parameters else None
    return None


def _merged(operations: Iterator[Operation], source: str) -> dict[tuple[str, str], Operation]:
    found: dict[tuple[str, str], Operation] = {}
    try:
        for one in operations:
            of = found.setdefault((one.method, one.path), Operation(one.method, one.path))
            of.media_types |= one.media_types
            of.parameters |= one.parameters
    except (AttributeError, TypeError, KeyError, RecursionError) as error:
        raise ClaimsError(f"{source} does not have the shape that it should: {error!r}") from error
    return found


def path_of(path: str) -> str:
    """A path below the base with templates as ``{}``, wherever the base is."""
    parts = [p for p in re.sub(r"\{[^{}/]*\}", "{}", path).split("/") if p]
    at = next((n for n, part in enumerate(parts) if part in _ROOTS), None)
    if at is None:
        return "/" + "/".join(parts[-1:] if parts[-1:] == ["wado"] else parts)
    return "/" + "/".join(parts[at:])


def _plain(media_type: str) -> str:
    """A media type with its parameter ``type`` alone; parts and wholes stay apart.

    Descriptions leave out the quotes that a header field needs; that is nobody's fault here.
    """
    quoted = _UNQUOTED.sub(r'\1"\2"', media_type)
    try:
        read = read_media_type(quoted)
    except MediaTypeError:
        return media_type.strip().lower()
    kind = read.parameter("type")
    return f'{read.name}; type="{kind.lower()}"' if kind else read.name


# ---- WADL
def _wadl(data: bytes, source: str) -> dict[tuple[str, str], Operation]:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ClaimsError(f"{source} has a document type declaration, which a WADL has not")
    try:
        # Bounded, and without declarations there is nothing to expand.
        root = ElementTree.fromstring(data)  # noqa: S314
    except ElementTree.ParseError as error:
        raise ClaimsError(f"{source} is no XML: {error}") from error
    return _merged(_wadl_resources(root, "", frozenset(), 0), source)


def _name(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _wadl_resources(
    element: ElementTree.Element, path: str, above: frozenset[str], depth: int
) -> Iterator[Operation]:
    if depth > max_depth:
        raise ClaimsError("the WADL is too deep")
    mine = above | _wadl_parameters(element)
    for child in element:
        if _name(child) == "method":
            yield _wadl_method(child, path, mine)
        elif _name(child) == "resource":
            below = f"{path}/{(child.get('path') or '').strip('/')}"
            yield from _wadl_resources(child, below, mine, depth + 1)
        elif _name(child) == "resources":
            yield from _wadl_resources(child, path, mine, depth + 1)


def _wadl_parameters(element: ElementTree.Element) -> frozenset[str]:
    named = [one for one in element if _name(one) == "param" and one.get("style") == "query"]
    return frozenset(one.get("name") or "" for one in named)


def _wadl_method(element: ElementTree.Element, path: str, above: frozenset[str]) -> Operation:
    method = (element.get("name") or "").upper()
    said = Operation(method, path_of(path), set(), set(above))
    wanted = "request" if method == "POST" else "response"
    for child in element:
        if _name(child) == "request":
            said.parameters |= _wadl_parameters(child)
        if _name(child) == wanted and _is_success(child.get("status") or "200"):
            said.media_types |= {
                _plain(one.get("mediaType") or "")
                for one in child
                if _name(one) == "representation"
            }
    return said


def _is_success(statuses: str) -> bool:
    return any(one.startswith("2") for one in statuses.split())


# ---- JSON
def _json(data: bytes, source: str) -> dict[str, Any]:
    try:
        document = json.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ClaimsError(f"{source} is no JSON: {error}") from error
    return dict(document)


def _openapi(document: dict[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        shared = _openapi_parameters(document, item)
        for method, operation in item.items():
            if method not in _METHODS:
                continue
            said = Operation(method.upper(), path_of(path))
            said.parameters = shared | _openapi_parameters(document, operation)
            said.media_types = {_plain(one) for one in _openapi_types(document, method, operation)}
            yield said


def _openapi_parameters(document: dict[str, Any], item: Mapping[str, Any]) -> set[str]:
    rows = [_resolved(document, one) for one in item.get("parameters", [])]
    return {one["name"] for one in rows if one.get("in") == "query"}


def _openapi_types(
    document: dict[str, Any], method: str, operation: Mapping[str, Any]
) -> Iterator[str]:
    if method == "post":
        yield from _resolved(document, operation.get("requestBody", {})).get("content", {})
        return
    for status, answer in operation.get("responses", {}).items():
        if str(status).startswith("2"):
            yield from _resolved(document, answer).get("content", {})


def _resolved(document: dict[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference within the document names; others are followed nowhere."""
    at: Any = value
    for _ in range(max_depth):
        reference = at.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return dict(at)
        at = document
        for name in reference[2:].split("/"):
            at = at[name.replace("~1", "/").replace("~0", "~")]
    return {}


def _capabilities(document: dict[str, Any]) -> Iterator[Operation]:
    """Resources with their paths and methods, as a WADL has them; a method may be its name."""
    for resource in document.get("resources", []):
        if isinstance(resource, str):
            yield Operation("GET", path_of(resource))
            continue
        for method in resource.get("methods", []):
            row = method if isinstance(method, dict) else {"method": method}
            name = str(row.get("method") or row.get("name")).upper()
            types = row.get("requestMediaTypes" if name == "POST" else "mediaTypes", [])
            named = [p["name"] if isinstance(p, dict) else p for p in row.get("parameters", [])]
            said = Operation(name, path_of(resource["path"]), set(map(_plain, types)), set(named))
            yield said
