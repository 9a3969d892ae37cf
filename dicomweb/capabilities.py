"""What the service can do, said from the tables that make it do it.

Only the making of descriptions as values may live here; `wadl` spells them. Nothing is listed by
hand that `routes`, `negotiation`, `query`, `archive.attributes` or `imaging.uids` already know:
what a transaction is called and which statuses it answers with is the one table of this module.

References
----------
DICOM PS3.18 section 8.9 (Retrieve Capabilities), Annex H (Capabilities Description).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from archive.attributes import ATTRIBUTES, Level, returned_at
from archive.criteria import WILDCARDS
from dicomweb.negotiation import DICOM, DICOM_JSON, DICOM_XML, Resource, media_types_of
from dicomweb.parameters import (
    ACCEPT,
    CHARSET,
    DICOMDIR,
    RENDERED,
    SEARCH,
    THUMBNAIL,
    URI,
    Parameter,
)
from dicomweb.volumes.parameters import MPR, THREE_D
from imaging.uids import TRANSFER_SYNTAXES

PRODUCT = "DicomTube"


class RouteRow(Protocol):
    """What a description must know of a route."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def resource(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Transaction:
    """One row: what a route's `resource` is in the standard.

    Attributes
    ----------
    name
        The standard's name of the transaction.
    resource
        Whose media types answer it; None when the answer has no body.
    section
        Of PS3.18; empty for what is not in the standard.
    level
        Of a search.
    stores
        Whether the request has a body of instances.
    takes
        Media types of another body that the request has.
    parameters
        Of the query, beside `accept` and the keys of a search.
    """

    name: str
    section: str
    resource: Resource | None
    statuses: tuple[int, ...]
    level: Level | None = None
    stores: bool = False
    parameters: tuple[Parameter, ...] = ()
    takes: tuple[str, ...] = ()


_ACCESS = (401, 403)
_RETRIEVED = (200, 304, 400, *_ACCESS, 404, 406, 410)
_RANGED = (200, 206, *_RETRIEVED[1:])
_RENDERED = (*_RETRIEVED, 413, 503)
_FOUND = (200, 400, *_ACCESS, 406, 413)
_CHECKED = (200, 202, 400, *_ACCESS, 404, 406)
_STORED = (200, 202, 400, *_ACCESS, 408, 409, 413, 415, 503)


MODULE_TYPES: tuple[str, ...] = (
    DICOM_JSON,
    f'multipart/related; type="{DICOM_XML}"',
    DICOM_XML,
)
"""The media types of a body that is one object of the DICOM model."""


def _search(name: str, level: Level) -> Transaction:
    return Transaction(name, "10.6", Resource.SEARCH, _FOUND, level, parameters=SEARCH)


def _retrieve(
    name: str,
    resource: Resource,
    parameters: tuple[Parameter, ...] = (),
    statuses: tuple[int, ...] = _RETRIEVED,
) -> Transaction:
    return Transaction(name, "10.4", resource, statuses, parameters=parameters)


def _rendered(name: str, resource: Resource, *more_statuses: int) -> Transaction:
    statuses = tuple(sorted({*_RENDERED, *more_statuses}))
    return _retrieve(name, resource, RENDERED, statuses)


