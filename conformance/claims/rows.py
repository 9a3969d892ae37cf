"""Every feature of a DICOMweb server: a row a feature, with the checks that stand for it.

These rows are what claims speak of (`reading`), what a run is compared with (`comparing`), and what
the tables of a conformance statement hold (`statement`).

References
----------
PS3.2 (conformance statements), PS3.18 H.1 (the WADL of a service).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from conformance.claims.features import Feature, Kind

# ---- transactions
_STUDY: Final = "/studies/{}"
_SERIES: Final = "/studies/{}/series/{}"
_INSTANCE: Final = "/studies/{}/series/{}/instances/{}"
PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "study": _STUDY,
        "series": _SERIES,
        "instance": _INSTANCE,
        "frame": f"{_INSTANCE}/frames/{{}}",
    }
)
LEVELS: Final = ("study", "series", "instance")
_A: Final = {"study": "a study", "series": "a series", "instance": "an instance"}

_SEARCHES: Final = (
    ("search.studies", "Search for studies", "/studies", ("qido.studies", "qido.narrow")),
    ("search.series", "Search for series", "/series", ("qido.everywhere[series]",)),
    ("search.instances", "Search for instances", "/instances", ("qido.everywhere[instances]",)),
    ("search.study.series", "Search for a study's series", f"{_STUDY}/series", ()),
    ("search.study.instances", "Search for a study's instances", f"{_STUDY}/instances", ()),
    ("search.series.instances", "Search for a series' instances", f"{_SERIES}/instances", ()),
)
_SEARCHED_BY: Final = {
    "search.study.series": ("qido.series-of-study",),
    "search.study.instances": ("qido.instances-of-study",),
    "search.series.instances": ("qido.instances-of-series",),
}
_BELOW: Final = (
    ("metadata", "metadata", ("metadata.complete[{}]", "metadata.sampled", "metadata.404[{}]")),
    ("bulkdata", "all bulk data", ("bulk.all[{}]",)),
    ("pixeldata", "pixel data", ("pixeldata[{}]",)),
)
_RENDERED: Final = {
    "study": ("rendered.several[study]",),
    "series": ("rendered.several[series]",),
    "instance": ("rendered.instance",),
    "frame": ("rendered.frame",),
}
_THUMBNAILS: Final = {
    **{level: (f"thumbnail[{level}]",) for level in LEVELS},
    "frame": ("thumbnail.frame",),
}
_OTHERS: Final = (
    ("store", "Store instances", "POST", "/studies", ("stow.one",)),
    ("store.study", "Store instances of a study", "POST", _STUDY, ("stow.study",)),
    ("capabilities", "Retrieve capabilities", "OPTIONS", "/", ("capabilities",)),
    ("uri", "URI service", "GET", "/wado", ("uri.there", "uri.dicom")),
    ("commit", "Request storage commitment", "POST", "/commitment-requests/{}", ("commitment",)),
    (
        "commit.result",
        "Result of storage commitment",
        "GET",
        "/commitment-requests/{}",
        ("commitment[check]",),
    ),
    ("work.search", "Search for work items", "GET", "/workitems", ("ups",)),
    ("work.create", "Create a work item", "POST", "/workitems", ("ups[create]",)),
    ("work.retrieve", "Retrieve a work item", "GET", "/workitems/{}", ("ups[retrieve]",)),
    ("work.update", "Update a work item", "POST", "/workitems/{}", ("ups[update]",)),
    ("work.state", "Change a work item's state", "PUT", "/workitems/{}/state", ("ups[claim]",)),
    (
        "work.cancel",
        "Request that a work item is cancelled",
        "POST",
        "/workitems/{}/cancelrequest",
        ("ups[cancel]",),
    ),
    (
        "work.subscribe",
        "Subscribe to a work item",
        "POST",
        "/workitems/{}/subscribers/{}",
        ("ups[subscribe]",),
    ),
)


def _transactions() -> Iterator[Feature]:
    kind = Kind.TRANSACTION
    for name, words, path, checks in _SEARCHES:
        yield Feature(name, kind, words, checks or _SEARCHED_BY[name], "GET", path)
    yield from _retrieved()
    yield from _pictures()
    for name, words, method, path, checks in _OTHERS:
        yield Feature(name, kind, words, checks, method, path)
    for level in LEVELS:
        words = f"Delete {_A[level]} (no transaction of the standard)"
        checks = (f"delete[{level}]",)
        yield Feature(f"delete.{level}", kind, words, checks, "DELETE", PATHS[level])


def _retrieved() -> Iterator[Feature]:
    kind = Kind.TRANSACTION
    for level in LEVELS:
        checks = (f"wado.retrieve[{level}]", f"wado.default[{level}-*")
        yield Feature(f"retrieve.{level}", kind, f"Retrieve: {level}", checks, "GET", PATHS[level])
        for part, words, patterns in _BELOW:
            yield Feature(
                f"retrieve.{level}.{part}",
                kind,
                f"Retrieve: {words} of {_A[level]}",
                tuple(one.format(level) for one in patterns),
                "GET",
                f"{PATHS[level]}/{part}",
            )
    yield Feature(
        "retrieve.frames", kind, "Retrieve: frames", ("frames.one",), "GET", PATHS["frame"]
    )
    yield Feature(
        "retrieve.bulkdata",
        kind,
        "Retrieve: one of the bulk data",
        ("bulk.uri[*",),
        "GET",
        f"{_INSTANCE}/bulkdata/{{}}",
    )


def _pictures() -> Iterator[Feature]:
    kind = Kind.TRANSACTION
    for part, table in (("rendered", _RENDERED), ("thumbnail", _THUMBNAILS)):
        for level, checks in table.items():
            yield Feature(
                f"retrieve.{level}.{part}",
                kind,
                f"Retrieve: {part} {level}",
                checks,
                "GET",
                f"{PATHS[level]}/{part}",
            )
    for volume in ("MPR", "3D"):
        yield Feature(
            f"retrieve.series.rendered{volume}",
            kind,
            f"Retrieve: a series rendered as {volume}",
            (f"rendered.volume[{volume}]",),
            "GET",
            f"{_SERIES}/rendered{volume}",
        )


# ---- media types
_XML: Final = 'multipart/related; type="application/dicom+xml"'


def related(name: str) -> str:
    """A multipart media type of parts of one type."""
    return f'multipart/related; type="{name}"'


_SEARCH_TYPES: Final = (
    ("application/dicom+json", "qido.accept[json]"),
    ("application/json", "qido.accept[plain-json]"),
    (_XML, "qido.accept[xml]"),
)
_LEVEL_TYPES: Final = (
    ("", related("application/dicom"), "wado.default[{}-*"),
    ("", "application/zip", "wado.zip[{}]"),
    ("", related("application/octet-stream"), "octets[{}]"),
    ("/metadata", "application/dicom+json", "metadata.default[{}]"),
    ("/metadata", _XML, "xml.complete[{}]"),
)
_TYPES: Final = (
    ("GET", _INSTANCE, "application/dicom", "wado.single"),
    ("GET", PATHS["frame"], related("application/octet-stream"), "frames.one"),
    ("GET", PATHS["frame"], "application/octet-stream", "frames.single"),
    ("GET", PATHS["frame"], related("image/jpeg"), "frames.stored[*-JPEG]"),
    ("GET", PATHS["frame"], related("image/jls"), "frames.stored[*-JPEG-LS]"),
    ("GET", PATHS["frame"], related("image/jp2"), "frames.stored[*-JPEG-2000]"),
    ("GET", PATHS["frame"], related("image/jphc"), "frames.stored[*-HTJ2K]"),
    ("GET", PATHS["frame"], related("image/dicom-rle"), "frames.stored[*-RLE]"),
    *(
        ("GET", f"{PATHS[level]}/rendered", name, f"rendered.{check}")
        for level, rows in (
            (
                "frame",
                (
                    ("image/jpeg", "frame"),
                    ("image/png", "type[png]"),
                    ("image/gif", "type[gif]"),
                    ("image/jp2", "type[jp2]"),
                ),
            ),
            (
                "instance",
                (
                    ("image/jpeg", "instance"),
                    ("text/html", "report"),
                    ("application/pdf", "pdf"),
                ),
            ),
        )
        for name, check in rows
    ),
    ("GET", f"{_INSTANCE}/thumbnail", "image/jpeg", "thumbnail.jpeg"),
    ("POST", "/studies", related("application/dicom"), "stow.one"),
    ("POST", "/studies", related("application/dicom+json"), "stow.json"),
    ("POST", "/studies", related("application/dicom+xml"), "stow.xml"),
    ("OPTIONS", "/", "application/vnd.sun.wadl+xml", "capabilities"),
    ("OPTIONS", "/", "application/json", "capabilities[json]"),
    ("GET", "/wado", "image/jpeg", "uri.picture[jpeg]"),
    ("GET", "/wado", "image/png", "uri.picture[png]"),
    ("GET", "/wado", "application/dicom", "uri.dicom"),
    ("GET", "/wado", "text/html", "uri.text"),
)


def _media_types(names: Mapping[tuple[str, str], str]) -> Iterator[Feature]:
    rows = [("GET", "/studies", name, check) for name, check in _SEARCH_TYPES]
    rows += [
        ("GET", PATHS[level] + below, name, check.format(level))
        for level in LEVELS
        for below, name, check in _LEVEL_TYPES
    ]
    for method, path, name, check in (*rows, *_TYPES):
        of = names[method, path]
        yield Feature(f"{of} {name}", Kind.MEDIA_TYPE, name, (check,), method, path, name)


# ---- parameters and keys
_PARAMETERS: Final = (
    ("/studies", "limit", ("qido.limit", "qido.limit-beyond")),
    ("/studies", "offset", ("qido.offset", "qido.offset-beyond", "qido.pages")),
    ("/studies", "includefield", ("qido.include[*",)),
    ("/studies", "fuzzymatching", ("qido.fuzzy",)),
    ("/studies", "emptyvaluematching", ("qido.empty-values",)),
    ("/studies", "multiplevaluematching", ("qido.multiple-values",)),
    ("/studies", "accept", ("qido.accept[parameter]",)),
    (f"{PATHS['frame']}/rendered", "viewport", ("rendered.viewport", "rendered.region[*")),
    (f"{PATHS['frame']}/rendered", "window", ("rendered.window", "rendered.window-narrow")),
    (f"{PATHS['frame']}/rendered", "quality", ("rendered.quality",)),
    (f"{PATHS['frame']}/rendered", "annotation", ("rendered.annotation[*",)),
    (f"{PATHS['frame']}/rendered", "iccprofile", ("rendered.icc", "rendered.icc-no")),
    ("/wado", "frameNumber", ("uri.frame",)),
    ("/wado", "rows", ("uri.rows",)),
    ("/wado", "region", ("uri.region",)),
    ("/wado", "windowCenter", ("uri.window",)),
    ("/wado", "imageQuality", ("uri.quality",)),
    ("/wado", "transferSyntax", ("uri.transfer-syntax",)),
    ("/wado", "anonymize", ("uri.anonymize",)),
    ("/wado", "annotation", ("uri.annotation",)),
)
_KEYS: Final = (
    ("/studies", "study", "StudyDate StudyTime AccessionNumber ModalitiesInStudy PatientName "),
    ("/studies", "study", "PatientID StudyID StudyInstanceUID ReferringPhysicianName"),
    ("/series", "series", "Modality SeriesNumber PerformedProcedureStepStartDate"),
    ("/series", "series", "PerformedProcedureStepStartTime SeriesInstanceUID"),
    ("/instances", "instance", "SOPClassUID InstanceNumber SOPInstanceUID"),
)
_RETURNED: Final = (
    ("/studies", "study", "StudyDate StudyTime AccessionNumber ReferringPhysicianName"),
    ("/studies", "study", "PatientName PatientID PatientBirthDate PatientSex StudyInstanceUID"),
    ("/studies", "study", "StudyID"),
    ("/series", "series", "Modality SeriesInstanceUID SeriesNumber SeriesDescription"),
    ("/instances", "instance", "SOPClassUID SOPInstanceUID InstanceNumber Rows Columns"),
    ("/instances", "instance", "BitsAllocated"),
)


def _parameters(names: Mapping[tuple[str, str], str]) -> Iterator[Feature]:
    for path, name, checks in _PARAMETERS:
        of = names["GET", path]
        yield Feature(f"{of} ?{name}", Kind.PARAMETER, name, checks, "GET", path, name)
    for path, level, words in _KEYS:
        for key in words.split():
            matched = tuple(f"qido.{one}[{key}]" for one in ("key", "key-below", "key-uid"))
            yield Feature(f"match.{level}.{key}", Kind.KEY, key, matched, "GET", path, key)
    for path, level, words in _RETURNED:
        for key in words.split():
            returned = (f"qido.returns[{level}.{key}]",)
            yield Feature(f"return.{level}.{key}", Kind.RETURNED, key, returned, "GET", path, key)


# ---- transfer syntaxes and character sets
SYNTAXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "RLE": "1.2.840.10008.1.2.5",
        "JPEG": "1.2.840.10008.1.2.4.50",
        "JPEG-LOSSLESS": "1.2.840.10008.1.2.4.70",
        "JPEG-LS": "1.2.840.10008.1.2.4.80",
        "JPEG-LS-NEAR": "1.2.840.10008.1.2.4.81",
        "JPEG-2000": "1.2.840.10008.1.2.4.90",
        "JPEG-2000-LOSSY": "1.2.840.10008.1.2.4.91",
        "HTJ2K": "1.2.840.10008.1.2.4.201",
        "HTJ2K-LOSSY": "1.2.840.10008.1.2.4.203",
    }
)
USES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "as stored": ("stored", "wado.stored[*-{}]"),
        "decoded": ("decoded", "wado.native[*-{}]"),
        "made on demand": ("made", "wado.made[{}]"),
        "frames as stored": ("frames", "frames.stored[*-{}]"),
        "frames decoded": ("frames-decoded", "frames.decoded[*-{}]"),
    }
)
"""What can be done with a transfer syntax: words, the end of the feature's id, the checks."""

