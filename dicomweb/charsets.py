"""The character set that a client asks for: what each resource can do about it.

Documents are UTF-8 and can be nothing else; data sets go out in the character set that they were
stored in; pixels have none. The Accept-Charset header is a wish (RFC 9110 section 12.5.2), so one
that cannot be granted changes nothing; the query parameter is an order.

References
----------
DICOM PS3.18 sections 8.3.3.2 (charset) and 8.8 (character sets).
"""

from __future__ import annotations

from http import HTTPStatus

from dicomweb.errors import Refusal
from dicomweb.negotiation import Resource

_UTF_8 = frozenset({"utf-8", "utf8", "iso_ir 192"})
_DATA_SETS = frozenset({Resource.STUDY, Resource.SERIES, Resource.INSTANCE})
_DOCUMENTS = frozenset({Resource.METADATA})
_MAX_LENGTH = 1024


def check_charset(resource: Resource, asked: str | None) -> None:
    """Refuse a ``charset`` parameter that changes nothing of an answer although it should.

    Raises
    ------
    Refusal
        400 for a document in anything but UTF-8, as 8.3.3.2 has it; 406 for a data set, whose
        texts are not converted.
    """
    if asked is None:
        return
    if resource in _DATA_SETS:
        message = "instances are given in the character set they are stored in; leave charset out"
        raise Refusal(HTTPStatus.NOT_ACCEPTABLE, message)
    if resource in _DOCUMENTS and not _UTF_8 & set(_names(asked)):
        raise Refusal.bad_request("charset takes utf-8: documents are given in nothing else")


def _names(asked: str) -> list[str]:
    listed = asked[:_MAX_LENGTH].split(",")
    return [name.partition(";")[0].strip(' "').lower() for name in listed]