TRANSACTIONS: Mapping[str, Transaction] = MappingProxyType(
    {
        "capabilities": Transaction(
            "RetrieveCapabilities", "8.9", Resource.CAPABILITIES, (200, *_ACCESS, 406)
        ),
        "openapi": Transaction("RetrieveOpenAPI", "", Resource.OPENAPI, (200, *_ACCESS, 406)),
        "search studies": _search("SearchForStudies", Level.STUDY),
        "search series": _search("SearchForSeries", Level.SERIES),
        "search instances": _search("SearchForInstances", Level.INSTANCE),
        "store": Transaction(
            "StoreInstances", "10.5", Resource.STORE_RESPONSE, _STORED, stores=True
        ),
        "study": _retrieve("RetrieveStudy", Resource.STUDY, (DICOMDIR,)),
        "series": _retrieve("RetrieveSeries", Resource.SERIES, (DICOMDIR,)),
        "instance": _retrieve("RetrieveInstance", Resource.INSTANCE, (DICOMDIR,), _RANGED),
        "study metadata": _retrieve("RetrieveStudyMetadata", Resource.METADATA, (CHARSET,)),
        "series metadata": _retrieve("RetrieveSeriesMetadata", Resource.METADATA, (CHARSET,)),
        "instance metadata": _retrieve("RetrieveInstanceMetadata", Resource.METADATA, (CHARSET,)),
        "frames": _retrieve("RetrieveFrames", Resource.FRAMES, statuses=_RANGED),
        "bulkdata": _retrieve("RetrieveBulkdata", Resource.ALL_BULKDATA, statuses=_RANGED),
        "all bulkdata": _retrieve("RetrieveAllBulkdata", Resource.BULK_PARTS),
        "all pixeldata": _retrieve("RetrievePixelData", Resource.PIXEL_PARTS),
        "thumbnail": _retrieve(
            "RetrieveThumbnail", Resource.THUMBNAIL, THUMBNAIL, statuses=_RENDERED
        ),
        "rendered study": _rendered("RetrieveRenderedStudy", Resource.RENDERED_SEVERAL, 206),
        "rendered series": _rendered("RetrieveRenderedSeries", Resource.RENDERED_SEVERAL, 206),
        "rendered instance": _rendered("RetrieveRenderedInstance", Resource.RENDERED),
        "rendered frames": _rendered("RetrieveRenderedFrames", Resource.RENDERED_FRAMES),
        "rendered MPR": _retrieve(
            "RetrieveRenderedMPRVolume", Resource.RENDERED_VOLUME, MPR, _RENDERED
        ),
        "rendered 3D": _retrieve(
            "RetrieveRendered3DVolume", Resource.RENDERED_VOLUME, THREE_D, _RENDERED
        ),
        "uri": Transaction(
            "RetrieveInstanceByUri",
            "9",
            Resource.URI,
            (*_RANGED, 413, 501),
            parameters=URI,
        ),
        "commitment request": Transaction(
            "RequestStorageCommitment",
            "13.4",
            Resource.COMMITMENT,
            (200, 202, 400, *_ACCESS, 406, 409, 413, 415, 503),
            takes=MODULE_TYPES,
        ),
        "commitment result": Transaction(
            "CheckStorageCommitment", "13.5", Resource.COMMITMENT, _CHECKED
        ),
        "erase": Transaction("DeleteResource", "", None, (204, 400, *_ACCESS, 404, 410)),
    }
)
"""By the names that the routes give their resources; what has no row is not described."""

PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        parameter.name: parameter
        for transaction in TRANSACTIONS.values()
        for parameter in (ACCEPT, *transaction.parameters)
    }
)
"""By name, all that any transaction takes, beside the keys of a search."""

STORED_TYPES: tuple[str, ...] = (
    *(f'multipart/related; type="{name}"' for name in (DICOM, DICOM_JSON, DICOM_XML)),
    DICOM,
    DICOM_JSON,
    DICOM_XML,
)
"""The media types of bodies that are stored."""


def describe(routes: Iterable[RouteRow], root: str) -> dict[str, Any]:
    """Describe the service as values; the JSON form of the description is just these.

    Parameters
    ----------
    routes
        The table of the service.
    root
        Its URL.
    """
    by_path: dict[str, list[dict[str, Any]]] = {}
    for route in routes:
        transaction = TRANSACTIONS.get(route.resource)
        if transaction is not None and _can_be_had(transaction):
            methods = by_path.setdefault(_template(route.path), [])
            methods.append(_method(route.method, transaction))
    return {
        "name": PRODUCT,
        "base": root,
        "characterSets": ["utf-8"],
        "transferSyntaxes": list(TRANSFER_SYNTAXES),
        "resources": [
            {"path": path, "methods": methods} for path, methods in sorted(by_path.items())
        ],
    }


def _can_be_had(transaction: Transaction) -> bool:
    return transaction.resource is None or bool(media_types_of(transaction.resource))


def _template(path: str) -> str:
    """The route's path as the standard writes templates: ``studies/{study}``."""
    return path.strip("/").replace("<path:", "{").replace("<", "{").replace(">", "}")


_GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "8": "Capabilities",
        "9": "URI service",
        "10.4": "Retrieve",
        "10.5": "Store",
        "10.6": "Search",
        "13": "Storage commitment",
        "": "Beyond the standard",
    }
)


def group_of(section: str) -> str:
    """Name the part of the service that a section of PS3.18 describes."""
    return _GROUPS.get(section) or _GROUPS[section.partition(".")[0]]


def _method(name: str, transaction: Transaction) -> dict[str, Any]:
    method: dict[str, Any] = {
        "method": name,
        "transaction": transaction.name,
        "group": group_of(transaction.section),
        "statuses": list(transaction.statuses),
    }
    if transaction.resource is not None:
        method["mediaTypes"] = list(media_types_of(transaction.resource))
        method["parameters"] = [_parameter(one) for one in _parameters(transaction)]
    if taken := STORED_TYPES if transaction.stores else transaction.takes:
        method["requestMediaTypes"] = list(taken)
    return method


def _parameter(parameter: Parameter) -> dict[str, Any]:
    described: dict[str, Any] = {"name": parameter.name, "type": parameter.type}
    if parameter.summary:
        described["summary"] = parameter.summary
    if parameter.options:
        described["options"] = list(parameter.options)
    if parameter.repeats:
        described["repeating"] = True
    if parameter.required:
        described["required"] = True
    if parameter.example:
        described["example"] = parameter.example
    return described


def _parameters(transaction: Transaction) -> Iterator[Parameter]:
    yield ACCEPT
    yield from transaction.parameters
    if transaction.level is not None:
        for attribute in search_attributes(transaction.level):
            yield Parameter(str(attribute["keyword"]))


def search_attributes(level: Level) -> list[dict[str, Any]]:
    """List the attributes that the index knows at a level: how each is matched and returned.

    Returns
    -------
    list of dict
        ``keyword``, ``tag`` (joined by dots where nested), ``vr``, ``matching`` (the kinds of
        PS3.4 C.2.2.2) and ``returned`` (always, or when it is asked for).
    """
    always = frozenset(attribute.path for attribute in returned_at(level))
    return [
        {
            "keyword": attribute.keyword,
            "tag": ".".join(f"{tag:08X}" for tag in attribute.path),
            "vr": attribute.vr,
            "matching": list(matching_of(attribute.vr)),
            "returned": "always" if attribute.path in always else "on request",
        }
        for attribute in ATTRIBUTES
        if attribute.level is level
    ]


_KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "DA": ("single value", "range"),
        "TM": ("single value", "range"),
        "DT": ("single value", "range"),
        "UI": ("single value", "list of UID"),
        "PN": ("single value", "wild card", "fuzzy"),
        "SQ": ("sequence",),
    }
)


def matching_of(vr: str) -> tuple[str, ...]:
    """Name the kinds of matching of a VR.

    References
    ----------
    PS3.4 section C.2.2.2
    """
    usual = ("single value", "wild card") if vr in WILDCARDS else ("single value",)
    return (*_KINDS.get(vr, usual), "universal", "empty value")


def conformance(routes: Iterable[RouteRow]) -> dict[str, Any]:
    """The tables of the conformance statement, as values.

    References
    ----------
    PS3.2 annex N (DICOMweb sections of a conformance statement)
    """
    offered: dict[str, set[str]] = {}
    for route in routes:
        offered.setdefault(route.resource, set()).add(f"{route.method} {_template(route.path)}")
    return {
        "transactions": [
            {
                "name": transaction.name,
                "section": transaction.section,
                "resources": sorted(offered.get(resource, ())),
                "statuses": list(transaction.statuses),
                "mediaTypes": list(_media_types(transaction)),
            }
            for resource, transaction in TRANSACTIONS.items()
            if resource in offered and _can_be_had(transaction)
        ],
        "attributes": {level.name: search_attributes(level) for level in Level},
        "transferSyntaxes": [
            {"uid": str(row.uid), "name": row.name, "mediaType": row.media_type}
            for row in TRANSFER_SYNTAXES.values()
        ],
        "characterSets": ["utf-8"],
    }


def _media_types(transaction: Transaction) -> Sequence[str]:
    return media_types_of(transaction.resource) if transaction.resource else ()
