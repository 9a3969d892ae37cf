"""The query parameters of the service: one row each, and the groups that transactions take.

Descriptions of the service (`capabilities`, `openapi`) are made from these rows; reading the
parameters is the business of the modules that use them. A test tries each row: its `example` must
be taken, and what is `refused` must be a 400.

References
----------
PS3.18 sections 8.3 (query parameters) and 9.4 (WADO-URI).
"""

from __future__ import annotations

from dataclasses import dataclass


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
