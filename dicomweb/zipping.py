"""Instances of a study, a series, or one, as a zip archive; with a DICOMDIR when it is asked for.

How an archive is spelled is `zip_stream`, what a DICOMDIR says `imaging.dicomdir`. File names are
numbers in the order of arrival: nothing that a sender wrote reaches a name.

References
----------
PS3.18 section 8.6.1.3 (zip payloads, Supplement 211), PS3.10 section 8 (file IDs), PS3.12.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice

from flask import Response

from archive.retrieve import StoredInstance, document, find_instances
from dicomweb.answers import Coding, Representation
from dicomweb.calls import Call
from dicomweb.errors import Refusal
from dicomweb.negotiation import ZIP
from dicomweb.responses import Payload
from imaging.dicomdir import Directory, Referenced
from imaging.zip_stream import File, zip_pieces

DICOMDIR = "dicomdir"
_YES, _NO = frozenset({"yes", "true"}), frozenset({"no", "false", ""})

max_directory_records = 50_000
"""Instances that a DICOMDIR lists at most."""

Given = Iterator[tuple[StoredInstance, Representation, Iterable[bytes]]]


def answer(call: Call, tag: str, uids: tuple[str, ...], given: Callable[[], Given]) -> Response:
    """Answer with an archive of instances.

    Parameters
    ----------
    tag
        Names their bytes.
    given
        Gives each instance, what was chosen for it, and its bytes.
    """
    if _wants_directory(call):
        _check_directory_fits(call, uids)
        files: _Named = _Numbered()
    else:
        files = _Named()

    def body(*_: object) -> Iterator[bytes]:
        return zip_pieces(files.of(call, given()))

    return call.answer(
        Payload(
            ZIP,
            body,
            etag=f"{tag}-{call.way()}",
            long=True,
            headers={"Content-Disposition": f'attachment; filename="{_LEVELS[len(uids)]}.zip"'},
        )
    )


_LEVELS = {1: "study", 2: "series", 3: "instance"}


def check_no_directory(call: Call) -> None:
    """Refuse a DICOMDIR where there is no zip archive for it to be in.

    Raises
    ------
    Refusal
        406: it would be left out silently otherwise.
    """
    if _wants_directory(call):
        message = "a DICOMDIR goes with application/zip only"
        raise Refusal(HTTPStatus.NOT_ACCEPTABLE, message, available=[ZIP])


def _wants_directory(call: Call) -> bool:
    said = (call.parameter(DICOMDIR) or "").strip().lower()
    if said not in _YES | _NO:
        raise Refusal.bad_request("dicomdir takes yes or no")
    return said in _YES


def _check_directory_fits(call: Call, uids: tuple[str, ...]) -> None:
    """Count before anything is sent: a DICOMDIR is in memory until it is written."""
    found = find_instances(call.archive, call.principal, call.collection, *uids)
    if next(islice(found, max_directory_records, None), None) is not None:
        raise Refusal.bad_request(
            f"a DICOMDIR lists at most {max_directory_records} instances; "
            "ask for a series at a time, or without dicomdir"
        )


@dataclass(slots=True)
class _Named:
    """Files for people and programs: a folder a series."""

    _series: dict[str, int] = field(default_factory=dict)
    _instances: dict[str, int] = field(default_factory=dict)

    def of(self, _call: Call, given: Given) -> Iterator[File]:
        """Each instance as a file."""
        for one, chosen, pieces in given:
            yield _file(one, chosen, pieces, "/".join(self._place(one)) + ".dcm")

    def _place(self, one: StoredInstance) -> tuple[str, ...]:
        uid = one.series_instance_uid
        series = self._series.setdefault(uid, len(self._series) + 1)
        number = self._instances[uid] = self._instances.get(uid, 0) + 1
        return f"SE{series:06d}", f"IM{number:06d}"


@dataclass(slots=True)
class _Numbered(_Named):
    """A file set: file IDs of eight capitals and digits, and a DICOMDIR that lists them."""

    def of(self, call: Call, given: Given) -> Iterator[File]:
        """Each instance as a file, and then the directory."""
        directory = Directory()
        for one, chosen, pieces in given:
            place = ("DICOM", *self._place(one))
            syntax = str(chosen.transfer_syntax or one.transfer_syntax_uid)
            referenced = Referenced(one.sop_class_uid, one.sop_instance_uid, syntax, place)
            directory.add(document(call.archive, one), referenced)
            yield _file(one, chosen, pieces, "/".join(place))
        made = directory.to_bytes()
        yield File("DICOMDIR", (made,), len(made))


def _file(one: StoredInstance, chosen: Representation, pieces: Iterable[bytes], name: str) -> File:
    return File(name, pieces, one.size if chosen.coding is Coding.AS_STORED else None)
