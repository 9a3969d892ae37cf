"""The query parameters of the service: one row each, and the groups that transactions take.

Descriptions of the service (`capabilities`, `openapi`) are made from these rows; reading the
parameters is the business of the modules that use them. A test tries each row: its `example` must
be taken, and what is `refused` must be a 400.

References
----------
PS3.18 section 8.3 (query parameters) and chapter 9 (URI service).
"""

from __future__ import annotations

from dataclasses import dataclass

from dicomweb.rendering.query import CHARSETS, MAX_THUMBNAIL_SIDE
from imaging.rendering.frame import ANNOTATIONS, ICC_PROFILES


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row.

    Attributes
    ----------
    type
        Of XML Schema, without its prefix.
    summary
        What it is for, in a sentence.
    section
        Of PS3.18; empty for what is not in the standard.
    options
        All values, where they can be listed.
    repeats
        Whether it may be given more than once, or hold a list separated by commas.
    example
        A value that is taken.
    refused
        A value that is answered with 400; None where every text is a value.
    """

    name: str
    type: str = "string"
    summary: str = ""
    section: str = ""
    options: tuple[str, ...] = ()
    repeats: bool = False
    example: str = ""
    refused: str | None = None
    required: bool = False


ACCEPT = Parameter(
    "accept",
    summary="Media types, before those of the Accept header.",
    section="8.3.3.1",
    example="*/*",
)
CHARSET = Parameter(
    "charset",
    summary="The character set of the answer; all answers are UTF-8.",
    section="8.3.3.2",
    options=("utf-8",),
    example="utf-8",
)

DICOMDIR = Parameter(
    "dicomdir",
    summary="Whether a zip archive is a file set with a DICOMDIR; goes with application/zip only.",
    options=("yes", "no"),
    example="no",
    refused="perhaps",
)

_MATCHING = tuple(
    Parameter(name, "boolean", summary, section, ("true", "false"), example="true", refused="maybe")
    for name, summary, section in (
        ("fuzzymatching", "Names that sound alike match too.", "8.3.4.2"),
        ("emptyvaluematching", 'A key of "" finds what has no value.', "8.3.4.5"),
        ("multiplevaluematching", "A key with several values finds any of them.", "8.3.4.6"),
    )
)

SEARCH = (
    CHARSET,
    Parameter(
        "limit",
        "nonNegativeInteger",
        "The most rows to return.",
        "8.3.4.4",
        example="10",
        refused="-1",
    ),
    Parameter(
        "offset",
        "nonNegativeInteger",
        "How many rows to leave out first.",
        "8.3.4.4",
        example="0",
        refused="ten",
    ),
    *_MATCHING,
    Parameter(
        "includefield",
        summary="Attributes to return as well, by keyword or tag, or `all`.",
        section="8.3.4.3",
        repeats=True,
        example="StudyDescription",
    ),
)

_TEXT_CHARSET = Parameter(
    "charset",
    summary="The character set of a rendered text.",
    section="8.3.3.2",
    options=tuple(sorted(set(CHARSETS.values()))),
    example="utf-8",
)
_SIZE = Parameter(
    "viewport",
    summary=f"vw,vh: the size of the picture, neither above {MAX_THUMBNAIL_SIDE}.",
    section="8.3.5.1.3",
    example="64,64",
    refused="64",
)

THUMBNAIL = (_TEXT_CHARSET, _SIZE)

RENDERED = (
    _TEXT_CHARSET,
    Parameter(
        "annotation",
        summary="What is burned into pictures: patient and technique.",
        section="8.3.5.1.1",
        options=ANNOTATIONS,
        repeats=True,
        example="technique",
        refused="",
    ),
    Parameter(
        "quality",
        "positiveInteger",
        "1 to 100, of pictures whose media type loses something.",
        "8.3.5.1.2",
        example="80",
        refused="101",
    ),
    Parameter(
        "viewport",
        summary="vw,vh[,sx,sy,sw,sh]: the size of the picture, and the region shown in it.",
        section="8.3.5.1.3",
        example="64,64",
        refused="64",
    ),
    Parameter(
        "window",
        summary="center,width,function: linear, linear-exact or sigmoid.",
        section="8.3.5.1.4",
        example="40,400,linear",
        refused="40,400",
    ),
    Parameter(
        "iccprofile",
        summary="The profile in the picture, and the colours that it is for.",
        section="8.3.5.1.5",
        options=ICC_PROFILES,
        example="no",
        refused="cmyk",
    ),
)

_UIDS = tuple(
    Parameter(name, summary=f"The {what} of the instance.", section=f"9.1.2.1.{number}",
              refused="1.2.x", required=True)
    for number, name, what in (
        (2, "studyUID", "Study Instance UID"),
        (3, "seriesUID", "Series Instance UID"),
        (4, "objectUID", "SOP Instance UID"),
    )
)  # fmt: skip

URI = (
    Parameter(
        "requestType",
        summary="Always WADO.",
        section="9.1.2.1.1",
        options=("WADO",),
        example="WADO",
        refused="wado",
        required=True,
    ),
    *_UIDS,
    Parameter(
        "contentType",
        summary="Media types, before those of the Accept header.",
        section="9.1.2.2.1",
        repeats=True,
        example="application/dicom",
    ),
    CHARSET,
    Parameter(
        "transferSyntax",
        summary="Of the file; with application/dicom only.",
        section="9.4.1.2.3",
        refused="1.2.840.10008.1.2",
    ),
    Parameter(
        "anonymize",
        summary="Answered 501: instances are not de-identified as they are given.",
        section="9.4.1.2.1",
        options=("yes",),
        refused="no",
    ),
    Parameter(
        "frameNumber",
        "positiveInteger",
        "One frame of several.",
        "9.5.1.2.1",
        example="1",
        refused="0",
    ),
    Parameter(
        "annotation",
        summary="What is written into the picture; also called imageAnnotation.",
        section="9.5.1.2.2",
        options=("patient", "technique"),
        repeats=True,
        example="technique",
        refused="5",
    ),
    Parameter(
        "imageQuality",
        "positiveInteger",
        "1 to 100, where the media type loses something.",
        "9.5.1.2.3",
        example="50",
        refused="101",
    ),
    Parameter(
        "rows",
        "positiveInteger",
        "The most rows of the picture; its shape is kept.",
        "9.5.1.2.4.1",
        example="32",
        refused="0",
    ),
    Parameter(
        "columns",
        "positiveInteger",
        "The most columns of the picture; its shape is kept.",
        "9.5.1.2.4.2",
        example="32",
        refused="many",
    ),
    Parameter(
        "region",
        summary="Left, top, right and lower edge, as parts of the image from 0.0 to 1.0.",
        section="9.5.1.2.5",
        example="0.25,0.25,0.75,0.75",
        refused="0.5,0,0.5,1",
    ),
    Parameter(
        "windowCenter",
        "decimal",
        "With windowWidth.",
        "9.5.1.2.6.1",
        refused="x",
    ),
    Parameter(
        "windowWidth",
        "decimal",
        "With windowCenter.",
        "9.5.1.2.6.2",
        refused="0",
    ),
    Parameter(
        "presentationSeriesUID",
        summary="The series of the presentation state to show the image with.",
        section="9.5.1.2.7.1",
        refused="1.2.x",
    ),
    Parameter(
        "presentationUID",
        summary="The presentation state to show the image with, of the same study.",
        section="9.5.1.2.7.2",
        refused="1.2.x",
    ),
)
"""Of the URI service."""