_CHARACTER_SETS: Final = (
    "ascii latin-1 latin-2 latin-3 latin-4 cyrillic arabic greek hebrew latin-5 latin-9 thai "
    "katakana kanji hangul hanzi-gb2312 hanzi-gb18030 hanzi-gbk utf-8"
)


def _syntaxes() -> Iterator[Feature]:
    for name, uid in SYNTAXES.items():
        for words, (end, check) in USES.items():
            checks = (check.format(name),)
            yield Feature(f"syntax.{uid}.{end}", Kind.SYNTAX, words, checks, value=uid)
    for name in _CHARACTER_SETS.split():
        checks = (f"qido.charset[{name}]",)
        yield Feature(f"charset.{name}", Kind.CHARACTER_SET, name, checks, value=name)


_HTTP: Final = (
    ("head", "HEAD", ("http.head",)),
    ("conditional", "Entity tags and conditional requests", ("http.etag", "http.304")),
    ("gzip", "Answers in gzip", ("http.gzip",)),
    ("ranges", "Ranges of bulk data", ("bulk.range",)),
    ("kept", "Connections are kept", ("http.kept-connection",)),
    ("chunked", "Requests in chunks", ("wire.chunked",)),
)


def _http() -> Iterator[Feature]:
    for name, words, checks in _HTTP:
        yield Feature(f"http.{name}", Kind.HTTP, words, checks, value=name)


def _all() -> Sequence[Feature]:
    transactions = list(_transactions())
    names = {(one.method, one.path): one.id for one in transactions}
    return (*transactions, *_media_types(names), *_parameters(names), *_syntaxes(), *_http())


FEATURES: Final = _all()
